"""What does every page share: its headers, its language, its frame, its error pages, its static files?

A blueprint of pages is made by `page_blueprint`; everything here holds for its pages alone, and nothing of a host's app
is changed. Templates are named `marketplace_hooks/…`, so that a host may put its own in their place.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ..errors import MarketplaceHooksError, NotConfigured, NotSignedIn, TooManyRequests
from . import charts
from .csrf import ExpiredForm, check_form, form_token, wants_fragment
from .flash import messages
from .i18n.formatting import LANGUAGES
from .i18n.language import COOKIE, template_context, wording
from .identity.authorization import audience, check_audience, identify
from .identity.sessions import person
from .labels.states import display_state, state_tag
from .navigation import ROLES, first_page, is_first_page, page_url, ways
from .problems import problem, problem_of
from .state import current_runtime, state
from .unsent_form import read_unsent_form

STATIC = Path(__file__).parent / "static"
A_YEAR_S = 365 * 24 * 3600
MACHINES = ("/api/", "/webhooks/")
"""Below these nobody reads pages."""

HEADERS = {
    # No inline script or style anywhere: what somebody manages to write into a page stays text.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

shared = Blueprint("mh_pages", __name__, template_folder="templates")


def page_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint whose answers are pages: with our headers, our texts, our error pages."""
    blueprint = Blueprint(name, import_name)
    blueprint.before_request(check_audience)
    blueprint.before_request(check_form)
    blueprint.context_processor(page_context)
    blueprint.after_request(finish_page)
    blueprint.register_error_handler(HTTPException, show_error)
    blueprint.register_error_handler(MarketplaceHooksError, show_refusal)
    return blueprint


def page_context() -> dict[str, Any]:
    """What every template of ours may use."""
    identity = identify()
    return {
        **template_context(),
        "asset": asset_url,
        "bars": charts.bars,
        "first_page": first_page,
        "form_token": form_token,
        "current_url": this_address(),
        "identity": identity,
        "is_demo": current_runtime().settings.demo,
        "is_first_page": is_first_page,
        "languages": LANGUAGES,
        "page_url": page_url,
        "person": person(),
        "roles": ROLES,
        "state_tag": state_tag,
        "display_state": display_state,
        "messages": messages,
        "ways": ways(identity),
        "zone": wording().zone.key,
    }


def finish_page(response: Response) -> Response:
    """Our headers; and no copy of a page is shown again without asking whether it still stands.

    A public page may be kept and revalidated by its ETag; what somebody signed in sees, and every refusal, is not kept.
    """
    response.headers.update(HEADERS)
    response.vary.update(("Accept-Language", "Cookie"))
    response.content_language.add(wording().language)
    if response.status_code == 200 and identify() is None and not session.modified:
        response.cache_control.no_cache = True
        response.add_etag(weak=True)
        response.make_conditional(request)
    else:
        response.cache_control.no_store = True
    return response


def refuse(status: int, template: str = "marketplace_hooks/error.html", **context: Any) -> Response:
    """A page that says why there is nothing to show."""
    return make_response(render_template(template, **{**page_context(), "status": status, **context}), status)


