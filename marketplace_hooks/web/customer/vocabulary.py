"""Which words and small questions do the templates of this room share?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from ...domain.renewals import Cause, Stop
from ...domain.statuses import Status
from ...services.care import Care
from .. import care_words
from ..state import state
from ..storefront.labels import versions
from . import blueprint
from .purchases import purchase_url
from .request_words import time_limits
from .writing import KEYS


@blueprint.context_processor
def words_of_the_room() -> dict[str, Any]:
    """What every template of this room may say."""
    return {
        **care_words.care_vocabulary(),
        "downloads_why": care_words.DOWNLOADS,
        "key_errors": key_errors,
        "may_undo": may_undo,
        "purchase_url": purchase_url,
        "standing": standing,
        "within": time_limits,
        "versions": versions,
        "why_it_stops": care_words.WHY_IT_STOPS,
        "why_not": care_words.WHY_NOT,
    }


def standing(care: Care) -> list[Stop]:
    """The causes that stop the renewal now."""
    now = state(current_app).installation.now()
    return [one for one in care.stops if one.stands_at(now)]


def may_undo(care: Care) -> bool:
    """Whether she can let it renew again: only a product that is still withdrawn stands in the way."""
    causes = {one.cause for one in standing(care)}
    is_withdrawn = Cause.WITHDRAWAL in causes and care.product_status is Status.OFFLINE_PERMANENT
    return bool(causes) and care.entitlement.active and not (is_withdrawn and causes == {Cause.WITHDRAWAL})


def key_errors(errors: Mapping[str, str]) -> bool:
    """Whether one of the keys must be corrected."""
    return any(name in errors for name in KEYS)
