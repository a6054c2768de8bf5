"""Admin API of PrestaShop 9, as a fake shop answers it (`prestashop.md` 2).

It lists modules and never says the platform's version. Every other version, and a switched-off one, knows no such path.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from .exchanges import ShopRequest, ShopResponse, json_response
from .model import ApiClient, Module, Shop

KNOWN_SCOPES = ("module_read", "module_write", "api_client_read", "api_client_write", "hook_read")
DEFAULT_LIMIT = 50
LONGEST_STORED_VERSION = 8
"""`ps_module.version` is a VARCHAR(8): longer versions are cut."""


def answer(shop: Shop, request: ShopRequest, path: str) -> ShopResponse | None:
    """Answer a request for `path`, what follows `/admin-api/`. None: this shop has no Admin API, as a 404 says."""
    if not shop.is_since("9") or not shop.admin_api or shop.multistore:
        return None
    if shop.tls_proxy:
        return _over_http(shop, request)
    path = path.removeprefix("index.php/")
    if path == "access_token":
        return _token(shop, request)
    client = _authenticated(shop, request)
    if isinstance(client, ShopResponse):
        return client
    if path == "api-clients/infos":
        return json_response(_client_shown(shop, client))
    scopes = _claims(shop, request).get("scopes", [])
    if "module_read" not in scopes:
        return _problem(403, "Access Denied.")
    if path == "modules":
        return _module_list(shop, request)
    # The first published version of the endpoints module, 0.1.0 of 9.0.0 and 9.0.1, said "module".
    folder = "modules/" if shop.is_since("9.0.2") else "module/"
    module = shop.module(path.removeprefix(folder)) if path.startswith(folder) else None
    if module is None:
        return _problem(404, "Not Found")
    installed = {**_module_shown(shop, module), "installed": module.installed}
    return json_response(installed)


def _over_http(shop: Shop, request: ShopRequest) -> ShopResponse:
    location = f"https://{shop.domain or request.host}{request.target}"
    if shop.is_since("9.1"):
        return json_response("Use HTTPS protocol", 401, [("Location", location)])
    return ShopResponse(status=302 if request.method == "GET" else 308, headers=(("Location", location),))


def _token(shop: Shop, request: ShopRequest) -> ShopResponse:
    if request.method != "POST":
        return _problem(405, "Method Not Allowed")
    form = dict(request.form)
    scopes = [value for name, value in request.form if name in ("scope[]", "scope") or name.startswith("scope[")]
    client = next((one for one in shop.api_clients if one.client_id == form.get("client_id")), None)
    if form.get("grant_type") != "client_credentials":
        return _oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported")
    if client is None or not hmac.compare_digest(client.secret.encode(), form.get("client_secret", "").encode()):
        return _oauth_error(401, "invalid_client", "Client authentication failed")
    for scope in scopes:
        if scope not in KNOWN_SCOPES:
            invalid = "The requested scope is invalid, unknown, or malformed"
            return _oauth_error(400, "invalid_scope", invalid, f"Check the `{scope}` scope")
        if scope not in client.scopes:
            denied = "The resource owner or authorization server denied the request."
            return _oauth_error(
                401, "access_denied", denied, f"Usage of scope `{scope}` is not allowed for this client"
            )
    token = _signed(shop, client, ["is_authenticated", *scopes])
    return json_response({"token_type": "Bearer", "expires_in": client.lifetime_s, "access_token": token})


def _oauth_error(status: int, error: str, description: str, hint: str | None = None) -> ShopResponse:
    content = {"error": error, "error_description": description}
    return json_response({**content, **({"hint": hint} if hint else {}), "message": description}, status)


def _signed(shop: Shop, client: ApiClient, scopes: list[str]) -> str:
    now = int(time.time())
    claims = {
        "aud": client.client_id,
        "jti": "0" * 16,
        "iat": now,
        "nbf": now,
        "exp": now + client.lifetime_s,
        "sub": client.client_id,
        "scopes": scopes,
    }
    head, body = (_base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256"}, claims))
    return f"{head}.{body}.{_signature(shop, head, body)}"


def _claims(shop: Shop, request: ShopRequest) -> dict[str, Any]:
    """Return the claims of a bearer token of this shop's own, none if it is not, or has expired."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(shop, head, body).encode()):
        return {}
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims if claims["exp"] > time.time() else {}


def _signature(shop: Shop, head: str, body: str) -> str:
    key = "".join(client.secret for client in shop.api_clients).encode() or b"no client"
    return _base64(hmac.digest(key, f"{head}.{body}".encode(), hashlib.sha256))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _authenticated(shop: Shop, request: ShopRequest) -> ApiClient | ShopResponse:
    authorization = request.headers.get("authorization")
    if authorization is None or shop.strips_authorization:
        return _unauthenticated(shop, "No Authorization header provided")
    if not authorization.startswith("Bearer "):  # the word itself, with a capital
        return _unauthenticated(shop, "Bearer token missing")
    if authorization.count(".") != 2:
        return _unauthenticated(shop, "No authorization server matching your credentials")
    subject = _claims(shop, request).get("sub")
    client = next((one for one in shop.api_clients if one.client_id == subject), None)
    return client or _unauthenticated(shop, "Invalid credentials")


def _unauthenticated(shop: Shop, message: str) -> ShopResponse:
    headers = [("WWW-Authenticate", "Bearer")]
    if shop.is_since("9.1"):
        return json_response(message, 401, headers)
    return ShopResponse(status=401, headers=(("Content-Type", "application/json"), *headers), body=message.encode())


def _client_shown(shop: Shop, client: ApiClient) -> dict[str, Any]:
    return {
        "apiClientId": list(shop.api_clients).index(client) + 1,
        "clientId": client.client_id,
        "clientName": client.client_id,
        "description": "",
        "enabled": True,
        "lifetime": client.lifetime_s,
        "scopes": list(client.scopes),
    }


def _module_list(shop: Shop, request: ShopRequest) -> ShopResponse:
    wanted = request.parameter("filters[technicalName]")
    # The filter is SQL's LIKE %x%, so other names than the one asked for come along.
    found = [module for module in shop.modules if module.installed and (wanted or "") in module.name]
    limit = _number(request, "limit", DEFAULT_LIMIT)
    offset = _number(request, "offset", 0)
    if request.parameter("sortOrder") == "desc":
        found.reverse()
    return json_response(
        {
            "totalItems": len(found),
            "orderBy": request.parameter("orderBy"),
            "sortOrder": request.parameter("sortOrder") or "asc",
            "limit": limit,
            "offset": offset or None,
            "filters": {"technicalName": wanted} if wanted else [],
            "items": [_module_shown(shop, module) for module in found[offset : offset + limit]],
        }
    )


def _module_shown(shop: Shop, module: Module) -> dict[str, Any]:
    stored = (module.database_version or module.version)[:LONGEST_STORED_VERSION]
    return {
        "moduleId": list(shop.modules).index(module) + 1 if module.installed else None,
        "technicalName": module.name,
        "moduleVersion": module.version,
        "installedVersion": stored if module.installed else None,
        "enabled": module.enabled and module.installed,
    }


def _number(request: ShopRequest, name: str, default: int) -> int:
    value = request.parameter(name) or ""
    return int(value) if value.isdecimal() else default


def _problem(status: int, detail: str) -> ShopResponse:
    return json_response(
        {"type": f"/errors/{status}", "title": "An error occurred", "status": status, "detail": detail}, status
    )
