"""Where does somebody sign in, by whichever way this installation has, and how does he leave?"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from .. import sessions
from ..forms import tell
from ..i18n import gettext
from ..navigation import first_page
from ..pages import own_address, refuse
from ..sign_in import audience, identify
from ..state import state
from . import blueprint
from .people import demo_people


@blueprint.get("/sign-in")
@audience()
def sign_in() -> BaseResponse:
    """The way in: a host's own, the demo's choice of a person, a provider's, or that there is none.

    Who is in already is led on, but for the demo, where this page is how to become somebody else.
    """
    here = state(current_app)
    identity = identify()
    settings = here.installation.settings
    if identity is not None and not (settings.demo and here.identity is None):
        return redirect(wanted_page() or first_page(identity.role), 303)
    if here.identity is not None:
        if settings.sign_in_url is None:
            return refuse(401, "marketplace_hooks/entrance/elsewhere.html")
        return redirect(_with_next(settings.sign_in_url), 303)
    if settings.demo:
        with here.installation.database.reading() as session:
            people = demo_people(session)
        return _page("choose", people=people, next=wanted_page())
    if here.provider is not None:
        host = urlsplit(here.provider.issuer).hostname
        return _page("provider", host=host, next=wanted_page())
    return refuse(503, "marketplace_hooks/entrance/closed.html")


@blueprint.post("/sign-out")
@audience()
def sign_out() -> BaseResponse:
    """Forget who signed in with this browser; a provider of sign-ins may have to be left too."""
    was = sessions.person()
    sessions.clear()
    if was is not None and was["by"] == sessions.BY_OPENID:
        return redirect(url_for("mh_entrance.signed_out"), 303)
    tell("good", gettext("You are signed out."))
    return redirect(url_for("mh_storefront.home"), 303)


@blueprint.get("/signed-out")
@audience()
def signed_out() -> BaseResponse:
    """Who signed in elsewhere is still signed in there: the way out of it, as a link.

    Not a redirect: our policy lets no form of ours end on another site.
    """
    here = state(current_app)
    home = here.installation.settings.public_url.rstrip("/") + url_for("mh_storefront.home")
    leaves = None if here.provider is None else here.provider.sign_out_address(home)
    host = None if here.provider is None else urlsplit(here.provider.issuer).hostname
    return _page("signed_out", leaves=leaves, host=host)


def wanted_page() -> str | None:
    """The page of ours to go on to, where the request names one."""
    wanted = request.values.get("next", "")
    return own_address(wanted) if wanted else None


def _with_next(url: str) -> str:
    wanted = wanted_page()
    return url if wanted is None else f"{url}{'&' if '?' in url else '?'}{urlencode({'next': wanted})}"


def _page(name: str, **context: object) -> Response:
    return make_response(render_template(f"marketplace_hooks/entrance/{name}.html", **context))
