"""Deliveries are sent again by range, or all that an endpoint missed, each once and under its own id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from marketplace_hooks.errors import NotFound, PayloadRejected
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.services.outbox import replay_several
from marketplace_hooks.services.outbox.endpoints import disable_endpoint, locked_endpoint
from marketplace_hooks.services.outbox.replay_several import ReplayedSeveral, ReplaySelection

from ...support.deliveries import deliver, deliveries, hide, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.support_desk import in_transaction
from ...support.webhook_receiver import Receiver

DAY = timedelta(days=1)


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller) -> Marketplace:
    return open_shop(make_marketplace)


def replays(shop: Marketplace, **selection: Any) -> ReplayedSeveral:
    return in_transaction(shop, lambda uow: replay_several.replay_several(uow, ReplaySelection(**selection)))


def is_given_up(shop: Marketplace, *products: str) -> None:
    theirs = [one.id for one in deliveries(shop)][-len(products) :]
    ended = update(Delivery).where(Delivery.id.in_(theirs)).values(state=DeliveryState.EXHAUSTED, attempts=10)
    in_transaction(shop, lambda uow: uow.session.execute(ended))


def states(shop: Marketplace) -> list[str]:
    return [delivery.state.value for delivery in deliveries(shop)]


def test_all_that_an_endpoint_missed_is_sent_again_once_and_nothing_else(shop: Marketplace) -> None:
    with Receiver() as receiver, Receiver() as other:
        endpoint_id, _ = subscribe(shop, receiver.url)
        subscribe(shop, other.url)
        hide(shop, "mod-1", "mod-2", "mod-3")
        deliver(shop)
        sent_before = len(receiver.requests)
        missed = [one.id for one in deliveries(shop) if one.endpoint_id == endpoint_id][:2]
        ended = update(Delivery).where(Delivery.id.in_(missed)).values(state=DeliveryState.EXHAUSTED)
        in_transaction(shop, lambda uow: uow.session.execute(ended))
        assert replays(shop, endpoint_id=endpoint_id) == ReplayedSeveral(replayed=2, has_more=False)
        assert replays(shop, endpoint_id=endpoint_id) == ReplayedSeveral(replayed=0, has_more=False)
        deliver(shop)
    assert (sent_before, len(receiver.requests), len(other.requests)) == (3, 5, 3)
    assert set(receiver.ids[3:]) <= set(receiver.ids[:3])
    assert states(shop) == ["delivered"] * 6


def test_a_range_is_what_was_published_in_it(shop: Marketplace, clock: time_machine.Traveller) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        for product in ("mod-1", "mod-2", "mod-3"):
            hide(shop, product)
            deliver(shop)
            clock.shift(DAY)
        begin = datetime.now(UTC) - 2 * DAY
        assert replays(shop, since=begin, before=begin + DAY).replayed == 1
        assert states(shop) == ["delivered", "pending", "delivered"]
        assert replays(shop, since=begin - DAY, before=begin + 2 * DAY).replayed == 2
        assert replays(shop, since=begin - DAY, before=begin + 2 * DAY, missed_only=True).replayed == 0
        deliver(shop)
    assert sorted(receiver.ids[3:]) == sorted(receiver.ids[:3])


def test_what_a_disabled_endpoint_missed_waits_until_it_is_enabled(shop: Marketplace) -> None:
    endpoint_id, _ = subscribe(shop, "https://93.184.215.14/in")
    in_transaction(shop, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint_id), "a test"))
    hide(shop, "mod-1")
    deliver(shop)
    is_given_up(shop, "mod-1")
    assert replays(shop, endpoint_id=endpoint_id).replayed == 1
    assert states(shop) == ["parked"]


def test_more_than_the_limit_is_refused_of_a_range_and_taken_in_turn_of_what_was_missed(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_several, "MOST", 2)
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1", "mod-2", "mod-3")
        deliver(shop)
    is_given_up(shop, "mod-1", "mod-2", "mod-3")
    now = datetime.now(UTC)
    with pytest.raises(PayloadRejected) as refused:
        replays(shop, since=now - DAY, before=now + DAY)
    assert (refused.value.code, states(shop)) == ("range_too_large", ["exhausted"] * 3)
    assert replays(shop, endpoint_id=endpoint_id) == ReplayedSeveral(replayed=2, has_more=True)
    assert replays(shop, endpoint_id=endpoint_id) == ReplayedSeveral(replayed=1, has_more=False)


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"since": datetime(2026, 3, 1, tzinfo=UTC)},
        {"before": datetime(2026, 3, 1, tzinfo=UTC), "endpoint_id": None},
        {"since": datetime(2026, 3, 2, tzinfo=UTC), "before": datetime(2026, 3, 2, tzinfo=UTC)},
        {"since": datetime(2026, 3, 1, tzinfo=UTC), "before": datetime(2026, 3, 15, 0, 0, 1, tzinfo=UTC)},
    ],
)
def test_a_selection_that_means_nothing_or_too_much_is_refused(shop: Marketplace, selection: dict[str, Any]) -> None:
    with pytest.raises(PayloadRejected):
        replays(shop, **selection)


def test_of_an_unknown_endpoint_nothing_was_missed(shop: Marketplace) -> None:
    with pytest.raises(NotFound):
        replays(shop, endpoint_id="end_unknown")
