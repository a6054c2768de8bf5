"""Fix outcome labels: which of the requests that a release names it has not resolved, and why, for operators.

The inbox holds one English line of it, which the API publishes (`FixOutcome.note`); it is recognised by its wording.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.releases.downloads import DownloadVerdict
from ...domain.support.state_machine import Handling
from ...services.support.fix_deliveries import FixObstacle
from ..i18n.language import LazyText, gettext, lazy
from .states import STATE_TAGS

OBSTACLES: Mapping[str, LazyText] = {
    FixObstacle.UNKNOWN_REQUEST: lazy("no request has this ID"),
    FixObstacle.ANOTHER_PRODUCT: lazy("the request is about another product"),
    FixObstacle.NO_PURCHASE: lazy("the request has no purchase"),
    DownloadVerdict.NOT_PUBLISHED: lazy("the release is not published yet"),
    DownloadVerdict.REFUNDED: lazy("the purchase was refunded"),
    DownloadVerdict.PAYMENT_DISPUTED: lazy("the bank reversed the payment"),
    DownloadVerdict.NOT_BOUGHT: lazy("the customer has not bought the release"),
    DownloadVerdict.NO_BUSINESS_CARE: lazy("the purchase has no Business Care"),
    DownloadVerdict.NOT_STARTED: lazy("Business Care has not started yet"),
    DownloadVerdict.PAYMENT_PENDING: lazy("the new Business Care period is not paid yet"),
    DownloadVerdict.BUSINESS_CARE_OVER: lazy("the release was published after Business Care ended"),
}
"""Why a release has not resolved a request that waits for its fix."""
_START = "no effect for "


def fix_outcome_label(note: str) -> str | None:
    """Which requests were not resolved, and why; None: the note is about something else."""
    listed = note.removeprefix(_START)
    obstacles = None if listed == note else _read(listed)
    if obstacles is None:
        return None
    requests = [f"{request_id} ({_obstacle_label(code)})" for request_id, code in obstacles]
    return gettext("This release has not resolved: %(requests)s", requests=", ".join(requests))


def _read(listed: str) -> list[tuple[str, str]] | None:
    """The requests' ids with their codes; an id is any text and may hold brackets. None: it is no such list."""
    found: list[tuple[str, str]] = []
    parts: list[str] = []
    for one in listed.removesuffix(")").split("), "):
        begins, _, code = one.rpartition(" (")
        if begins and (code in OBSTACLES or code in set(Handling)):
            found.append(("), ".join([*parts, begins]), code))
            parts = []
        else:
            parts.append(one)
    return None if parts else found


def _obstacle_label(code: str) -> str:
    if code in OBSTACLES:
        return str(OBSTACLES[code])
    return gettext("its state: %(state)s", state=STATE_TAGS[code][1])
