"""Companion module of a fake shop, where one is installed (`docs/companion-report.md`).

It reports only to whoever proves to hold its key, and signs what it says.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from .exchanges import ShopRequest, ShopResponse, json_response, page
from .model import Module, Shop

NAME = "marketplacecompanion"


def is_asked(request: ShopRequest, path: str) -> bool:
    """Say whether a request for `path`, what follows the shop's folder, is one for the companion."""
    return path == "index.php" and request.parameter("fc") == "module" and request.parameter("module") == NAME


def answer(shop: Shop, request: ShopRequest) -> ShopResponse | None:
    """Answer a request for a report. None: there is no companion, as the theme's page says."""
    if shop.companion_key is None:
        return None
    if shop.companion_status != 200:
        return page("<html><body>The server says so.</body></html>", shop.companion_status)
    nonce = request.parameter("nonce") or ""
    subject = request.parameter("subject") or ""
    proof = hmac.new(shop.companion_key.encode(), f"{nonce}.{subject}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof.encode(), request.headers.get("inspection-signature", "").encode()):
        return json_response({"error": "the request is not signed with this companion's key"}, 401)
    body = json.dumps(report(shop, request.host, nonce, subject)).encode()
    signature = hmac.new(shop.companion_key.encode(), body, hashlib.sha256).hexdigest()
    headers = (("Content-Type", "application/json"), ("Companion-Signature", signature))
    return ShopResponse(headers=headers, body=body)


def report(shop: Shop, host: str, nonce: str, subject: str) -> dict[str, Any]:
    """Return a report on the shop and on the files of the module `subject`, where it has any."""
    module = shop.module(subject)
    content: dict[str, Any] = {
        "schema": "1",
        "nonce": nonce,
        "generated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "shop": _shop(shop, host),
        "platform": _platform(shop),
        "modules": [_module(one) for one in shop.modules],
        "overrides": [dict(override) for override in shop.overrides],
    }
    if module is not None:
        files = {path: _file(bytes_) for path, bytes_ in module.files.items()}
        content["files"] = {"module": subject, "entries": files}
    return content


def _platform(shop: Shop) -> dict[str, Any]:
    """The platform; a fork says that it is one, and its files are not compared with those of a PrestaShop."""
    platform: dict[str, Any] = {"version": shop.version, "php": "8.1.29"}
    prefix = shop.cookie_prefix.rstrip("-")
    if prefix != "PrestaShop":
        name = "thirty bees" if shop.thirty_bees else prefix
        return {**platform, "fork": {"name": name, "version": shop.thirty_bees}}
    return {**platform, "changed_files": list(shop.changed_core_files)}


def _shop(shop: Shop, host: str) -> dict[str, Any]:
    own = {"domain": shop.domain or host, "physical_uri": shop.physical_uri, "id_shop": shop.shop_id}
    if not shop.further_urls:
        return own
    addresses = [{"id_shop": shop.shop_id, "domain": own["domain"], "path": shop.physical_uri}]
    for one in shop.further_urls:
        if one.active:
            path = f"{one.physical_uri}{one.virtual_uri}"
            addresses.append({"id_shop": one.shop_id, "domain": one.domain, "path": path})
    return {**own, "addresses": addresses}


def _module(module: Module) -> dict[str, Any]:
    return {
        "name": module.name,
        "version": module.version,
        "installed_version": (module.database_version or module.version)[:8] if module.installed else None,
        "installed": module.installed,
        "enabled": module.enabled and module.installed,
    }


def _file(content: bytes) -> dict[str, Any]:
    described: dict[str, Any] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    if b"\r\n" in content and b"\0" not in content:
        described["sha256_lf"] = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
    return described
