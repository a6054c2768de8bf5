"""The blueprint that every page of `web/customer` registers on."""

from __future__ import annotations

from flask import request

from ..layout import page_blueprint
from ..list_pages import checked_id

blueprint = page_blueprint("mh_customer", __name__)


@blueprint.before_request
def refuse_malformed_ids() -> None:
    """Raises `NotFound` for an address with a part that cannot be an id."""
    for value in (request.view_args or {}).values():
        checked_id(str(value))
