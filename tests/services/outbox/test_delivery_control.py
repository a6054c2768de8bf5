"""A receiver controls its deliveries by the header `webhook-delivery` of its answer. `webhooks.md` 9."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from marketplace_hooks.services.outbox.endpoints import enable_endpoint
from marketplace_hooks.services.outbox.redeliver import redeliver

from ...support.deliveries import deliver, deliveries, endpoint, hide, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.support_desk import in_transaction
from ...support.webhook_receiver import Answer, Receiver

DISABLE = {"webhook-delivery": "disable"}
ABORT = {"Webhook-Delivery": " Abort-Message "}


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def states(shop: Marketplace) -> list[str]:
    return [one.state.value for one in deliveries(shop)]


@pytest.mark.parametrize(("status", "first"), [(204, "delivered"), (500, "parked")])
def test_an_endpoint_that_wants_no_more_is_disabled_and_what_waits_is_kept(
    shop: Marketplace, status: int, first: str
) -> None:
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1", "mod-2", "mod-3")
        deliver(shop)
        receiver.answer = lambda _: Answer(status, DISABLE)
        hide(shop, "mod-4", "mod-5", "mod-6")
        deliver(shop)
        assert len(receiver.requests) == 4
        assert (states(shop)[:3], sorted(states(shop)[3:])) == (["delivered"] * 3, sorted([first, "parked", "parked"]))
        disabled = endpoint(shop, endpoint_id)
        assert (disabled.enabled, "webhook-delivery" in str(disabled.disabled_reason)) == (False, True)
        assert [event.type for event in shop.outgoing(endpoint_id, "endpoint")] == ["endpoint.disabled"]
        receiver.answer = lambda _: Answer(204)
        enable_endpoint(shop.runtime, endpoint_id)
        deliver(shop)
    assert "parked" not in states(shop)


def test_a_delivery_that_its_receiver_gives_up_is_not_attempted_again_unless_it_is_replayed(shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(422, ABORT)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        assert (deliver(shop), deliver(shop)) == (1, 0)
        [given_up] = deliveries(shop)
        assert (given_up.state, given_up.attempts, given_up.last_status) == ("exhausted", 1, 422)
        assert endpoint(shop, endpoint_id).enabled is True
        receiver.answer = lambda _: Answer(200, ABORT)
        in_transaction(shop, lambda uow: redeliver(uow, given_up.id))
        deliver(shop)
    assert (states(shop), len(receiver.requests)) == (["delivered"], 2)


@pytest.mark.parametrize("value", ["", "abort", "disable, abort-message", "disabled"])
def test_any_other_value_means_nothing(shop: Marketplace, value: str) -> None:
    with Receiver(answer=lambda _: Answer(500, {"webhook-delivery": value})) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    assert (states(shop), endpoint(shop, endpoint_id).enabled) == (["pending"], True)
