"""Why could something not be done, in the reader's words?

By the error's code, which never changes; its English is for logs and developers.
"""

from __future__ import annotations

from ...errors import PayloadRejected, Refused
from ..i18n.language import LazyText, gettext, lazy, wording
from .conflicts import both_states

BY_CODE: dict[str, LazyText] = {
    "withdrawn_for_good": lazy("It has been withdrawn for good. Only the marketplace can bring it back."),
    "held_by_others": lazy("You do not hold it offline, somebody else does. Only they can put it back online."),
    "changed_meanwhile": lazy("Its status has changed since you opened this page."),
    "nothing_scheduled": lazy("There is no scheduled change any more: it was carried out or cancelled meanwhile."),
    "idempotency_key_in_use": lazy("This is being carried out at this moment. Look again in a few seconds."),
    "no_offer": lazy("No offer waits for an answer."),
    "clock_not_running": lazy("This clock does not run."),
    "closure_in_the_past": lazy("A closure is declared beforehand: its first day cannot lie in the past."),
    "closure_over": lazy("This closure is over, and cannot be changed any more."),
}
BY_PATH: dict[str, LazyText] = {
    "ground": lazy("This ground does not apply to this request: you have waived it, or its kind excludes it."),
    "release_id": lazy("Choose one of this product’s versions."),
    "last_day": lazy("The last day cannot be before the first one."),
    "data.last_day": lazy("The last day cannot be before the first one."),
}


def sentence_of(refused: Refused) -> str:
    """One sentence for whoever asked for it."""
    if refused.code == "impossible_move":
        return gettext("This can no longer be done. %(states)s", states=both_states(refused))
    if refused.code == "closure_only_shortens":
        days = {name: wording().day(refused.facts[name]) for name in ("state", "asked")}
        return gettext(
            "The closure ends on %(state)s, and cannot be moved to %(asked)s. For more days, declare another one.",
            **days,
        )
    if refused.code == "too_many_closures":
        most = wording().number(refused.facts["state"])
        return gettext(
            "You have %(most)s closures running or to come, and there cannot be more. Cancel one first.", most=most
        )
    known = BY_CODE.get(refused.code)
    if known is None and isinstance(refused, PayloadRejected) and refused.errors:
        known = BY_PATH.get(refused.errors[0]["path"])
    return gettext("This cannot be done now.") if known is None else str(known)
