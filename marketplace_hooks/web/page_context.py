"""Template context of every page: texts, formats, who is signed in, navigation."""

from __future__ import annotations

from typing import Any

from . import charts
from .appearance import chosen_appearance
from .assets import asset_url
from .csrf import form_token
from .demo_tour import STEPS, current_tour
from .flash import messages
from .i18n.formatting import LANGUAGES
from .i18n.language import template_context, wording
from .identity.authorization import identify
from .labels import urgency
from .labels.states import display_state, state_tag
from .navigation import ROLES, is_first_page, landing_page, navigation_items, page_url
from .navigation_counts import attention_counts, attention_label
from .page_brand import PageBrand
from .state import current_runtime
from .urls import current_url


def page_context() -> dict[str, Any]:
    """What every template of ours can use."""
    identity = identify()
    settings = current_runtime().settings
    return {
        **template_context(),
        "appearance": chosen_appearance(),
        "asset": asset_url,
        "attention_counts": attention_counts,
        "attention_label": attention_label,
        "bars": charts.bars,
        "brand": PageBrand(),
        "landing_page": landing_page,
        "form_token": form_token,
        "current_url": current_url(),
        "days_away": urgency.days_away,
        "time_away": urgency.time_away,
        "urgency": urgency.urgency,
        "identity": identity,
        "is_demo": settings.demo,
        "is_first_page": is_first_page,
        "languages": LANGUAGES,
        "page_url": page_url,
        "person": identity if identity is not None and identity.session_id is not None else None,
        "roles": ROLES,
        "state_tag": state_tag,
        "display_state": display_state,
        "messages": messages,
        "navigation_items": navigation_items(identity),
        "tour": current_tour(),
        "tour_length": len(STEPS),
        "zone": wording().zone.key,
    }