def show_error(error: HTTPException) -> Any:
    """The page of an HTTP error; a redirect stays one."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    response = refuse(error.code)
    response.headers.update(_told_on(error))
    return response


def show_refusal(error: MarketplaceHooksError) -> Response:
    """The page of one of our own errors, with the status and the headers that its problem document has.

    Whoever has not signed in is led to where people do. What was typed into a form that came too late is shown again.
    """
    is_nobody = isinstance(error, NotSignedIn) and error.code == NotSignedIn.code
    typed = read_unsent_form() if is_nobody or isinstance(error, ExpiredForm) else None
    if typed is not None:
        return refuse(401 if is_nobody else 400, "marketplace_hooks/unsent.html", unsent=typed)
    if is_nobody:
        return lead_to_sign_in()
    document = problem_of(error)
    response = refuse(
        document.status_code,
        is_expired=isinstance(error, ExpiredForm),
        missing=error.detail if isinstance(error, NotConfigured) else None,
        wait_s=error.retry_after_s if isinstance(error, TooManyRequests) else None,
    )
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in document.headers:
            response.headers[name] = document.headers[name]
    return response


def lead_to_sign_in() -> Response:
    """To the sign-in, and from there back to this page; a part of a page leads the whole page there."""
    if wants_fragment():
        seen = urlsplit(request.headers.get("HX-Current-URL", ""))
        url = url_for("mh_sign_in.sign_in", next=own_address(f"{seen.path}?{seen.query}".rstrip("?")))
        return make_response("", {"HX-Redirect": url})
    back = this_address() if request.method in ("GET", "HEAD") else None
    return make_response(redirect(url_for("mh_sign_in.sign_in", next=back), 303))


def register_error_pages(app: Flask) -> None:
    """Stand-alone only: errors outside every blueprint get a page too, or a problem document where none was asked for.

    In a host's app these stay the host's.
    """

    def show(error: HTTPException) -> Any:
        if error.response is not None or error.code is None or error.code < 400:
            return error
        path = request.path.removeprefix(state(app).runtime.settings.url_prefix)
        if not path.startswith(MACHINES) and "text/html" in request.headers.get("Accept", ""):
            return finish_page(show_error(error))
        code = error.name.lower().replace(" ", "_")
        return problem(error.code, code, error.description or error.name, headers=_told_on(error))

    app.register_error_handler(HTTPException, show)


def _told_on(error: HTTPException) -> dict[str, str]:
    """The headers that an error of HTTP brings with it."""
    return {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}


@shared.get("/mh-static/<digest>/<path:name>")
@audience()
def static_file(digest: str, name: str) -> Response:
    """A file of ours. Its address holds what is in it, so that whoever has it need never ask again."""
    known = static_digests().get(name)
    if known is None:
        abort(404)
    response = send_from_directory(STATIC, name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if digest == known:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    else:  # asked for by a page of another release of ours, during its deployment.
        response.headers["Cache-Control"] = "no-cache"
    return response


def asset_url(name: str) -> str:
    """The address of a static file as it is now."""
    return url_for("mh_pages.static_file", digest=static_digests()[name], name=name)


@cache
def static_digests() -> dict[str, str]:
    """Each static file with the beginning of its SHA-256."""
    files = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}


@shared.get("/language/<language>")
@audience()
def choose_language(language: str) -> BaseResponse:
    """Remember in which language to answer this browser, and go back to where it was.

    A plain link: it changes nothing that is kept here, so that neither a form nor a token against forgery is needed.
    """
    if language not in LANGUAGES:
        abort(404)
    response = redirect(own_address(request.args.get("next", "")), 303)
    response.headers["Cache-Control"] = "no-store"
    remember(response, COOKIE, language)
    return response


def remember(response: BaseResponse, name: str, choice: str) -> None:
    """Keep a choice of the reader's in his browser, for a year."""
    response.set_cookie(
        name,
        choice,
        max_age=A_YEAR_S,
        path=url_for("mh_storefront.home"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def this_address() -> str:
    """Path and query of this request, quoted, as the browser knows them."""
    path = quote(request.root_path + request.path, safe="/")
    return f"{path}?{request.query_string.decode('ascii', 'replace')}" if request.query_string else path


def own_address(wanted: str) -> str:
    """`wanted` if it is a path of this site, else the first page: a link may not lead through us to somewhere else."""
    home = url_for("mh_storefront.home")
    # Browsers read a backslash as a slash and drop tabs and line ends before they look for a host.
    if any(letter == "\\" or letter.isspace() or not letter.isprintable() for letter in wanted):
        return home
    if not wanted.startswith(home) or wanted.startswith("//"):
        return home
    parts = urlsplit(wanted)
    return home if parts.scheme or parts.netloc else wanted
