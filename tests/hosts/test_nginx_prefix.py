"""A host below a prefix of a real nginx, configured as `docs/embed.md` says: pages, files, events and the API."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.standalone import build_app
from marketplace_hooks.testing import apply_all

from ..support import databases
from ..support.apps import close_app
from ..support.binaries import find_service
from ..support.marketplace import SECRET, sample
from ..support.nginx import write_configuration
from ..support.page_client import forms_of
from ..support.ports import free_port, takes_connections
from ..support.processes import STARTED_WITHIN_S, wait_until
from ..support.source_tree import ROOT
from .servers import served

PAGE = (ROOT / "docs" / "embed.md").read_text(encoding="utf-8")
EVENTS = ("seller.upserted", "product.upserted", "pack.upserted")


class Visitor:
    """A browser without cookies, and a platform, both outside the proxy."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> requests.Response:
        return requests.get(urljoin(self.origin, path), headers={"Accept": "text/html,*/*;q=0.8"}, timeout=30)

    def post_event(self, type_: str, *, at: str = "/shop/addons/webhooks/marketplace") -> int:
        body = json.dumps(sample(type_)).encode()
        signed = signed_headers(f"evt_{type_.replace('.', '_')}", datetime.now(UTC), body, [SECRET])
        headers = {"Content-Type": "application/json", **signed}
        return requests.post(f"{self.origin}{at}", body, headers=headers, timeout=30).status_code

    def addresses(self, path: str) -> set[str]:
        """Everything of this site that a page leads to, loads, or sends a form to."""
        page = self.get(path)
        assert page.status_code == 200, path
        found = re.findall(r'(?:href|src|action|content)="((?:https?:/)?/[^"]*)"', page.text)
        whole = {urljoin(page.url, unescape(address)) for address in found}
        return {address for address in whole if address.startswith(f"{self.origin}/")}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """nginx in front of gunicorn, with the location that the page gives; a product and a pack are on sale."""
    folder = tmp_path_factory.mktemp("prefix")
    (folder / "static").mkdir()
    (folder / "static" / "shop.css").write_text("body { color: black }\n", encoding="utf-8")
    url = f"sqlite:///{folder}/hooks.db"
    databases.apply_migrations(url)
    with served("gunicorn gthread", url, folder, app="tests.hosts.below_prefix:app") as app_port:
        port = free_port()
        location = re.search(r"```nginx\n(location /shop/ .*?)```", PAGE, re.DOTALL)
        assert location is not None
        assert "127.0.0.1:8000" in location[1]
        ours = location[1].replace("127.0.0.1:8000", f"127.0.0.1:{app_port}")
        write_configuration(folder, f"server {{ listen 127.0.0.1:{port}; {ours} }}")
        nginx = subprocess.Popen([str(find_service("nginx")), "-p", str(folder), "-c", str(folder / "nginx.conf")])
        try:
            wait_until(lambda: takes_connections(port), STARTED_WITHIN_S, "nginx did not start")
            made = Visitor(port)
            assert [made.post_event(type_) for type_ in EVENTS] == [202] * len(EVENTS)
            apply_events(url, folder)
            yield made
        finally:
            nginx.terminate()
            nginx.wait(10)


def apply_events(url: str, folder: Path) -> None:
    """What the host's workers would do."""
    app = build_app({"MARKETPLACE_HOOKS_DATABASE_URL": url, "MARKETPLACE_HOOKS_INSTANCE": str(folder)})
    apply_all(app)
    close_app(app)


def test_the_hosts_own_page_and_file_lead_below_the_prefix(visitor: Visitor) -> None:
    assert visitor.addresses("/shop/") == {
        f"{visitor.origin}/shop/addons/",
        f"{visitor.origin}/shop/static/shop.css",
    }
    assert visitor.get("/shop/static/shop.css").headers["Content-Type"].startswith("text/css")


def test_every_link_and_file_of_our_pages_is_found_below_the_prefix(visitor: Visitor) -> None:
    product = f"/shop/addons/products/{sample('product.upserted')['data']['product_id']}"
    pages = ("/shop/addons/", product, "/shop/addons/api/v1/docs")
    found: set[str] = set().union(*map(visitor.addresses, pages))
    assert f"{visitor.origin}{product}" in {address.partition("?")[0] for address in found}
    below = f"{visitor.origin}/shop/"
    assert {address for address in found if not address.startswith(below)} == set()
    statuses = {address: visitor.get(address).status_code for address in sorted(found)}
    kinds = {urlsplit(address).path.rpartition(".")[2] for address in statuses}
    assert kinds >= {"css", "svg"}
    others = {address: status for address, status in statuses.items() if status not in (200, 405)}
    assert others == {}  # 405: where a form is sent.


def test_a_form_comes_back_below_the_prefix(visitor: Visitor) -> None:
    with requests.Session() as browser:
        assert browser.get(f"{visitor.origin}/shop/sign-in", timeout=30).text == "Welcome"
        page = browser.get(f"{visitor.origin}/shop/addons/seller/closures", timeout=30)
        [form] = [one for one in forms_of(page.text) if one.action.endswith("/seller/closures")]
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        given = {**form.fields, "first_day": tomorrow.isoformat(), "last_day": tomorrow.isoformat()}
        sent = browser.post(urljoin(page.url, form.action), given, allow_redirects=False, timeout=30)
        assert sent.status_code == 303
        back = urljoin(page.url, sent.headers["Location"])
        assert urlsplit(back).path == "/shop/addons/seller/closures"
        after = browser.get(back, timeout=30).text
        [cancelled_at] = [one.action for one in forms_of(after) if one.action.endswith("/cancellation")]
        assert cancelled_at.startswith("/shop/addons/seller/closures/")


def test_whoever_is_not_signed_in_is_led_to_the_hosts_sign_in_and_back(visitor: Visitor) -> None:
    shown = visitor.get("/shop/addons/seller/closures?page=2")
    assert shown.text == "Welcome"
    address = urlsplit(shown.url)
    assert address.path == "/shop/sign-in"
    assert parse_qs(address.query)["next"] == ["/shop/addons/seller/closures?page=2"]


def test_an_event_is_signed_over_its_body_and_found_below_the_prefix_alone(visitor: Visitor) -> None:
    assert visitor.post_event("seller.upserted") == 202
    assert visitor.post_event("seller.upserted", at="/addons/webhooks/marketplace") == 404
    refused = requests.post(f"{visitor.origin}/shop/addons/webhooks/marketplace", b"{}", timeout=30)
    assert refused.status_code in (401, 415)


def test_the_api_is_found_where_its_document_says(visitor: Visitor) -> None:
    document = visitor.get("/shop/addons/api/v1/openapi.json").json()
    server = urljoin(visitor.origin, document["servers"][0]["url"])
    assert server == f"{visitor.origin}/shop"
    [listed] = [path for path in document["paths"] if path.endswith("/products")]
    products = visitor.get(f"{server}{listed}").json()["items"]
    assert [one["product_id"] for one in products] == [sample("product.upserted")["data"]["product_id"]]
