"""The banner says whether Business Care is active, and since when not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine

from marketplace_hooks.domain.civil_days import day_of
from marketplace_hooks.services.business_care.status_banner import read_status_banner

from ...support.customers import publish_refund, set_up_purchase
from ...support.marketplace import Marketplace


def banner(marketplace: Marketplace, purchase_id: str = "purchase-1") -> dict[str, Any]:
    runtime = marketplace.runtime
    with runtime.database.read_session() as session:
        zone = runtime.settings.reference_zone
        return {**read_status_banner(session, purchase_id, now=runtime.now(), zone=zone)}


def test_while_it_is_active_there_is_no_day_on_which_it_ended(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)
    shown = banner(marketplace)
    assert (shown["active"], shown["since"]) == (True, None)


def test_a_refund_ends_it_on_its_own_day(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)
    clock.shift(timedelta(days=2))
    today = day_of(marketplace.runtime.now(), marketplace.runtime.settings.reference_zone)
    publish_refund(marketplace, "purchase-1")
    marketplace.run_all_now()
    clock.shift(timedelta(days=2))
    shown = banner(marketplace)
    assert (shown["active"], shown["code"], shown["since"]) == (False, "REFUNDED", today)


def test_what_nobody_bought_never_was_active(marketplace: Marketplace) -> None:
    shown = banner(marketplace, "unknown")
    assert (shown["active"], shown["code"], shown["since"]) == (False, "NOT_FOUND", None)
