"""Page about inspections, to which our User-Agent links: who inspected a shop, why, how often, how to stop it.

Its readers found us in a log and have no account here, so the page contains everything that they need.
"""

from __future__ import annotations

from flask import Response

from ...remote.probes.session import MAX_REQUESTS
from ...remote.probes.site_client import ABOUT_PATH, AGENT
from ..identity.authorization import audience
from ..state import current_runtime
from .blueprint import blueprint
from .page_heads import inspections_head, public_page


@blueprint.get(ABOUT_PATH)
@audience()
def about_inspections() -> Response:
    """What an inspection asks of a shop, with the limits that this installation keeps."""
    runtime = current_runtime()
    settings = runtime.settings
    contact = settings.inspection_contact
    return public_page(
        "about_inspections",
        inspections_head(),
        agent=AGENT,
        whole_agent=runtime.site_client.user_agent,
        contact=contact,
        is_address=contact is not None and "://" not in contact,
        requests=MAX_REQUESTS,
        deadline_s=round(settings.inspection_deadline_s),
        reuse_minutes=max(1, round(settings.inspection_reuse_s / 60)),
        kept_days=settings.inspection_days,
    )
