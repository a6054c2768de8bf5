"""Audit detail labels: what the audit log records beside an action, by name and value, for operators.

Details are codes and ids. A name or a code that is not known, and every id, is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.catalog.statuses import Effect
from ...models.access import SignInMethod
from ...models.proposals import ProposedAct
from ..i18n.language import LazyText, gettext, lazy
from ..navigation import ROLES
from .operations import SCOPES, subject_label
from .refusal_grounds import GROUND_LABELS
from .states import STATE_TAGS
from .statuses import ACTORS
from .support import KINDS

DETAIL_NAMES: Mapping[str, LazyText] = {
    "accepted": lazy("Accepted"),
    "act": lazy("Proposed answer"),
    "added": lazy("Added"),
    "before": lazy("Before"),
    "by": lazy("Sign-in method"),
    "cascade_id": lazy("Follow-up steps"),
    "changed": lazy("Changed"),
    "code": lazy("Code"),
    "confirmed": lazy("Confirmed"),
    "corrected_by": lazy("Corrected copy"),
    "count": lazy("Number"),
    "counts": lazy("Counts as a response"),
    "days": lazy("Additional business days"),
    "digest": lazy("SHA-256"),
    "effect": lazy("Effect"),
    "enabled": lazy("Automatic renewal"),
    "ended": lazy("Sessions ended"),
    "endpoint_id": lazy("Endpoint"),
    "ground": lazy("Reason for refusal"),
    "how": lazy("Resolved by"),
    "kind": lazy("Type of request"),
    "last_day": lazy("Last day"),
    "message_id": lazy("Message"),
    "missed_only": lazy("Undelivered only"),
    "proposal_id": lazy("Proposal"),
    "release_id": lazy("Release"),
    "replayed": lazy("Sent again"),
    "role": lazy("Role"),
    "scopes": lazy("Permissions"),
    "seller_id": lazy("Seller"),
    "side": lazy("Side"),
    "since": lazy("Since"),
    "source": lazy("Source"),
    "status": lazy("Status"),
    "subject": lazy("Person"),
    "taken_at": lazy("Backup of"),
    "types": lazy("Event types"),
    "visibility": lazy("Visible to"),
    "with_keys": lazy("With the encryption keys"),
    "with_period": lazy("With the Business Care period"),
}
EFFECTS: Mapping[Effect, LazyText] = {
    Effect.HOLD: lazy("Taken offline"),
    Effect.LIFT: lazy("Back online"),
    Effect.WITHDRAW: lazy("Permanently disabled"),
    Effect.SCHEDULE: lazy("Scheduled for later"),
    Effect.NO_EFFECT: lazy("No change needed"),
    Effect.SUPERSEDED: lazy("Newer data already received"),
}
SIGN_INS: Mapping[SignInMethod, LazyText] = {
    SignInMethod.DEMO: lazy("Demo"),
    SignInMethod.OPENID: lazy("OpenID Connect"),
}
PROPOSALS: Mapping[ProposedAct, LazyText] = {
    ProposedAct.REFUSAL: lazy("Refusal"),
    ProposedAct.RESOLUTION: lazy("Resolution"),
    ProposedAct.OFFER: lazy("Paid update"),
}
RESOLUTIONS: Mapping[str, LazyText] = {
    "release": lazy("A version that fixes it"),
    "explanation": lazy("An explanation"),
    "paid_update": lazy("The paid update"),
}
VISIBILITIES: Mapping[str, LazyText] = {
    "public": lazy("The customer too"),
    "internal": lazy("Only the seller and the marketplace"),
}
PURGED: Mapping[str, LazyText] = {
    "payloads": lazy("Contents of received events"),
    "payloads told": lazy("Contents of outgoing webhooks"),
    "bodies kept aside": lazy("Contents of conflicting events"),
    "inspections": lazy("Shop checks"),
    "credentials of sites": lazy("Shop credentials"),
    "mails": lazy("Emails"),
    "sessions": lazy("Sessions"),
    "answers to repeated calls": lazy("Responses to repeated API calls"),
    "audit entries": lazy("Audit log entries"),
}
"""What is deleted when it is old."""
_VALUES: Mapping[str, Mapping[Any, Any]] = {
    "act": PROPOSALS,
    "by": SIGN_INS,
    "effect": EFFECTS,
    "ground": {ground: label.name for ground, label in GROUND_LABELS.items()},
    "how": RESOLUTIONS,
    "kind": KINDS,
    "role": ROLES,
    "scopes": SCOPES,
    "side": ACTORS,
    "status": {state: label for state, (_, label) in STATE_TAGS.items()},
    "visibility": VISIBILITIES,
}


def detail_lines(details: Mapping[str, Any] | None) -> list[str]:
    """Each detail as a line, such as “Additional business days: 5”, by their names; none for what has no value."""
    lines = []
    for name, value in sorted((details or {}).items()):
        if isinstance(value, Mapping):
            lines += [_line(str(PURGED.get(inner) or subject_label(inner)), number) for inner, number in value.items()]
        elif value is not None:
            lines.append(_line(str(DETAIL_NAMES.get(name, name)), _value(name, value)))
    return lines


def _line(name: str, value: object) -> str:
    return gettext("%(name)s: %(value)s", name=name, value=value)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(_value(name, one) for one in value)
    return str(_VALUES.get(name, {}).get(value, value))
