"""Long lists: every list of every role with many rows, all like those of one complete history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine

from marketplace_hooks.services.outbox.endpoints import add_endpoint

from .bulk_purchases import COPY, copy_logs, copy_rows, gather_statistics
from .marketplace import OFFLINE, Marketplace
from .support_desk import FIX, REQUEST, TEMPLATE, due, publish_message, publish_request, set_up_support

STARTED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

Person = tuple[str | None, str | None]
LISTS: dict[Person, tuple[str, ...]] = {
    (None, None): ("/", "/?category=Media", "/?q=lumen", "/?q=nothing-is-called-so"),
    ("seller", "seller-1"): (
        "/seller",
        "/seller?q=lumen",
        "/seller/packs",
        "/seller/requests",
        "/seller/requests?state=all",
        "/seller/refunds",
    ),
    ("customer", "customer-1"): ("/account", "/support", "/support?sort=newest", "/support/new"),
    ("operator", "odette"): (
        "/operator",
        "/operator/events",
        "/operator/events?state=applied",
        "/operator/deliveries",
        "/operator/cascades",
        "/operator/replies",
        "/operator/requests",
        "/operator/requests?overdue=yes",
        "/operator/refunds?state=due",
        "/operator/products",
        "/operator/sellers",
    ),
}
# What is copied: tables, the column that tells the copies apart, the row they are like, and what else tells them apart.
_OWNER = f"CASE WHEN i <= 1000 THEN 'customer-1' ELSE {COPY} END"
_LIKE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("mh_sellers", "id", "seller-1", {}),
    ("mh_customers", "id", "customer-1", {}),
    ("mh_products", "id", "mod-1", {}),
    ("mh_product_categories", "product_id", "mod-1", {}),
    ("mh_packs", "id", "pack-1", {}),
    ("mh_search_entries", "subject_id", "mod-1", {}),
    ("mh_search_entries", "subject_id", "pack-1", {}),
    ("mh_pack_members", "pack_id", "pack-1", {}),
    ("mh_purchases", "id", "purchase-1", {"customer_id": _OWNER}),
    ("mh_site_bindings", "purchase_id", "purchase-1", {}),
    ("mh_subscriptions", "purchase_id", "purchase-1", {"customer_id": _OWNER}),
    ("mh_periods", "purchase_id", "purchase-1", {}),
    ("mh_requests", "id", REQUEST, {"customer_id": _OWNER}),
    ("mh_clocks", "request_id", REQUEST, {}),
    ("mh_refund_claims", "request_id", REQUEST, {}),
    ("mh_messages", "request_id", REQUEST, {"body_sha256": "CAST(i AS VARCHAR)"}),
)


def set_up_history(made: Marketplace, clock: time_machine.Traveller) -> None:
    """One row in each list. `clock` stands at `STARTED_AT`."""
    set_up_support(made)
    made.publish_pack("pack-1", "mod-1")
    publish_request(made)
    clock.shift(timedelta(minutes=30))
    publish_message(made, body=TEMPLATE)
    made.change_status("pack-1", OFFLINE, kind="pack")
    clock.move_to(due(made, FIX))
    made.run_all_now()


def fill(made: Marketplace, count: int) -> None:
    """Copy all rows by set statements."""
    endpoint, _ = add_endpoint(made.runtime, "https://93.184.215.14/hooks")
    database = made.runtime.database
    with database.session() as session:
        for table, key, original, other in _LIKE:
            copy_rows(session, table, key, original, count, **other)
        copy_logs(session, endpoint.id, count)
    gather_statistics(database)
