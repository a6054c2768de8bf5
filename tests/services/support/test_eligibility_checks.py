"""Eligibility checks: only the bound site of an entitled purchase is inspected. `rules.md` 20."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import NotFound
from marketplace_hooks.models.inspections import Inspection
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.eligibility_checks import EligibilityCheck, read_check, start_check
from marketplace_hooks.services.support.submission import purchase_of

from ...support.customers import SHOP
from ...support.marketplace import Marketplace
from ...support.support_desk import PURCHASE, in_transaction, set_up_support


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A shop with one holder, on Monday 2 March 2026."""
    set_up_support(marketplace)
    clock.shift(60)
    return marketplace


def start(desk: Marketplace, shop_url: str | None) -> str:
    def act(uow: UnitOfWork) -> str:
        purchase = purchase_of(uow.session, PURCHASE, "customer-1")
        started = start_check(desk.runtime, uow, purchase, shop_url=shop_url, credentials=None, declared=None)
        return started.check_id

    return in_transaction(desk, act)


def read(desk: Marketplace, check_id: str, customer_id: str | None = "customer-1") -> EligibilityCheck:
    with desk.runtime.database.read_session() as session:
        return read_check(session, check_id, customer_id=customer_id, settings=desk.runtime.settings)


def test_the_bound_site_is_inspected_by_a_worker(desk: Marketplace) -> None:
    check_id = start(desk, SHOP)
    assert read(desk, check_id).running
    [inspection] = desk.all(select(Inspection))
    assert (inspection.id, inspection.host, inspection.purchase_id) == (check_id, "shop.example", PURCHASE)


@pytest.mark.parametrize("shop_url", ["https://elsewhere.example/", None])
def test_any_other_site_is_never_inspected_and_the_check_is_done_at_once(
    desk: Marketplace, shop_url: str | None
) -> None:
    check = read(desk, start(desk, shop_url))
    assert not check.running
    assert check.inspection.findings == ()
    assert [one["name"] for one in check.checks][:2] == ["entitlement", "merchant_site"]


def test_another_customers_check_is_not_found(desk: Marketplace) -> None:
    check_id = start(desk, SHOP)
    with pytest.raises(NotFound):
        read(desk, check_id, "customer-2")
