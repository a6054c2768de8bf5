"""Demo of support: its conversations show every state that events alone can reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from marketplace_hooks.demo import business_care, catalog, support
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.support import Clock, SupportRequest

from ..support import databases
from ..support.marketplace import Marketplace, open_marketplace
from .test_business_care import load

SITES = ["http://127.0.0.1:8001", "http://127.0.0.1:8002", "http://127.0.0.1:8003"]


@pytest.fixture(scope="module")
def loaded(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marketplace]:
    folder = tmp_path_factory.mktemp("demo")
    url = databases.copy_sqlite(_sqlite_template, folder / "marketplace.db")
    with open_marketplace(url, folder / "instance", DEMO=True) as marketplace:
        now = datetime.now(UTC)
        served = support.bound_to_served_sites(SITES, now)
        load(marketplace, [*catalog.events(now), *business_care.events(now), *served, *support.events(now)])
        yield marketplace


def test_all_is_applied_but_for_the_one_mistake_that_an_operator_shall_see(loaded: Marketplace) -> None:
    refused = [one for one in loaded.all(select(InboxEvent)) if one.state is not InboxState.APPLIED]
    assert [(one.type, one.state) for one in refused] == [("product.status_changed", InboxState.REJECTED)]
    assert len(refused[0].errors) == 2


def test_conversations_stand_in_different_states(loaded: Marketplace) -> None:
    requests = {one.id: one for one in loaded.all(select(SupportRequest))}
    clocks = {(one.request_id, one.name): one.state for one in loaded.all(select(Clock))}
    assert {id_: one.handling for id_, one in requests.items()} == {
        "rq-7001": "acknowledged",
        "rq-7002": "accepted",
        "rq-7003": "accepted",
        "rq-7004": "acknowledged",
        "rq-7005": "accepted",
        "rq-7006": "acknowledged",
        "rq-7007": "acknowledged",
        "rq-7008": "not_entitled",
    }
    assert clocks["rq-7005", "acknowledgement"] == "to_confirm"
    assert "other_merchant_site" in requests["rq-7007"].grounds
    assert [id_ for id_, _ in clocks if id_ in ("rq-7006", "rq-7008")] == []


def test_three_purchases_are_for_the_sites_that_the_demo_serves(loaded: Marketplace) -> None:
    bound = {one.id: one.shop_url for one in loaded.all(select(Purchase))}
    assert [bound[id_] for id_ in support.SERVED] == SITES


def test_the_same_day_tells_the_same_events_and_another_address_tells_others() -> None:
    day = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert support.events(day) == support.events(day.replace(hour=20))
    runtime, there = (support.bound_to_served_sites([f"http://127.0.0.1:{n}"] * 3, day) for n in (8001, 9001))
    assert not {id_ for id_, *_ in runtime} & {id_ for id_, *_ in there}
