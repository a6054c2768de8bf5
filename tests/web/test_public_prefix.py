"""Public prefix: behind a proxy that publishes the service below a path, every link of a page leads somewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from ..support.marketplace import SECRET_KEY, Marketplace

Opens = Callable[..., Marketplace]
PREFIX = "/shop"


def stripped(path: str) -> tuple[str, dict[str, str]]:
    return path.removeprefix(PREFIX), {}


def named(path: str) -> tuple[str, dict[str, str]]:
    return path.removeprefix(PREFIX), {"X-Forwarded-Prefix": PREFIX, "X-Forwarded-For": "192.0.2.7"}


def left(path: str) -> tuple[str, dict[str, str]]:
    return path, {}


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url"))


@pytest.mark.parametrize("proxy", [stripped, named, left])
def test_links_begin_with_the_prefix_whatever_the_proxy_does(
    make_marketplace: Opens, proxy: Callable[[str], tuple[str, dict[str, str]]]
) -> None:
    marketplace = make_marketplace(PUBLIC_URL=f"https://addons.example{PREFIX}", SECRET_KEY=SECRET_KEY)
    marketplace.publish_products("mod-1")
    client = marketplace.app.test_client()

    def get(path: str) -> TestResponse:
        assert path.startswith(f"{PREFIX}/"), path
        inside, headers = proxy(path)
        return client.get(inside, headers=headers, base_url="https://addons.example", buffered=True)

    seen: set[str] = set()
    waiting = [f"{PREFIX}/", f"{PREFIX}/products/mod-1", f"{PREFIX}/seller", f"{PREFIX}/api/v1/docs"]
    while waiting:
        path = waiting.pop()
        answer = get(path)
        # Nobody signs in here (503), and some forms are only posted (405); nothing leads nowhere.
        assert answer.status_code in (200, 302, 303, 405) or path.endswith("/sign-in"), path
        if "location" in answer.headers:
            assert urlsplit(answer.headers["Location"]).path.startswith(f"{PREFIX}/"), path
        found = _links(answer)
        waiting += sorted(found - seen)
        seen |= found
    assert {f"{PREFIX}/products/mod-1"} < seen
    assert get(f"{PREFIX}/api/v1/openapi.json").json["servers"][0]["url"] == PREFIX


def _links(answer: TestResponse) -> set[str]:
    """The links and the files of a page on this site, without queries."""
    if not answer.content_type.startswith("text/html"):
        return set()
    referred = re.findall(r'(?:href|src|action|hx-get)="(/[^"]*)"', answer.text)
    return {urlsplit(html.unescape(link)).path for link in referred}


def test_a_prefix_that_is_called_like_a_page_is_stripped_by_the_proxy_alone(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(PUBLIC_URL="https://addons.example/products")
    marketplace.publish_products("mod-1")
    page = marketplace.app.test_client().get("/products/mod-1")
    assert (page.status_code, "/products/products/mod-1" in page.text) == (200, True)


def test_webhooks_are_taken_in_below_the_prefix_too(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(PUBLIC_URL=f"https://addons.example{PREFIX}")
    marketplace.publish("seller.upserted", event_id="evt_1")
    answer = marketplace.app.test_client().post(f"{PREFIX}/webhooks/marketplace", data=b"{}")
    assert answer.status_code == 415
