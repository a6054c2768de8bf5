"""What were we told, and what became of it?"""

from __future__ import annotations

from flask import render_template

from ...store.access import Role
from ..sign_in import audience
from . import blueprint


@blueprint.get("/operator")
@audience(Role.OPERATOR)
def events() -> str:
    """The event log."""
    return render_template("marketplace_hooks/operator/events.html")
