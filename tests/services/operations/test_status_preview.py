"""What a preview says of customers is what then happens to them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.business_care.entitlement import EntitlementQuestion
from marketplace_hooks.domain.catalog.statuses import Side, Status
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter, judge_entitlement
from marketplace_hooks.services.catalog.pages import product_page
from marketplace_hooks.services.operations.status_preview import Consequences, preview_product

from ...support.customers import (
    publish_customer,
    publish_dispute,
    publish_purchase,
    publish_refund,
    publish_renewal,
    set_up_purchase,
)
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


def foreseen(marketplace: Marketplace, status: str, product_id: str = "mod-1") -> Consequences:
    runtime = marketplace.runtime
    with runtime.database.read_session() as session:
        page = product_page(session, product_id)
        assert page is not None
        zone = runtime.settings.reference_zone
        return preview_product(session, page, Side.SELLER, Status(status), runtime.now(), zone).consequences


def cancels(marketplace: Marketplace, purchase_id: str) -> None:
    data = {"actor": "customer", "received_at": datetime.now(UTC).isoformat()}
    marketplace.publish("subscription.renewal_cancelled", purchase_id=purchase_id, **data)
    marketplace.run_all_now()


def _some_of_each_kind(marketplace: Marketplace) -> None:
    publish_customer(marketplace)
    publish_purchase(marketplace, "new")
    publish_purchase(marketplace, "stopped", purchased_at="2025-09-10T10:00:00+02:00")
    publish_purchase(marketplace, "refunded")
    publish_purchase(marketplace, "disputed")
    publish_purchase(marketplace, "over", purchased_at="2024-06-15T10:00:00+02:00")
    publish_purchase(marketplace, "renewed", purchased_at="2024-06-15T10:00:00+02:00")
    publish_purchase(marketplace, "last-day", purchased_at="2025-03-02T10:00:00+01:00")
    publish_purchase(marketplace, "day-after", purchased_at="2025-03-01T10:00:00+01:00")
    publish_purchase(marketplace, "elsewhere", product_id="mod-2")
    marketplace.run_all_now()
    publish_renewal(marketplace, "renewed", 2)
    cancels(marketplace, "stopped")
    publish_refund(marketplace, "refunded")
    publish_dispute(marketplace, "disputed")


def test_a_withdrawal_cancels_what_renews_and_keeps_what_is_paid(marketplace: Marketplace) -> None:
    _some_of_each_kind(marketplace)
    preview = foreseen(marketplace, WITHDRAWN)
    # new, renewed, last-day and (its renewal is the bank's business, not ours) disputed would renew.
    assert preview == Consequences(
        renewals_cancelled=4, entitlements_kept=4, last_entitlement_day=date(2027, 3, 2), open_requests=0
    )


@pytest.mark.parametrize("status", [OFFLINE, ONLINE])
def test_a_temporary_disablement_cancels_no_renewal(marketplace: Marketplace, status: str) -> None:
    _some_of_each_kind(marketplace)
    preview = foreseen(marketplace, status)
    assert (preview.renewals_cancelled, preview.entitlements_kept) == (0, 4)


def test_a_product_that_nobody_bought_concerns_nobody(marketplace: Marketplace) -> None:
    assert foreseen(marketplace, WITHDRAWN) == Consequences()


def test_what_was_foreseen_is_what_the_withdrawal_does(marketplace: Marketplace) -> None:
    _some_of_each_kind(marketplace)
    before = {one.purchase_id: one.customer_stopped_at for one in marketplace.all(select(Subscription))}
    preview = foreseen(marketplace, WITHDRAWN)
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    touched = [one.purchase_id for one in marketplace.all(select(Subscription)) if one.withdrawn_from is not None]
    assert len([id_ for id_ in touched if before[id_] is None]) == preview.renewals_cancelled
    after = foreseen(marketplace, WITHDRAWN)
    assert (after.renewals_cancelled, after.entitlements_kept) == (0, preview.entitlements_kept)


def test_the_numbers_agree_with_the_rule_purchase_by_purchase(marketplace: Marketplace) -> None:
    _some_of_each_kind(marketplace)
    runtime = marketplace.runtime
    question = EntitlementQuestion(at=runtime.now(), zone=runtime.settings.reference_zone)
    ids = marketplace.all(select(Subscription.purchase_id).where(Subscription.product_id == "mod-1"))
    with runtime.database.read_session() as session:
        answers: list[Any] = [judge_entitlement(session, PurchaseFilter(purchase_id=id_), question) for id_ in ids]
    active = [one for one in answers if one.active]
    preview = foreseen(marketplace, OFFLINE)
    assert preview.entitlements_kept == len(active)
    assert preview.last_entitlement_day == max(one.last_day for one in active)


def test_the_preview_of_the_api_has_the_numbers(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    _, text = tokens.create(marketplace.runtime, "seller", subject="seller-1")
    answer = marketplace.app.test_client().get(
        "/api/v1/products/mod-1/status/preview",
        query_string={"status": WITHDRAWN},
        headers={"Authorization": f"Bearer {text}"},
    )
    content = answer.get_json()
    assert (content["renewals_cancelled"], content["entitlements_kept"]) == (1, 1)
    assert content["last_entitlement_day"] == "2027-03-02"
