"""PrestaShop versions: the shops that run one that inspections do not know, and how to teach them."""

from __future__ import annotations

from flask import Response

from ...models.access import Role
from ...services.inspections.platform_releases import shops_of_unknown_version, versions_known
from ..identity.authorization import audience
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

MOST_SHOPS = 200


@blueprint.get("/operator/platform-versions")
@audience(Role.OPERATOR)
def platform_versions() -> Response:
    """The shops of unknown versions, the newest inspections first."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        shops = shops_of_unknown_version(session, limit=MOST_SHOPS)
        known = versions_known(session, runtime.settings)
    return page("platform_versions", shops=shops, known=len(known))
