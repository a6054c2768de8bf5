"""Eligibility: the facts about a purchase and its site, judged; unknown refuses nobody. `rules.md` 20."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.eligibility import (
    Judgement,
    checks_as_json,
    entitlement_as_json,
    judge_submission,
)
from marketplace_hooks.services.support.submission import purchase_of

from ...support.customers import SHOP, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import PURCHASE, in_transaction, set_up_support

DAY = timedelta(days=1)
FEBRUARY = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A shop with one holder, on Monday 2 March 2026."""
    set_up_support(marketplace)
    clock.shift(60)
    return marketplace


def judge(desk: Marketplace, **more: Any) -> Judgement:
    def act(uow: UnitOfWork) -> Judgement:
        purchase = purchase_of(uow.session, PURCHASE, None)
        facts: dict[str, Any] = {"shop_url": SHOP, "check_id": None, "at": uow.now, "now": uow.now, **more}
        return judge_submission(uow.session, purchase, settings=uow.settings, **facts)

    return in_transaction(desk, act)


def test_without_an_inspection_the_version_is_missing_and_no_ground_is_proposed(desk: Marketplace) -> None:
    judgement = judge(desk)
    assert judgement.eligibility.outcome == "needs_information"
    assert (judgement.eligibility.missing, judgement.eligibility.grounds) == (("platform_version",), ())
    results = {one["name"]: one["result"] for one in checks_as_json(judgement.eligibility)}
    assert results["entitlement"] == results["merchant_site"] == "pass"
    assert results["platform_version"] == results["sources"] == "unknown"


def test_another_site_than_the_bound_one_is_a_ground(desk: Marketplace) -> None:
    judgement = judge(desk, shop_url="https://elsewhere.example/")
    assert judgement.eligibility.grounds == (Ground.OTHER_MERCHANT_SITE,)
    assert entitlement_as_json(judgement.entitlement)["code"] == "SHOP_SCOPE_MISMATCH"


def test_an_inspection_that_is_not_this_purchases_is_not_found(desk: Marketplace) -> None:
    with pytest.raises(NotFound):
        judge(desk, check_id="chk_unknown")


def test_the_entitlement_is_stored_as_json(desk: Marketplace) -> None:
    entitlement = judge(desk).entitlement
    stored = entitlement_as_json(entitlement)
    assert (stored["valid"], stored["code"], stored["active"], stored["remedy"]) == (True, "VALID", True, None)
    assert entitlement.last_day is not None
    assert stored["last_day"] == entitlement.last_day.isoformat()


LISTING = {"features": ["Gallery"], "compatible_from": "8.0.0", "incompatible_modules": []}


@pytest.fixture
def bought(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A product listed since 1 February up to 8.1, and a purchase of Monday 2 March 2026, judged a day later."""
    marketplace.publish("seller.upserted", seller_id="seller-1")
    describe(marketplace, "8.1.9", published_at=FEBRUARY, sent_at=FEBRUARY)
    set_up_purchase(marketplace, PURCHASE)
    clock.shift(DAY)
    return marketplace


def describe(marketplace: Marketplace, compatible_to: str, *, published_at: datetime, sent_at: datetime) -> None:
    listing = {**LISTING, "compatible_to": compatible_to, "published_at": published_at.isoformat()}
    marketplace.publish("product.upserted", sent_at=sent_at, product_id="mod-1", seller_id="seller-1", listing=listing)
    marketplace.run_all_now()


def announced(marketplace: Marketplace) -> str:
    """The highest version that was announced on the purchase date, by which a request is judged."""
    [evidence] = [one.evidence for one in judge(marketplace).eligibility.checks if one.name == "platform_version"]
    highest: str = evidence["announced_at_purchase"]["to"]
    return highest


def test_a_revision_published_before_the_purchase_counts_however_late_it_arrives(bought: Marketplace) -> None:
    describe(bought, "8.2.9", published_at=FEBRUARY + 10 * DAY, sent_at=FEBRUARY + 10 * DAY)
    assert announced(bought) == "8.2.9"


def test_a_correction_sent_before_the_purchase_counts_however_late_it_arrives(bought: Marketplace) -> None:
    describe(bought, "8.2.9", published_at=FEBRUARY, sent_at=FEBRUARY + DAY)
    assert announced(bought) == "8.2.9"


def test_what_was_changed_after_the_purchase_does_not_count(bought: Marketplace) -> None:
    describe(bought, "8.0.9", published_at=FEBRUARY, sent_at=datetime.now(UTC))
    describe(bought, "9.0.9", published_at=datetime.now(UTC), sent_at=datetime.now(UTC))
    assert announced(bought) == "8.1.9"
