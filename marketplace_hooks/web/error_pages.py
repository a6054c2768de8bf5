"""Error pages: every refusal and failure as a page, in the layout and the language of the others."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from ..errors import FreshSignInNeeded, MarketplaceHooksError, NotConfigured, NotSignedIn, TooManyRequests
from .csrf import ExpiredForm, wants_fragment
from .i18n.language import wording
from .identity.acting import audit_refusal
from .identity.authorization import signed_in
from .labels.list_errors import list_error_label
from .page_context import page_context
from .page_headers import finish_page
from .problems import problem, problem_of
from .state import current_runtime, state
from .unsent_form import current_form, read_unsent_form, store_unsent_form
from .urls import current_url, local_url

MACHINE_PATHS = ("/api/", "/webhooks/")
"""Below these no client is a browser."""


def refuse(status: int, template: str = "marketplace_hooks/error.html", **context: Any) -> Response:
    """A page that says why there is nothing else to show. One about a failure asks the database for nothing more."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        context = {"attention_counts": dict, **context}
    return make_response(render_template(template, **{**page_context(), "status": status, **context}), status)


def show_error(error: HTTPException) -> Any:
    """The page of an HTTP error; a redirect stays one."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    response = refuse(error.code)
    response.headers.update(_error_headers(error))
    return response


def show_refusal(error: MarketplaceHooksError) -> Response:
    """The page of one of our own errors, with the status and the headers of its problem document.

    Who is not signed in is redirected to the sign-in. What was typed into an expired form is shown again.
    """
    audit_refusal(error)
    if isinstance(error, FreshSignInNeeded):
        return ask_to_sign_in_again()
    is_signed_out = isinstance(error, NotSignedIn) and error.code == NotSignedIn.code
    form_sent = read_unsent_form() if is_signed_out or isinstance(error, ExpiredForm) else None
    if form_sent is not None:
        return refuse(401 if is_signed_out else 400, "marketplace_hooks/unsent_form.html", unsent_form=form_sent)
    if is_signed_out:
        return redirect_to_sign_in()
    document = problem_of(error)
    response = refuse(
        document.status_code,
        is_expired=isinstance(error, ExpiredForm),
        list_error=list_error_label(error),
        missing=error.detail if isinstance(error, NotConfigured) else None,
        wait=wording().duration(error.retry_after_s) if isinstance(error, TooManyRequests) else None,
    )
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in document.headers:
            response.headers[name] = document.headers[name]
    return response


def ask_to_sign_in_again() -> Response:
    """The page that asks who it is once more. The form comes back afterwards, to be sent.

    A host's own sign-in opens in another tab, for it knows nothing of our form, which stays on this page.
    """
    template = "marketplace_hooks/sign_in/again.html"
    session_id = signed_in().session_id
    if session_id is None:
        return refuse(401, template, unsent_form=current_form(), sign_in_url=url_for("mh_sign_in.sign_in", again=1))
    back = url_for("mh_sign_in.resume_form") if store_unsent_form(session_id) else None
    is_demo = current_runtime().settings.demo
    sign_in_url = url_for("mh_sign_in.sign_in" if is_demo else "mh_sign_in.begin", again=1, next=back)
    return refuse(401, template, sign_in_url=sign_in_url)


def redirect_to_sign_in() -> Response:
    """To the sign-in, and from there back to this page; for a fragment htmx redirects the whole page."""
    if wants_fragment():
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        url = url_for("mh_sign_in.sign_in", next=local_url(f"{shown.path}?{shown.query}".rstrip("?")))
        return make_response("", {"HX-Redirect": url})
    back = current_url() if request.method in ("GET", "HEAD") else None
    return make_response(redirect(url_for("mh_sign_in.sign_in", next=back), 303))


def register_error_pages(app: Flask) -> None:
    """Stand-alone only: an error outside every blueprint is a page too, or a problem document for a machine.

    In a host's app these errors are the host's.
    """

    def show(error: HTTPException) -> Any:
        if error.response is not None or error.code is None or error.code < 400:
            return error
        path = request.path.removeprefix(state(app).runtime.settings.url_prefix)
        if not path.startswith(MACHINE_PATHS) and "text/html" in request.headers.get("Accept", ""):
            return finish_page(show_error(error))
        code = error.name.lower().replace(" ", "_")
        return problem(error.code, code, error.description or error.name, headers=_error_headers(error))

    app.register_error_handler(HTTPException, show)


def _error_headers(error: HTTPException) -> dict[str, str]:
    """The headers that belong to an HTTP error."""
    return {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
