"""Layout of all pages: the blueprint that gives an area its access control, headers, context and error pages.

Everything here holds for pages of ours alone, and nothing of a host's app is changed. Templates are named
`marketplace_hooks/…`, so that a host can replace each of them.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ..errors import MarketplaceHooksError
from ..page_templates import TemplateBlueprint
from .appearance import APPEARANCES, SYSTEM
from .appearance import COOKIE as APPEARANCE_COOKIE
from .assets import A_YEAR_S, send_asset
from .body_limits import limit_body
from .csrf import check_form
from .error_pages import show_error, show_refusal
from .i18n.formatting import LANGUAGES
from .i18n.language import COOKIE, PARAMETER
from .identity.acting import end_acting, name_request
from .identity.authorization import audience, check_audience
from .page_brand import send_brand_file
from .page_context import page_context
from .page_headers import finish_page
from .response_headers import secure_response
from .urls import local_url, without_parameter

shared = TemplateBlueprint("mh_pages", __name__)
shared.after_request(secure_response)


def page_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint whose responses are pages: with an audience, CSRF protection, headers, context and error pages."""
    blueprint = Blueprint(name, import_name)
    blueprint.before_request(limit_body)
    blueprint.before_request(check_audience)
    blueprint.before_request(check_form)
    blueprint.context_processor(page_context)
    blueprint.after_request(finish_page)
    blueprint.after_request(name_request)
    blueprint.teardown_request(end_acting)
    blueprint.register_error_handler(HTTPException, show_error)
    blueprint.register_error_handler(MarketplaceHooksError, show_refusal)
    return blueprint


@shared.get("/mh-static/<digest>/<path:name>")
@audience()
def static_file(digest: str, name: str) -> Response:
    """A static file. Its address holds the digest of its content."""
    return send_asset(digest, name)


@shared.get("/mh-brand/<digest>/<name>")
@audience()
def brand_file(digest: str, name: str) -> Response:
    """A file of the marketplace's own look: its logo, its icon, its colours."""
    return send_brand_file(digest, name)


@shared.get("/language/<language>")
@audience()
def choose_language(language: str) -> BaseResponse:
    """Remember the language for this browser, and go back to the page that it came from.

    A plain link: nothing changes on the server, so that neither a form nor a CSRF token is needed.
    """
    if language not in LANGUAGES:
        abort(404)
    back = local_url(request.args.get("next", ""))
    response = redirect(without_parameter(back, PARAMETER), 303)
    response.headers["Cache-Control"] = "no-store"
    remember_choice(response, COOKIE, language)
    return response


@shared.get("/appearance/<appearance>")
@audience()
def choose_appearance(appearance: str) -> BaseResponse:
    """Remember for this browser whether pages are light, dark or as the system is, and go back to the page."""
    if appearance not in APPEARANCES:
        abort(404)
    response = redirect(local_url(request.args.get("next", "")), 303)
    response.headers["Cache-Control"] = "no-store"
    if appearance == SYSTEM:
        response.delete_cookie(APPEARANCE_COOKIE, path=url_for("mh_storefront.home"))
    else:
        remember_choice(response, APPEARANCE_COOKIE, appearance)
    return response


def remember_choice(response: BaseResponse, name: str, choice: str) -> None:
    """Store a choice of the reader's in the browser, for a year."""
    response.set_cookie(
        name,
        choice,
        max_age=A_YEAR_S,
        path=url_for("mh_storefront.home"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
