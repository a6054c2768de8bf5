"""Time zone page: the zone in which the reader is shown times."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ..form_reader import PageForm, TextInputField
from ..identity.authorization import audience
from ..layout import remember_choice
from ..time_zones import COOKIE, chosen_zone, known_zones
from .blueprint import blueprint
from .pages import wanted_page


class TimeZoneForm(PageForm):
    """The name of a zone; empty for the marketplace's own."""

    zone = TextInputField()


@blueprint.get("/times")
@audience()
def time_zone() -> str:
    """The form."""
    return render_template(
        "marketplace_hooks/sign_in/time_zone.html", zones=known_zones(), chosen=chosen_zone(), next=wanted_page()
    )


@blueprint.post("/times")
@audience()
def choose_time_zone() -> Response:
    """Remember it in this browser, and go back; without one, the marketplace's own zone again."""
    chosen = TimeZoneForm.read().zone.data
    if chosen and chosen not in known_zones():
        abort(400)
    response = redirect(wanted_page() or url_for("mh_storefront.home"), 303)
    if chosen:
        remember_choice(response, COOKIE, chosen)
    else:
        response.delete_cookie(COOKIE, path=url_for("mh_storefront.home"))
    return response
