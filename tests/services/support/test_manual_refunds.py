"""Manual refunds: recorded once, for claims that are to be made by hand, with the effect of a platform's refund."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.support import RefundClaim
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.manual_refunds import settle_by_hand
from marketplace_hooks.services.support.transitions import locked_request

from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, REQUEST, in_transaction, publish_request, refund_state, set_up_support


def settle(uow: UnitOfWork) -> RefundClaim:
    return settle_by_hand(uow, locked_request(uow.session, REQUEST), CAUSE)


def test_a_refund_made_by_hand_gives_the_price_back_and_is_recorded_once(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    clock.shift(60)
    publish_request(marketplace)
    clock.move_to(datetime(2026, 9, 3, 12, tzinfo=UTC))
    marketplace.run_all_now()
    clock.shift(timedelta(days=10))
    marketplace.run_all_now()
    assert refund_state(marketplace) == "manual"
    in_transaction(marketplace, settle)
    assert refund_state(marketplace) == "refunded"
    [purchase] = marketplace.all(select(Purchase))
    assert purchase.refunded_cents == purchase.price_cents == 9900
    with pytest.raises(Conflict) as refused:
        in_transaction(marketplace, settle)
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("refunded", "refunded")


def test_without_a_claim_there_is_nothing_to_record(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_support(marketplace)
    clock.shift(60)
    publish_request(marketplace)
    with pytest.raises(Conflict) as refused:
        in_transaction(marketplace, settle)
    assert refused.value.facts["state"] == "none"
