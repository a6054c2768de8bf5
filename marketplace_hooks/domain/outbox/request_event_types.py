"""Outgoing event types about support requests (`event_types.py` has all of them).

A request before any purchase has none: its `purchase_id` is null.
"""

from __future__ import annotations

from .outgoing_type import Outgoing

_REQUEST = {"request_id": "req-1", "purchase_id": "o-50434", "customer_id": "c-17", "seller_id": "atelier"}
_AMOUNT = {"amount_cents": 3960, "currency": "EUR"}
_OWED = {
    "amount": {"amount_cents": 5900, "currency": "EUR"},
    "total": {"amount_cents": 9900, "currency": "EUR"},
    "given_back": {"amount_cents": 4000, "currency": "EUR"},
    "lines": [{"what": "price_paid", "amount_cents": 9900, "optional": False}],
}

REQUEST_EVENTS: dict[str, Outgoing] = {
    "support_request.accepted": Outgoing(
        nullable=("purchase_id",),
        when="A request is accepted, perhaps with reasons for which the seller may refuse.",
        example={**_REQUEST, "outcome": "refusable", "grounds": ["platform_version_incompatible"]},
    ),
    "support_request.checked": Outgoing(
        nullable=("purchase_id",),
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
        optional=("reminder",),
        nullable=("purchase_id",),
        when="A request lacks information that the customer can still give.",
        example={**_REQUEST, "missing": ["platform_version"], "waits_until": "2026-12-07T23:00:00Z"},
    ),
    "support_request.not_entitled": Outgoing(
        nullable=("purchase_id",),
        when="A request is not covered by active Business Care.",
        example={**_REQUEST, "code": "EXPIRED", "remedy": "reactivate"},
    ),
    "support_request.message_posted": Outgoing(
        nullable=("purchase_id",),
        when="A public message was added to a conversation.",
        example={**_REQUEST, "message_id": "m-7", "side": "seller", "author_type": "human"},
    ),
    "support_request.acknowledged": Outgoing(
        nullable=("purchase_id",),
        when="A person on the seller's side has answered for the first time.",
        example={**_REQUEST, "acknowledged_at": "2026-11-24T09:12:00Z", "in_time": True},
    ),
    "support_request.acknowledgement_due_soon": Outgoing(
        nullable=("purchase_id",),
        when="The morning of the last day for the first response.",
        example={**_REQUEST, "due_before": "2026-11-24T23:00:00Z"},
    ),
    "support_request.acknowledgement_missed": Outgoing(
        nullable=("purchase_id",),
        when="No person on the seller's side has answered by the deadline; sent once.",
        example={**_REQUEST, "due_before": "2026-11-24T23:00:00Z"},
    ),
    "support_request.kind_changed": Outgoing(
        nullable=(
            "purchase_id",
            "proposed_kind",
        ),
        when="Another type of request was proposed, or confirmed.",
        example={**_REQUEST, "kind": "anomaly", "proposed_kind": "installation"},
    ),
    "support_request.refused": Outgoing(
        nullable=("purchase_id",),
        when="The seller has refused for one of the six reasons.",
        example={**_REQUEST, "ground": "source_modified", "contest_until": "2026-12-24T09:12:00Z"},
    ),
    "support_request.proposed": Outgoing(
        nullable=("purchase_id",),
        when="A program on the seller's side proposes a refusal, a resolution or an offer (`act`) with a bearer token. "
        "A person on that side must confirm it.",
        example={**_REQUEST, "proposal_id": "prop_1f0c", "act": "refusal"},
    ),
    "support_request.contested": Outgoing(
        nullable=("purchase_id",), when="The customer contests a refusal.", example=_REQUEST
    ),
    "support_request.overturned": Outgoing(
        nullable=(
            "purchase_id",
            "due_before",
        ),
        when="The marketplace has overturned a refusal; the fix deadline resumes.",
        example={**_REQUEST, "due_before": "2026-12-04T23:00:00Z"},
    ),
    "support_request.offer_made": Outgoing(
        nullable=("purchase_id",),
        when="The seller proposes a paid update; the customer accepts or declines.",
        example={**_REQUEST, "release_id": "r-9", "amount": _AMOUNT},
    ),
    "support_request.offer_answered": Outgoing(
        nullable=("purchase_id",),
        when="The customer accepts or declines a paid update. If accepted, it resolves the request once it has "
        "been bought (`release.purchased`); until then, or if declined, a fix that is owed remains owed.",
        example={**_REQUEST, "release_id": "r-9", "amount": _AMOUNT, "accepted": True},
    ),
    "support_request.resolved": Outgoing(
        nullable=(
            "purchase_id",
            "release_id",
        ),
        when="The seller marks the request as resolved: `how` is release, explanation or paid_update.",
        example={**_REQUEST, "how": "release", "release_id": "r-9", "until": "2026-12-08T23:00:00Z"},
    ),
    "support_request.reopened": Outgoing(
        nullable=(
            "purchase_id",
            "due_before",
        ),
        when="The customer reports that it is not fixed; the fix deadline resumes.",
        example={**_REQUEST, "due_before": "2026-12-04T23:00:00Z"},
    ),
    "support_request.fix_due_soon": Outgoing(
        nullable=("purchase_id",),
        when="One business day is left to fix an anomaly; `clock` is fix, or second_fix for the new date of a customer "
        "who preferred the fix to the refund.",
        example={**_REQUEST, "due_before": "2027-01-04T23:00:00Z", "clock": "fix"},
    ),
    "support_request.fix_missed": Outgoing(
        nullable=("purchase_id",),
        when="An anomaly was not fixed in time; sent once for each date (`clock`). The refund is due.",
        example={**_REQUEST, "due_before": "2027-01-04T23:00:00Z", "clock": "fix"},
    ),
    "support_request.refund_due": Outgoing(
        optional=("payment_disputed",),
        nullable=("purchase_id",),
        when="The refund of the price paid is due, or due again; it is requested unless the customer prefers the fix. "
        "`amount` is what is still owed: the lines that are not optional (`total`), less what has been refunded. "
        "`payment_disputed`: the bank has reversed the payment, so nothing is requested before it has decided.",
        example={**_REQUEST, **_OWED, "request_at": "2027-01-06T23:00:00Z"},
    ),
    "support_request.refund_requested": Outgoing(
        nullable=("purchase_id",),
        when="Refund `amount`: through the platform within its window, manually later. Never more than is owed now.",
        example={**_REQUEST, **_OWED, "path": "platform", "idempotency_key": "req-1:refund"},
    ),
    "support_request.refund_deferred": Outgoing(
        nullable=("purchase_id",),
        when="The customer prefers the fix to the refund, by a new date; a refund that was requested must not be "
        "made. It is due again when the date has passed, or when the customer asks for it again.",
        example={**_REQUEST, **_OWED, "due_before": "2027-02-16T23:00:00Z", "last_day": "2027-02-16"},
    ),
    "support_request.refund_no_longer_due": Outgoing(
        nullable=("purchase_id",),
        when="A refund that was due or deferred is not owed any more: the seller acted in time, perhaps recorded after "
        "the deadline. `amount` was still owed; `refund_state` is lapsed (fixed by the new date), none (fixed or "
        "refused by the first), or deferred (refused by the new date).",
        example={**_REQUEST, **_OWED, "refund_state": "lapsed"},
    ),
    "support_request.refund_settled": Outgoing(
        nullable=("purchase_id",),
        when="Nothing is owed any more: the refunds for the purchase cover the claim.",
        example={
            **_REQUEST,
            **_OWED,
            "amount": {"amount_cents": 0, "currency": "EUR"},
            "given_back": {"amount_cents": 9900, "currency": "EUR"},
            "settled_at": "2027-01-08T10:00:00Z",
        },
    ),
    "support_request.closed": Outgoing(
        optional=("duplicate_of",),
        nullable=("purchase_id",),
        when="A request is closed; `reason` says why.",
        example={**_REQUEST, "reason": "resolved"},
    ),
}
