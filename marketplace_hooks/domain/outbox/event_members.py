"""Members of outgoing events: the JSON Schema of each name that stands in the data of some type.

A name means the same in every event, so it is described once. Values that may grow, such as a status or a code, are
texts here: a receiver must expect one that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..member_descriptions import (
    CASCADE_ID,
    CHARGE_ID,
    CHECK_ID,
    CLOSURE_ID,
    CUSTOMER_ID,
    ENDPOINT_ID,
    IDEMPOTENCY_KEY,
    PACK_ID,
    PERIOD_INDEX,
    PRODUCT_ID,
    PURCHASE_ID,
    RELEASE_ID,
    REQUEST_ID,
    SELLER_ID,
    about,
)

JsonSchema = Mapping[str, Any]


def text(description: str) -> JsonSchema:
    """A text."""
    return {"type": "string", **about(description)}


def texts(description: str) -> JsonSchema:
    """A list of texts."""
    return {"type": "array", "items": {"type": "string"}, **about(description)}


def flag(description: str) -> JsonSchema:
    """True or false."""
    return {"type": "boolean", **about(description)}


def instant(description: str) -> JsonSchema:
    """An instant, in UTC."""
    return {"type": "string", "format": "date-time", **about(description, "2026-11-24T09:12:00Z")}


def day(description: str) -> JsonSchema:
    """A day of the reference zone."""
    return {"type": "string", "format": "date", **about(description, "2026-11-23")}


def money(description: str) -> JsonSchema:
    """An amount in the currency's smallest unit."""
    return {
        "type": "object",
        "properties": {
            "amount_cents": {"type": "integer", **about("The amount in the currency's smallest unit.", 3960)},
            "currency": {"type": "string", **about("The currency, by ISO 4217.", "EUR")},
        },
        "required": ["amount_cents", "currency"],
        **about(description, {"amount_cents": 3960, "currency": "EUR"}),
    }


def _id(known: JsonSchema) -> JsonSchema:
    return {"type": "string", **known}


MEMBERS: Mapping[str, JsonSchema] = {
    "accepted": flag("Whether the customer accepts."),
    "acknowledged_at": instant("When a person on the seller's side first answered."),
    "act": text("What is proposed: refusal, resolution or offer."),
    "added_grounds": texts("The reasons that were not proposed before."),
    "amount": money("How much."),
    "amount_before": money("How much it was before."),
    "author_type": text("Whether a person or a program wrote it."),
    "by": text("Who or what stopped the renewal."),
    "cascade_id": _id(CASCADE_ID),
    "change": text("What was changed."),
    "charge_id": _id(CHARGE_ID),
    "check_id": _id(CHECK_ID),
    "clock": text("Which deadline: fix, or second_fix."),
    "closure_id": _id(CLOSURE_ID),
    "code": text("Why, as a code."),
    "contest_until": instant("Until when the customer may contest."),
    "customer_id": _id(CUSTOMER_ID),
    "due_before": instant("The end of the deadline: anything received at this instant is late."),
    "duplicate_of": {"type": "string", **about("The open request that it repeats.", "req-1")},
    "effective_at": instant("When it takes effect."),
    "ended_at": instant("When the Business Care ended."),
    "endpoint_id": _id(ENDPOINT_ID),
    "excess": money("How much more was refunded than was paid."),
    "first_day": day("The first day, included."),
    "given_back": money("What has been refunded so far."),
    "ground": text("The reason for the refusal."),
    "grounds": texts("The reasons for which the seller may refuse."),
    "how": text("How it was resolved: release, explanation or paid_update."),
    "idempotency_key": _id(IDEMPOTENCY_KEY),
    "in_time": flag("Whether it was in time."),
    "kind": text("Its type."),
    "last_day": day("The last day, included."),
    "last_day_to_refuse": day("The last day on which the customer may refuse the renewal."),
    "lines": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"what": text("What the line is for.")},
            "required": ["what"],
        },
        **about("The lines that make up the amount."),
    },
    "message_id": text("The message's id."),
    "missing": texts("What is not known."),
    "number": text("The version's number."),
    "outcome": text("The outcome of the check."),
    "owed": flag("Whether the law requires the notice."),
    "pack_id": _id(PACK_ID),
    "path": text("Who refunds it: platform, or manual."),
    "refund_state": text("Where the refund stands now: none, deferred or lapsed."),
    "payment_disputed": flag("Present, and true: the bank has reversed the payment and not decided yet."),
    "period_index": {"type": "integer", **PERIOD_INDEX},
    "price": money("What it costs."),
    "price_paid": money("What was paid."),
    "product_id": _id(PRODUCT_ID),
    "proposal_id": text("The proposal's id."),
    "proposed_kind": text("The type of request that is proposed."),
    "purchase_id": _id(PURCHASE_ID),
    "reason": text("Why."),
    "release_id": _id(RELEASE_ID),
    "reminder": flag("Present, and true: this is a reminder."),
    "remedy": text("What would help."),
    "renewal_at": instant("When it renews."),
    "request_at": instant("When the refund is requested, unless the customer prefers the fix."),
    "request_id": _id(REQUEST_ID),
    "seller_id": _id(SELLER_ID),
    "settled_at": instant("When nothing was owed any more."),
    "side": text("The side that acted."),
    "status": text("The current status."),
    "steps": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "total": {"type": ["integer", "null"], **about("How many there were.", 3)},
                "failed": {"type": "integer", **about("How many of them failed.", 0)},
            },
            "required": ["total", "failed"],
        },
        **about("What each step has done."),
    },
    "timeliness": text("Whether the notice is in_time, too_early or too_late."),
    "total": money("The lines that are not optional, together."),
    "until": instant("Until when the customer may say that it is not fixed."),
    "url": text("The endpoint's URL."),
    "waits_until": instant("Until when the customer may answer."),
}
