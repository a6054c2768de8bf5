"""Sign-in and sign-out pages, for every way of signing in that the installation can have."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import SignInMethod
from ..error_pages import refuse
from ..flash import flash
from ..i18n.language import gettext
from ..identity import sessions
from ..identity.authorization import audience, identify, signed_in
from ..navigation import landing_page
from ..state import current_web_state
from ..unsent_form import stored_form
from ..urls import local_url, outside_url
from .blueprint import blueprint
from .demo_cards import CARDS
from .demo_people import demo_people


@blueprint.get("/sign-in")
@audience()
def sign_in() -> BaseResponse:
    """The way in: a host's own, the demo's choice of a person, a provider's, or that there is none.

    Who is in already is led on, unless they are to sign in `again`, and but for the demo, where this page is how to
    become somebody else.
    """
    web_state = current_web_state()
    identity = identify()
    settings = web_state.runtime.settings
    may_stay = "again" not in request.args and not (settings.demo and web_state.identity is None)
    if identity is not None and may_stay:
        return redirect(wanted_page() or landing_page(identity.role), 303)
    if web_state.identity is not None:
        if settings.sign_in_url is None:
            return refuse(401, "marketplace_hooks/sign_in/host_sign_in.html")
        return redirect(_with_next(settings.sign_in_url), 303)
    if settings.demo:
        with web_state.runtime.database.read_session() as session:
            persons = demo_people(session)
        return _page("demo_people", persons=persons, cards=CARDS, next=wanted_page())
    if web_state.provider is not None:
        host = urlsplit(web_state.provider.issuer).hostname
        return _page("provider", host=host, next=wanted_page())
    return refuse(503, "marketplace_hooks/sign_in/not_configured.html")


@blueprint.get("/sign-in/resume")
@audience(*sessions.PERSONAL_ROLES)
def resume_form() -> BaseResponse:
    """The form that waited for this sign-in, as it was filled in, to be sent."""
    current = sessions.current_session()
    if current is None or current.unsent_form is None:
        return redirect(landing_page(signed_in().role), 303)
    form = stored_form(current.unsent_form)
    return make_response(render_template("marketplace_hooks/unsent_form.html", unsent_form=form, is_resumed=True))


@blueprint.post("/sign-out")
@audience()
def sign_out() -> BaseResponse:
    """Forget who signed in with this browser; a provider of sign-ins may have to be left too."""
    previous = sessions.current_session()
    sessions.end()
    if previous is not None and previous.method is SignInMethod.OPENID:
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
    home = outside_url(url_for("mh_storefront.home"))
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
