"""Sign-in and sign-out pages, for every way of signing in that the installation can have."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..error_pages import refuse
from ..flash import flash
from ..i18n.language import gettext
from ..identity import sessions
from ..identity.acting import audit_sign_out
from ..identity.authorization import audience, identify
from ..navigation import landing_page
from ..state import current_web_state
from ..urls import local_url
from .blueprint import blueprint
from .demo_people import demo_people


@blueprint.get("/sign-in")
@audience()
def sign_in() -> BaseResponse:
    """The way in: a host's own, the demo's choice of a person, a provider's, or that there is none.

    Who is in already is led on, but for the demo, where this page is how to become somebody else.
    """
    web_state = current_web_state()
    identity = identify()
    settings = web_state.runtime.settings
    if identity is not None and not (settings.demo and web_state.identity is None):
        return redirect(wanted_page() or landing_page(identity.role), 303)
    if web_state.identity is not None:
        if settings.sign_in_url is None:
            return refuse(401, "marketplace_hooks/sign_in/host_sign_in.html")
        return redirect(_with_next(settings.sign_in_url), 303)
    if settings.demo:
        with web_state.runtime.database.read_session() as session:
            persons = demo_people(session)
        return _page("demo_people", persons=persons, next=wanted_page())
    if web_state.provider is not None:
        host = urlsplit(web_state.provider.issuer).hostname
        return _page("provider", host=host, next=wanted_page())
    return refuse(503, "marketplace_hooks/sign_in/not_configured.html")


@blueprint.post("/sign-out")
@audience()
def sign_out() -> BaseResponse:
    """Forget who signed in with this browser; a provider of sign-ins may have to be left too."""
    was = sessions.person()
    audit_sign_out(sessions.session_identity())
    sessions.clear()
    if was is not None and was["by"] == sessions.BY_OPENID:
        return redirect(url_for("mh_sign_in.signed_out"), 303)
    flash("good", gettext("You are signed out."))
    return redirect(url_for("mh_storefront.home"), 303)


@blueprint.get("/signed-out")
@audience()
def signed_out() -> BaseResponse:
    """Who signed in elsewhere is still signed in there: the way out of it, as a link.

    Not a redirect: our policy lets no form of ours end on another site.
    """
    web_state = current_web_state()
    home = web_state.runtime.settings.public_url.rstrip("/") + url_for("mh_storefront.home")
    leaves = None if web_state.provider is None else web_state.provider.sign_out_address(home)
    host = None if web_state.provider is None else urlsplit(web_state.provider.issuer).hostname
    return _page("signed_out", leaves=leaves, host=host)


def wanted_page() -> str | None:
    """The page of ours to go on to, where the request names one."""
    wanted = request.values.get("next", "")
    return local_url(wanted) if wanted else None


def _with_next(url: str) -> str:
    wanted = wanted_page()
    return url if wanted is None else f"{url}{'&' if '?' in url else '?'}{urlencode({'next': wanted})}"


def _page(name: str, **context: object) -> Response:
    return make_response(render_template(f"marketplace_hooks/sign_in/{name}.html", **context))
