"""Outgoing event types: when each is published, and the fields of its data.

The catalogue of outgoing events: one entry each, with the fields of its `data` as an example. Every event also carries
`id, type, timestamp, sequence`, and `data.caused_by` (`event_id`, `actor`, `reason`). `docs/events.md` is written from
here; an endpoint can subscribe to these types and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVERYTHING = "*"
"""A subscription to every type, present and future."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One type: when it is published, and an example of its data. `version` grows when the data changes its meaning."""

    when: str
    example: Mapping[str, Any]
    version: int = field(default=1)


_PRODUCT = {"product_id": "20133", "seller_id": "atelier"}
_PACK = {"pack_id": "30011", "seller_id": "atelier"}
_SCHEDULED = {"status": "offline_permanent", "effective_at": "2026-12-31T23:00:00Z", "side": "seller"}
_BUSINESS_CARE = {"purchase_id": "o-50434", "customer_id": "c-17", "product_id": "20133"}
_PERIOD = {"first_day": "2026-11-24", "last_day": "2027-11-23"}
_REQUEST = {"request_id": "req-1", "purchase_id": "o-50434", "customer_id": "c-17", "seller_id": "atelier"}
_ENDPOINT = {"endpoint_id": "end_1f0c", "url": "https://example.com/hooks"}
_AMOUNT = {"amount_cents": 3960, "currency": "EUR"}
_OWED = {
    "amount": {"amount_cents": 5900, "currency": "EUR"},
    "total": {"amount_cents": 9900, "currency": "EUR"},
    "given_back": {"amount_cents": 4000, "currency": "EUR"},
    "lines": [{"what": "price_paid", "amount_cents": 9900, "optional": False}],
}

