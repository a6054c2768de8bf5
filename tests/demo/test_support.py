"""Demo of support: its conversations show every state that events alone can reach."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from marketplace_hooks.demo import support
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.support import Clock, SupportRequest

from ..support.marketplace import Marketplace
from .conftest import Demo

SITES = {f"c-{number}": f"http://127.0.0.1:{number}" for number in range(1001, 1013)}


@pytest.fixture
def loaded(demo: Demo) -> Marketplace:
    return demo[0]


def test_all_is_applied_but_for_the_one_mistake_that_an_operator_shall_see(loaded: Marketplace) -> None:
    refused = [one for one in loaded.all(select(InboxEvent)) if one.state is not InboxState.APPLIED]
    assert [(one.type, one.state) for one in refused] == [("product.status_changed", InboxState.REJECTED)]
    assert len(refused[0].errors) == 2


def test_conversations_stand_in_different_states(loaded: Marketplace) -> None:
    requests = {one.id: one for one in loaded.all(select(SupportRequest))}
    clocks = {(one.request_id, one.name): one.state for one in loaded.all(select(Clock))}
    assert {id_: one.handling for id_, one in requests.items() if id_.startswith("rq-70")} == {
        "rq-7001": "acknowledged",
        "rq-7002": "accepted",
        "rq-7003": "accepted",
        "rq-7004": "acknowledged",
        "rq-7005": "accepted",
        "rq-7006": "acknowledged",
        "rq-7007": "acknowledged",
        "rq-7008": "not_entitled",
        "rq-7009": "contested",
        "rq-7010": "accepted",
    }
    assert clocks["rq-7005", "acknowledgement"] == "to_confirm"
    assert "other_merchant_site" in requests["rq-7007"].grounds
    assert [id_ for id_, _ in clocks if id_ in ("rq-7006", "rq-7008")] == []


def test_the_same_day_tells_the_same_events_and_another_address_tells_others() -> None:
    day = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert support.events(day) == support.events(day.replace(hour=20))
    runtime, there = (
        support.bound_to_served_sites(dict.fromkeys(SITES, f"http://127.0.0.1:{n}"), day) for n in (8001, 9001)
    )
    assert not {id_ for id_, *_ in runtime} & {id_ for id_, *_ in there}
