"""Outgoing event types: when each is published, and the fields of its data.

The catalogue of outgoing events: one entry each, with the fields of its `data` as an example. Every event also carries
`id, type, timestamp, sequence`, and `data.caused_by` (`event_id`, `actor`, `reason`). `docs/events.md` is written from
here; an endpoint can subscribe to these types and no others.
"""

from __future__ import annotations

from .outgoing_type import Outgoing
from .request_event_types import REQUEST_EVENTS

EVERYTHING = "*"
"""A subscription to every type, present and future."""


_PRODUCT = {"product_id": "20133", "seller_id": "atelier"}
_PACK = {"pack_id": "30011", "seller_id": "atelier"}
_SCHEDULED = {"status": "offline_permanent", "effective_at": "2026-12-31T23:00:00Z", "side": "seller"}
_BUSINESS_CARE = {"purchase_id": "o-50434", "customer_id": "c-17", "product_id": "20133"}
_PERIOD = {"first_day": "2026-11-24", "last_day": "2027-11-23"}
_ENDPOINT = {"endpoint_id": "end_1f0c", "url": "https://example.com/hooks"}
_AMOUNT = {"amount_cents": 3960, "currency": "EUR"}

OUTGOING: dict[str, Outgoing] = {
    **REQUEST_EVENTS,
    "product.hidden": Outgoing(
        when="A product's page is no longer shown.", example={**_PRODUCT, "status": "offline_temporary"}
    ),
    "product.shown": Outgoing(when="A product's page is shown again.", example={**_PRODUCT, "status": "online"}),
    "product.withdrawn": Outgoing(
        when="A product is permanently disabled; sent after product.hidden if the page was visible.",
        example={**_PRODUCT, "status": "offline_permanent"},
    ),
    "product.reinstated": Outgoing(
        when="The marketplace has reinstated a product, which stays offline until the marketplace puts it back online.",
        example=_PRODUCT,
    ),
    "product.change_scheduled": Outgoing(
        when="A side has scheduled a change of a product.", example={**_PRODUCT, **_SCHEDULED}
    ),
    "product.change_cancelled": Outgoing(
        when="A side has cancelled its scheduled change of a product.", example={**_PRODUCT, **_SCHEDULED}
    ),
    "pack.hidden": Outgoing(
        when="A pack's page is no longer shown: the pack itself is offline, or one of its products is.",
        example={**_PACK, "status": "online"},
    ),
    "pack.shown": Outgoing(
        when="A pack's page is shown again: the pack and all its products are online.",
        example={**_PACK, "status": "online"},
    ),
    "pack.change_scheduled": Outgoing(when="A side has scheduled a change of a pack.", example={**_PACK, **_SCHEDULED}),
    "pack.change_cancelled": Outgoing(
        when="A side has cancelled its scheduled change of a pack.", example={**_PACK, **_SCHEDULED}
    ),
    "subscription.started": Outgoing(
        when="Business Care has started, through a purchase or a reactivation.", example={**_BUSINESS_CARE, **_PERIOD}
    ),
    "subscription.renewal_notice_due": Outgoing(
        when="The customer must be notified that Business Care will renew, and at which price; `owed` says whether "
        "the law requires it, `timeliness` whether it is in_time, too_early or too_late. It is sent again for the "
        "same `period_index` if the price has risen in time for another notice: the last one counts.",
        example={
            **_BUSINESS_CARE,
            "period_index": 1,
            "last_day": "2026-11-23",
            "last_day_to_refuse": "2026-11-23",
            "amount": _AMOUNT,
            "owed": True,
            "timeliness": "in_time",
        },
    ),
    "subscription.price_changed": Outgoing(
        when="The price of the next renewal differs from the one published last. A lower one applies at once; a higher "
        "one comes with a new subscription.renewal_notice_due, and without it does not apply to this renewal.",
        example={
            **_BUSINESS_CARE,
            "period_index": 1,
            "renewal_at": "2026-11-23T23:00:00Z",
            "amount": {"amount_cents": 2_000, "currency": "EUR"},
            "amount_before": _AMOUNT,
        },
    ),
    "subscription.renewal_due": Outgoing(
        when="A renewal is due: charge it, once for each idempotency key.",
        example={
            **_BUSINESS_CARE,
            "period_index": 2,
            **_PERIOD,
            "amount": _AMOUNT,
            "idempotency_key": "o-50434:2",
        },
    ),
    "subscription.renewal_cancelled": Outgoing(
        optional=("last_day", "ended_at"),
        when="Business Care will not renew, and continues until `last_day`: `by` is customer or withdrawal. Or it "
        "ends permanently at `ended_at`: `by` is refund, dispute or termination, which may lie ahead.",
        example={**_BUSINESS_CARE, "by": "withdrawal", "last_day": "2026-11-23"},
    ),
    "subscription.reactivation_due": Outgoing(
        when="A customer reactivates expired Business Care: charge it, once for each idempotency key.",
        example={
            **_BUSINESS_CARE,
            "period_index": 3,
            "amount": {"amount_cents": 13_365, "currency": "EUR"},
            "lines": [
                {"what": "period", "amount": {"amount_cents": 3_960, "currency": "EUR"}},
                {"what": "supplement", "amount": {"amount_cents": 9_405, "currency": "EUR"}},
            ],
            "idempotency_key": "o-50434:3",
        },
    ),
    "subscription.reversal_due": Outgoing(
        nullable=("charge_id",),
        when="A charge must be refunded, or must not be made: `reason` is renewal_stopped (the renewal was stopped "
        "in time), second_charge (another charge had already paid for the period), business_care_ended (it had ended "
        "before the renewal was paid), above_price (`amount` is what exceeds the renewal’s price), wrong_amount "
        "(less was charged than asked for, or in another currency) or not_reactivable (it was charged for a "
        "reactivation that was not possible).",
        example={
            **_BUSINESS_CARE,
            "period_index": 2,
            "amount": _AMOUNT,
            "charge_id": "ch_1",
            "idempotency_key": "o-50434:2",
            "reason": "renewal_stopped",
        },
    ),
    "subscription.expired": Outgoing(
        when="Business Care has ended, and can be reactivated while the product is on sale.",
        example={**_BUSINESS_CARE, "last_day": "2026-11-23"},
    ),
    "release.available": Outgoing(
        nullable=("price",),
        when="A release is published, for everyone with active Business Care; a paid one has a `price`.",
        example={**_BUSINESS_CARE, "release_id": "r-9", "number": "2.4.0", "kind": "paid", "price": _AMOUNT},
    ),
    "seller.closure_announced": Outgoing(
        nullable=("last_day",),
        when="A seller's closure is declared, shortened or cancelled: customers see it from now on.",
        example={
            "closure_id": "clo-1",
            "seller_id": "atelier",
            "first_day": "2026-12-24",
            "last_day": "2027-01-03",
            "change": "declared",
        },
    ),
    "purchase.over_refunded": Outgoing(
        when="More was refunded for a purchase than was paid for it; published again whenever the excess grows.",
        example={
            "purchase_id": "o-50434",
            "customer_id": "c-17",
            "product_id": "20133",
            "price_paid": {"amount_cents": 9900, "currency": "EUR"},
            "given_back": {"amount_cents": 12_400, "currency": "EUR"},
            "excess": {"amount_cents": 2_500, "currency": "EUR"},
        },
    ),
    "customer.erased": Outgoing(when="A customer's personal data has been removed.", example={"customer_id": "c-17"}),
    "cascade.completed": Outgoing(
        optional=("product_id", "pack_id", "seller_id", "release_id"),
        when="All steps that follow a change are done; for a release, the event also has `release_id`.",
        example={
            "cascade_id": "cas_1f0c",
            "product_id": "20133",
            "change": "held",
            "steps": {"packs": {"total": 3, "failed": 0}},
        },
    ),
    "endpoint.ping": Outgoing(
        when="A test, sent to one endpoint only, with sequence 0.", example={"endpoint_id": "end_1f0c"}
    ),
    "endpoint.failing": Outgoing(
        when="No delivery to an endpoint has succeeded for 24 hours; after 120 it is disabled.", example=_ENDPOINT
    ),
    "endpoint.disabled": Outgoing(
        when="We no longer deliver to an endpoint; its pending deliveries are kept.", example=_ENDPOINT
    ),
}
