"""Inspections that end after a request was recorded are added to it, once. `rules.md` 20."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from marketplace_hooks.demo.fake_shops.server import FakeShop, Shop
from marketplace_hooks.domain.inspections.declarations import Declaration
from marketplace_hooks.models.support import SupportRequest
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.eligibility_checks import start_check
from marketplace_hooks.services.support.site_checks import has_pending_results, record_results
from marketplace_hooks.services.support.submission import NewRequest, purchase_of, submit

from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, PURCHASE, REQUEST, clocks, in_transaction, published_types, request


@pytest.fixture
def site() -> Iterator[FakeShop]:
    with FakeShop(Shop(version="8.1.7")).start() as shop:
        yield shop


@pytest.fixture
def desk(make_marketplace: Callable[..., Marketplace], site: FakeShop) -> Marketplace:
    """A purchase bound to a shop that answers."""
    opened = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5)
    opened.publish_products("mod-1")
    set_up_purchase(opened, PURCHASE, shop_url=site.url)
    return opened


def submit_with_running_check(desk: Marketplace, site: FakeShop, declared: Declaration | None = None) -> None:
    """Send a request whose check no worker has made yet."""

    def act(uow: UnitOfWork) -> None:
        purchase = purchase_of(uow.session, PURCHASE, "customer-1")
        check = start_check(desk.runtime, uow, purchase, shop_url=site.url, credentials=None, declared=declared)
        new = NewRequest(
            request_id=REQUEST,
            customer_id="customer-1",
            product_id="mod-1",
            purchase_id=PURCHASE,
            subject="Export",
            body="It fails.",
            submitted_at=uow.now,
            shop_url=site.url,
            check_id=check.check_id,
        )
        submit(uow, new, CAUSE)

    in_transaction(desk, act)


def is_pending(desk: Marketplace) -> bool:
    with desk.runtime.database.read_session() as session:
        return has_pending_results(session)


def test_a_request_that_only_missed_what_the_site_tells_is_accepted_when_it_has_told(
    desk: Marketplace, site: FakeShop
) -> None:
    submit_with_running_check(desk, site)
    assert request(desk).handling == "needs_information"
    desk.run_all_now()
    assert (request(desk).handling, request(desk).missing) == ("accepted", [])
    assert clocks(desk) == {"acknowledgement": "running", "fix": "running"}
    assert published_types(desk) == ["needs_information", "accepted"]


def test_results_are_recorded_once(desk: Marketplace, site: FakeShop) -> None:
    submit_with_running_check(desk, site)
    desk.run_all_now()
    assert not is_pending(desk)
    assert record_results(desk.runtime) == 0
    assert published_types(desk) == ["needs_information", "accepted"]


def test_results_reach_a_request_whose_checks_an_erasure_of_0_1_0_left_without_names(
    desk: Marketplace, site: FakeShop
) -> None:
    submit_with_running_check(desk, site)

    def erase(uow: UnitOfWork) -> None:
        erased = update(SupportRequest).where(SupportRequest.id == REQUEST).values(checks=[{"": "", "evidence": {}}])
        uow.session.execute(erased)

    in_transaction(desk, erase)
    desk.run_all_now()
    assert (request(desk).handling, request(desk).missing) == ("accepted", [])
    assert not is_pending(desk)
