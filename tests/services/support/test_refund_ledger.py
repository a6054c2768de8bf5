"""Balances of claims: of many in three statements, and of claims of 0.1.0, which stored another line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketplace_hooks.domain.support.state_machine import RefundState
from marketplace_hooks.models.support import RefundClaim
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.refund_ledger import balance_of, balances

from ...support.customers import money, publish_purchase
from ...support.marketplace import Marketplace
from ...support.recorded_statements import counting_queries
from ...support.support_desk import PURCHASE, in_transaction, now, set_up_support

AT = datetime(2026, 3, 1, tzinfo=UTC)


def claim(number: int, purchase_id: str, cents: int = 9900) -> RefundClaim:
    lines = [{"what": "price_paid", "amount_cents": cents, "optional": False}]
    lines.append({"what": "business_care_period", "amount_cents": 3960, "optional": True})
    return RefundClaim(request_id=f"request-{number}", purchase_id=purchase_id, lines=lines, currency="EUR")


@pytest.fixture
def desk(marketplace: Marketplace) -> Marketplace:
    set_up_support(marketplace)
    publish_purchase(marketplace, "purchase-2", amount_cents=5000)
    marketplace.publish("purchase.refunded", purchase_id=PURCHASE, refunded_at=now(), amount=money(4000))
    marketplace.run_all_now()
    return marketplace


def test_the_balances_of_many_claims_take_one_statement(desk: Marketplace) -> None:
    def read(uow: UnitOfWork) -> dict[str, tuple[int, int]]:
        with counting_queries(desk) as queries:
            found = balances(uow.session, [claim(1, PURCHASE), claim(2, "purchase-2")], uow.today)
        assert len(queries) == 1
        return {id_: (one.total_cents, one.owed_cents) for id_, one in found.items()}

    assert in_transaction(desk, read) == {"request-1": (9900, 5900), "request-2": (5000, 5000)}


def test_a_claim_of_an_earlier_version_is_counted_from_the_price_paid(desk: Marketplace) -> None:
    """It had stored what was owed then, 59.00, so that 40.00 would be taken off twice."""
    stored = claim(1, PURCHASE, cents=5900)

    stored.state = RefundState.REQUESTED

    def read(uow: UnitOfWork) -> list[int]:
        return [line.amount_cents for line in balance_of(uow.session, stored, uow.today).lines]

    assert in_transaction(desk, read) == [9900, 3960]