OUTGOING: dict[str, Outgoing] = {
    "product.hidden": Outgoing(
        when="A product's page is no longer shown.", example={**_PRODUCT, "status": "offline_temporary"}
    ),
    "product.shown": Outgoing(when="A product's page is shown again.", example={**_PRODUCT, "status": "online"}),
    "product.withdrawn": Outgoing(
        when="A product's sale has ended for good; comes after product.hidden when the page was shown.",
        example={**_PRODUCT, "status": "offline_permanent"},
    ),
    "product.reinstated": Outgoing(
        when="The marketplace has undone a withdrawal; the product is back under a marketplace hold.", example=_PRODUCT
    ),
    "product.change_scheduled": Outgoing(
        when="A side has scheduled a change of a product.", example={**_PRODUCT, **_SCHEDULED}
    ),
    "product.change_cancelled": Outgoing(
        when="A side has cancelled its scheduled change of a product.", example={**_PRODUCT, **_SCHEDULED}
    ),
    "pack.hidden": Outgoing(
        when="A pack's page is no longer shown: by a hold of its own, or because a member is not online.",
        example={**_PACK, "status": "online"},
    ),
    "pack.shown": Outgoing(
        when="A pack's page is shown again: nothing holds it, no member blocks it.",
        example={**_PACK, "status": "online"},
    ),
    "pack.change_scheduled": Outgoing(when="A side has scheduled a change of a pack.", example={**_PACK, **_SCHEDULED}),
    "pack.change_cancelled": Outgoing(
        when="A side has cancelled its scheduled change of a pack.", example={**_PACK, **_SCHEDULED}
    ),
    "subscription.started": Outgoing(
        when="A Business Care has begun, by purchase or reactivation.", example={**_BUSINESS_CARE, **_PERIOD}
    ),
    "subscription.renewal_notice_due": Outgoing(
        when="The customer is to be told that the Business Care will renew, and at which price; `owed` says whether "
        "the law asks for it, `timeliness` whether it is in_time, too_early or too_late. Comes again for the same "
        "`period_index` when the price has risen in time for another notice: the last one counts.",
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
        when="The coming renewal costs another price than was published last. A lower one applies at once; a higher "
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
        when="A period has come to its instant: charge it, once for each idempotency key.",
        example={
            **_BUSINESS_CARE,
            "period_index": 2,
            **_PERIOD,
            "amount": _AMOUNT,
            "idempotency_key": "o-50434:2",
        },
    ),
    "subscription.renewal_cancelled": Outgoing(
        when="The Business Care will not renew, and goes on until `last_day`: `by` is customer or withdrawal. Or it "
        "has ended at `ended_at`: `by` is refund, termination or dispute.",
        example={**_BUSINESS_CARE, "by": "withdrawal", "last_day": "2026-11-23"},
    ),
    "subscription.reactivation_due": Outgoing(
        when="A customer takes up an expired Business Care: charge it, once for each idempotency key.",
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
        when="A charge must be given back, or not be made: `reason` is renewal_stopped, the renewal had been stopped "
        "in time; or second_charge, another charge had paid the period.",
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
        when="A Business Care is over, and may be reactivated while the product is sold.",
        example={**_BUSINESS_CARE, "last_day": "2026-11-23"},
    ),
    "release.available": Outgoing(
        when="A release is published: told to every holder of an active Business Care; a paid one has a `price`.",
        example={**_BUSINESS_CARE, "release_id": "r-9", "number": "2.4.0", "kind": "paid", "price": _AMOUNT},
    ),
    "seller.closure_announced": Outgoing(
        when="A seller's closure is declared, shortened or cancelled: customers see it from now on.",
        example={
            "closure_id": "clo-1",
            "seller_id": "atelier",
            "first_day": "2026-12-24",
            "last_day": "2027-01-03",
            "change": "declared",
        },
    ),
    "support_request.accepted": Outgoing(
        when="A request is accepted, perhaps with grounds that the seller may refuse on.",
        example={**_REQUEST, "outcome": "refusable", "grounds": ["platform_version_incompatible"]},
    ),
    "support_request.checked": Outgoing(
        when="An inspection of the site ended after the request was accepted, or a companion has reported since: the "
        "request now says what was found, and `missing` what stayed unknown. `added_grounds` were not proposed before.",
        example={
            **_REQUEST,
            "check_id": "chk_0f8fad5bd9cb469fa16570867728950e",
            "outcome": "refusable",
            "grounds": ["platform_version_incompatible"],
            "added_grounds": ["platform_version_incompatible"],
            "missing": [],
        },
    ),
    "support_request.needs_information": Outgoing(
        when="A request misses something that the customer can still say.",
        example={**_REQUEST, "missing": ["platform_version"], "waits_until": "2026-12-07T23:00:00Z"},
    ),
    "support_request.not_entitled": Outgoing(
        when="A request has no active Business Care behind it.",
        example={**_REQUEST, "code": "EXPIRED", "remedy": "reactivate"},
    ),
    "support_request.message_posted": Outgoing(
        when="A public message was added to a conversation.",
        example={**_REQUEST, "message_id": "m-7", "side": "seller"},
    ),
    "support_request.acknowledged": Outgoing(
        when="The seller has answered in person.",
        example={**_REQUEST, "acknowledged_at": "2026-11-24T09:12:00Z", "in_time": True},
    ),
    "support_request.acknowledgement_due_soon": Outgoing(
        when="The morning of the last day on which to acknowledge.",
        example={**_REQUEST, "due_before": "2026-11-24T23:00:00Z"},
    ),
    "support_request.acknowledgement_missed": Outgoing(
        when="The seller has not answered in person in time; told once.",
        example={**_REQUEST, "due_before": "2026-11-24T23:00:00Z"},
    ),
    "support_request.kind_changed": Outgoing(
        when="What a request is about was proposed anew, or confirmed.",
        example={**_REQUEST, "kind": "anomaly", "proposed_kind": "installation"},
    ),
    "support_request.refused": Outgoing(
        when="The seller has refused on one of the six grounds.",
        example={**_REQUEST, "ground": "source_modified", "contest_until": "2026-12-24T09:12:00Z"},
    ),
    "support_request.proposed": Outgoing(
        when="A program of the seller's side proposes a refusal, a resolution or an offer (`act`) by a bearer token. "
        "It waits for a person of that side to confirm it.",
        example={**_REQUEST, "proposal_id": "prop_1f0c", "act": "refusal"},
    ),
    "support_request.contested": Outgoing(when="The customer contests a refusal.", example=_REQUEST),
    "support_request.overturned": Outgoing(
        when="The marketplace has overturned a refusal; the fix clock goes on.",
        example={**_REQUEST, "due_before": "2026-12-04T23:00:00Z"},
    ),
    "support_request.offer_made": Outgoing(
        when="The seller proposes a paid update; the customer accepts or declines.",
        example={**_REQUEST, "release_id": "r-9", "amount": _AMOUNT},
    ),
    "support_request.offer_answered": Outgoing(
        when="The customer accepts or declines a paid update. Accepted, it settles the request once it was bought "
        "(`release.purchased`); until then, and when declined, a fix that is owed stays owed.",
        example={**_REQUEST, "release_id": "r-9", "amount": _AMOUNT, "accepted": True},
    ),
    "support_request.resolved": Outgoing(
        when="The seller says that the request is settled: `how` is release, explanation or paid_update.",
        example={**_REQUEST, "how": "release", "release_id": "r-9"},
    ),
    "support_request.reopened": Outgoing(
        when="The customer says that it is not fixed; the fix clock goes on.",
        example={**_REQUEST, "due_before": "2026-12-04T23:00:00Z"},
    ),
    "support_request.fix_due_soon": Outgoing(
        when="One business day is left to fix an anomaly; `clock` is fix, or second_fix for the new date of a customer "
        "who preferred the fix to the refund.",
        example={**_REQUEST, "due_before": "2027-01-04T23:00:00Z", "clock": "fix"},
    ),
    "support_request.fix_missed": Outgoing(
        when="An anomaly was not fixed in time; told once for each date (`clock`). The refund is due.",
        example={**_REQUEST, "due_before": "2027-01-04T23:00:00Z", "clock": "fix"},
    ),
    "support_request.refund_due": Outgoing(
        when="The refund of the price paid is due, or due again; it is requested unless the customer prefers the fix. "
        "`amount` is what is still owed: the lines that are not optional (`total`), less what was given back.",
        example={**_REQUEST, **_OWED, "request_at": "2027-01-06T23:00:00Z"},
    ),
    "support_request.refund_requested": Outgoing(
        when="Give `amount` back: through the platform within its window, by hand later. Never more than is owed now.",
        example={**_REQUEST, **_OWED, "path": "platform", "idempotency_key": "req-1:refund"},
    ),
    "support_request.refund_deferred": Outgoing(
        when="The customer prefers the fix to the refund, by a new date; a refund that was requested is not to be "
        "made. It is due again when the date is missed, or when the customer asks for it again.",
        example={**_REQUEST, **_OWED, "due_before": "2027-02-16T23:00:00Z", "last_day": "2027-02-16"},
    ),
    "support_request.refund_settled": Outgoing(
        when="Nothing is owed any more: what was given back for the purchase has reached the claim.",
        example={
            **_REQUEST,
            **_OWED,
            "amount": {"amount_cents": 0, "currency": "EUR"},
            "given_back": {"amount_cents": 9900, "currency": "EUR"},
            "settled_at": "2027-01-08T10:00:00Z",
        },
    ),
    "purchase.over_refunded": Outgoing(
        when="More was given back for a purchase than was paid for it; published again whenever the excess grows.",
        example={
            "purchase_id": "o-50434",
            "customer_id": "c-17",
            "product_id": "20133",
            "price_paid": {"amount_cents": 9900, "currency": "EUR"},
            "given_back": {"amount_cents": 12_400, "currency": "EUR"},
            "excess": {"amount_cents": 2_500, "currency": "EUR"},
        },
    ),
    "support_request.closed": Outgoing(
        when="Nothing more can happen to a request; `reason` says why.", example={**_REQUEST, "reason": "resolved"}
    ),
    "customer.erased": Outgoing(when="A customer's personal data has been removed.", example={"customer_id": "c-17"}),
    "cascade.completed": Outgoing(
        when="Everything that had to follow from a change has been done; of a release it names `release_id` too.",
        example={
            "cascade_id": "cas_1f0c",
            "product_id": "20133",
            "change": "held",
            "steps": {"packs": {"total": 3, "failed": 0}},
        },
    ),
    "endpoint.ping": Outgoing(
        when="A test; sent to one endpoint alone, sequence 0.", example={"endpoint_id": "end_1f0c"}
    ),
    "endpoint.failing": Outgoing(
        when="No delivery to an endpoint has succeeded for 24 hours; after 120 it is disabled.", example=_ENDPOINT
    ),
    "endpoint.disabled": Outgoing(
        when="We no longer deliver to an endpoint; what waits for it is kept.", example=_ENDPOINT
    ),
}
