"""State tags: the word and the tone of every state that a page shows.

One table by the state's value: where two kinds of things share a value, they share its meaning. A state that is not in
it is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.support.state_machine import Handling
from ..i18n.language import LazyText, lazy

CALM = "calm"
GOOD = "good"
WARNING = "warning"
BAD = "bad"

STATE_TAGS: Mapping[str, tuple[str, LazyText]] = {
    # products and packs
    "online": (GOOD, lazy("Online")),
    "offline_temporary": (WARNING, lazy("Offline")),
    "offline_permanent": (BAD, lazy("Permanently disabled")),
    # events received
    "received": (CALM, lazy("Received")),
    "applied": (GOOD, lazy("Applied")),
    "ignored": (CALM, lazy("Ignored")),
    "rejected": (BAD, lazy("Rejected")),
    "parked": (WARNING, lazy("Waiting")),
    "failed": (BAD, lazy("Failed")),
    # deliveries and cascades
    "pending": (CALM, lazy("In progress")),
    "delivered": (GOOD, lazy("Delivered")),
    "exhausted": (BAD, lazy("Not delivered")),
    "queued": (CALM, lazy("Queued")),
    "running": (CALM, lazy("In progress")),
    "done": (GOOD, lazy("Done")),
    # Business Care
    "active": (GOOD, lazy("Active")),
    "payment_pending": (WARNING, lazy("Payment pending")),
    "expired": (BAD, lazy("Expired")),
    "ended": (BAD, lazy("Ended")),
    # requests for support
    "submitted": (CALM, lazy("Being checked")),
    "needs_information": (WARNING, lazy("Information missing")),
    "not_entitled": (BAD, lazy("Not covered")),
    "accepted": (CALM, lazy("Awaiting first response")),
    "refusable": (WARNING, lazy("Accepted, reason to refuse found")),
    "acknowledged": (CALM, lazy("Being worked on")),
    "refused": (BAD, lazy("Refused")),
    "overturned": (WARNING, lazy("Refusal overturned")),
    "contested": (WARNING, lazy("Refusal contested")),
    "resolved": (GOOD, lazy("Resolved")),
    "closed": (CALM, lazy("Closed")),
    "abandoned": (CALM, lazy("Abandoned")),
    "withdrawn_by_customer": (CALM, lazy("Withdrawn by the customer")),
    # clocks and refunds
    "suspended": (CALM, lazy("Suspended")),
    "to_confirm": (WARNING, lazy("To be confirmed")),
    "frozen": (CALM, lazy("Paused")),
    "met": (GOOD, lazy("On time")),
    "missed": (BAD, lazy("Overdue")),
    "void": (CALM, lazy("Not applicable")),
    "due": (WARNING, lazy("Due")),
    "requested": (CALM, lazy("Requested")),
    "deferred": (CALM, lazy("Postponed for the fix")),
    "lapsed": (GOOD, lazy("Not applicable")),
    "waived": (CALM, lazy("Fix preferred")),
    "refunded": (GOOD, lazy("Refunded")),
    "manual": (WARNING, lazy("Manual refund")),
    # checks of a site
    "pass": (GOOD, lazy("Passed")),
    "fail": (BAD, lazy("Not compatible")),
    "unknown": (WARNING, lazy("Couldn’t check")),
}


def state_tag(status: Any) -> tuple[str, str]:
    """The tone and the word of a state, in the reader's language."""
    tone, label = STATE_TAGS.get(str(getattr(status, "value", status)), (CALM, None))
    return tone, str(status) if label is None else str(label)


def display_state(handling: Handling, refusal: Mapping[str, Any] | None) -> str:
    """The state to show for a request: after an overturned refusal it is not one that nobody has answered."""
    is_overturned = handling is Handling.ACCEPTED and "overturned" in (refusal or {})
    return "overturned" if is_overturned else handling.value
