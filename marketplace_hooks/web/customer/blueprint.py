"""The blueprint that every page of `web/customer` registers on."""

from __future__ import annotations

from flask import request

from ...errors import NotFound
from ..layout import page_blueprint
from .ids import is_id

blueprint = page_blueprint("mh_customer", __name__)


@blueprint.before_request
def refuse_what_is_no_id() -> None:
    """An address with something in it that no id of ours can be leads nowhere."""
    if not all(is_id(str(value)) for value in (request.view_args or {}).values()):
        raise NotFound("there is nothing of this name")
