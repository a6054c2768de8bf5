"""Who would the visitor of a demo like to be? Only where the installation is a demo, and no host signs people in."""

from __future__ import annotations

from flask import abort, current_app, redirect, request
from werkzeug.wrappers import Response

from .. import sessions
from ..navigation import first_page
from ..sign_in import audience
from ..state import Identity, state
from . import blueprint
from .doors import wanted_page
from .people import find_person


@blueprint.post("/sign-in/demo")
@audience()
def choose() -> Response:
    """Be this person from now on."""
    here = state(current_app)
    if not here.installation.settings.demo or here.identity is not None:
        abort(404)
    with here.installation.database.reading() as session:
        chosen = find_person(session, request.form.get("role", ""), request.form.get("subject", ""))
    if chosen is None:
        abort(404)
    identity = Identity(role=chosen.role, subject=chosen.subject, locale=chosen.locale)
    sessions.begin(identity, name=chosen.name, by=sessions.BY_DEMO)
    return redirect(wanted_page() or first_page(identity.role), 303)
