"""Who visited this shop, why, how often, and how does its owner stop it? The page that our User-Agent links to.

Its reader found us in a log. He has no account here and owes us nothing, so everything that he needs stands on it.
"""

from __future__ import annotations

from flask import Response, current_app, make_response, render_template

from ...remote.inspection import ABOUT_PATH, AGENT
from ...remote.rungs.visits import MAX_REQUESTS
from ..sign_in import audience
from ..state import state
from .shop import blueprint


@blueprint.get(ABOUT_PATH)
@audience()
def about_inspections() -> Response:
    """What an inspection asks of a shop, with the limits that this installation keeps."""
    here = state(current_app).installation
    settings = here.settings
    contact = settings.inspection_contact
    page = render_template(
        "marketplace_hooks/storefront/about.html",
        agent=AGENT,
        whole_agent=here.visits.user_agent,
        contact=contact,
        is_address=contact is not None and "://" not in contact,
        requests=MAX_REQUESTS,
        deadline_s=round(settings.inspection_deadline_s),
        reuse_minutes=max(1, round(settings.inspection_reuse_s / 60)),
        kept_days=settings.inspection_days,
    )
    return make_response(page)
