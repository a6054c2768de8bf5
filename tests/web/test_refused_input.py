"""What no endpoint, range or filter can be is refused by API, on pages and by command alike, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.models.outbox import Endpoint
from marketplace_hooks.services.outbox.endpoints import add_endpoint, settings_of

from ..support.api_callers import Caller, caller_of, problem_of
from ..support.deliveries import deliver, deliveries, hide, open_shop, subscribe
from ..support.marketplace import Marketplace
from ..support.page_client import Browser, browser_of
from ..support.refused_input import (
    LOGS,
    MEANINGLESS_FILTERS,
    RANGE,
    REFUSED_ENDPOINTS,
    REFUSED_RANGES,
    URL,
    as_form,
    as_options,
)
from ..support.webhook_receiver import Receiver


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database: nothing that is refused reaches it."""
    return sqlite_url


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


@pytest.fixture
def api(shop: Marketplace) -> Caller:
    return caller_of(shop, "operator")


@pytest.fixture
def pages(shop: Marketplace) -> Browser:
    return browser_of(shop, "operator", "odette")


def typed(shop: Marketplace, *arguments: str) -> Result:
    return CliRunner().invoke(hooks_group, list(arguments), obj=ScriptInfo(create_app=lambda: shop.app))


def is_refused_in_words(result: Result) -> bool:
    return (result.exit_code, type(result.exception), "Error: " in result.stderr) in (
        (1, SystemExit, True),
        (2, SystemExit, True),
    )


def known_endpoints(shop: Marketplace) -> list[Any]:
    encryption = shop.runtime.encryption
    return [settings_of(one, encryption) for one in shop.all(select(Endpoint))]


@pytest.mark.parametrize("wrong", REFUSED_ENDPOINTS.values(), ids=REFUSED_ENDPOINTS)
def test_what_no_endpoint_can_be_is_refused_by_each_door(
    shop: Marketplace, api: Caller, pages: Browser, wrong: dict[str, Any]
) -> None:
    endpoint, _ = add_endpoint(shop.runtime, URL, types=["product.hidden"], headers={"X-Desk": "1"}, rate_per_s=5.0)
    before = known_endpoints(shop)
    answers = (api.post("/endpoints", {"url": URL, **wrong}), api.patch(f"/endpoints/{endpoint.id}", wrong))
    assert {problem_of(answer)[0] for answer in answers} <= {400, 422}

    path = f"/operator/endpoints/{endpoint.id}"
    form = as_form({"url": URL, **wrong})
    for page, action in (("/operator/endpoints", "/operator/endpoints"), (path, f"{path}/settings")):
        pages.get(page)
        shown = pages.post(action, **form)
        assert (shown.status, "There is one problem" in shown.visible_text) == (422, True), action

    url = wrong.get("url", URL)
    options = as_options(wrong)
    added = typed(shop, "endpoints", "add", url, *options)
    changed = typed(shop, "endpoints", "change", endpoint.id, f"--url={url}", *options)
    assert [is_refused_in_words(result) for result in (added, changed)] == [True, True], added.output + changed.output
    assert known_endpoints(shop) == before


@pytest.mark.parametrize("wanted", REFUSED_RANGES.values(), ids=REFUSED_RANGES)
def test_a_range_over_its_limits_is_refused_by_each_door(
    shop: Marketplace, api: Caller, pages: Browser, wanted: RANGE
) -> None:
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    assert problem_of(api.post("/deliveries/replay", {"endpoint_id": endpoint_id, **wanted}))[0] == 422

    path = f"/operator/endpoints/{endpoint_id}"
    pages.get(path)
    page = pages.post(f"{path}/replay", first=wanted.get("from", "")[:10], last=wanted.get("to", "")[:10])
    assert page.status == 422

    options = [f"--{name}={instant}" for name, instant in wanted.items()]
    assert is_refused_in_words(typed(shop, "deliveries", "replay", f"--endpoint={endpoint_id}", *options))
    assert [one.state for one in deliveries(shop)] == ["delivered"]


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize(("name", "value"), MEANINGLESS_FILTERS.values(), ids=MEANINGLESS_FILTERS)
def test_a_filter_that_means_nothing_is_refused_by_each_door(
    shop: Marketplace, api: Caller, pages: Browser, log: str, name: str, value: str
) -> None:
    assert problem_of(api.get(f"/{log}?{name}={value}"))[0] == 422
    assert pages.get(f"/operator/{log}?{name}={value}").status == 400
    assert typed(shop, log, "list", f"--{name}={value}").exit_code == 2


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("cursor", ["nonsense", "ZGVsaXZlcmllczo", "cHJvZHVjdHM6MQ"])
def test_a_cursor_of_no_page_is_refused(api: Caller, pages: Browser, log: str, cursor: str) -> None:
    assert problem_of(api.get(f"/{log}?cursor={cursor}"))[0] == 400
    for name in ("after", "before"):
        assert pages.get(f"/operator/{log}?{name}=1.{cursor}").status == 400
