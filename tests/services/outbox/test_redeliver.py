"""Only what was delivered or given up is delivered again, from its first attempt on."""

from __future__ import annotations

import pytest

from marketplace_hooks.errors import Conflict, NotFound
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from marketplace_hooks.services.outbox.redeliver import redeliver

from ...support.marketplace import OFFLINE, Marketplace


@pytest.fixture
def delivery_id(marketplace: Marketplace) -> int:
    """A pending delivery."""
    marketplace.publish_products("mod-1")
    add_endpoint(marketplace.runtime, "https://hooks.example/in", types=["product.hidden"])
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")  # delivers nothing.
    dispatch(marketplace.runtime)
    with marketplace.runtime.database.read_session() as session:
        [delivery] = session.query(Delivery)
        return int(delivery.id)


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.EXHAUSTED])
def test_it_is_pending_again_with_all_its_attempts(
    marketplace: Marketplace, delivery_id: int, state: DeliveryState
) -> None:
    with marketplace.runtime.database.session() as session:
        delivery = session.get_one(Delivery, delivery_id)
        delivery.state = state
        delivery.attempts = 3
    run_in_transaction(marketplace.runtime, lambda uow: redeliver(uow, delivery_id))
    with marketplace.runtime.database.read_session() as session:
        again = session.get_one(Delivery, delivery_id)
        assert (again.state, again.attempts, again.delivered_at) == (DeliveryState.PENDING, 0, None)


def test_what_is_pending_or_unknown_is_refused(marketplace: Marketplace, delivery_id: int) -> None:
    with pytest.raises(Conflict) as conflict:
        run_in_transaction(marketplace.runtime, lambda uow: redeliver(uow, delivery_id))
    assert conflict.value.code == "not_replayable"
    with pytest.raises(NotFound):
        run_in_transaction(marketplace.runtime, lambda uow: redeliver(uow, delivery_id + 1))
