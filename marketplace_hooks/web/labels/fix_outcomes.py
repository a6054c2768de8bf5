"""Fix outcome labels: which of the requests that a release names it has not resolved, and why, for operators.

The inbox holds one English line of it, which the API publishes (`FixOutcome.note`); it is recognised by its wording.
"""

from __future__ import annotations

import re
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
_CODES = "|".join(re.escape(code) for code in (*OBSTACLES, *Handling))
_REQUEST = re.compile(rf"(?P<id>.+?) \((?P<code>{_CODES})\)(?:, |\Z)", re.DOTALL)


def fix_outcome_label(note: str) -> str | None:
    """Which requests were not resolved, and why; None: the note is about something else."""
    listed = note.removeprefix(_START)
    if listed == note or _REQUEST.sub("", listed):
        return None
    requests = [f"{one['id']} ({_obstacle_label(one['code'])})" for one in _REQUEST.finditer(listed)]
    return gettext("This release has not resolved: %(requests)s", requests=", ".join(requests))


def _obstacle_label(code: str) -> str:
    if code in OBSTACLES:
        return str(OBSTACLES[code])
    return gettext("its state: %(state)s", state=STATE_TAGS[code][1])
