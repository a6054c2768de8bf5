"""Form actions: run what a form asks for, and answer it the same way in every area.

Done: 303 to the page that shows the result. Impossible by now: 409 with the page as it stands, and both states in a
sentence; 422 where a value does not fit; 429 where it is too often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import redirect
from werkzeug.wrappers import Response as BaseResponse

from ..errors import NotFound, PayloadRejected, Refused, TooManyRequests
from ..services.core.unit_of_work import UnitOfWork
from .flash import flash
from .form_idempotency import run_form_once
from .i18n.language import gettext, wording
from .identity.authorization import signed_in
from .labels.conflicts import conflict_label, has_label

RefusedPage = Callable[[str, int], BaseResponse]
"""Makes the page that says why something could not be done, from the sentence and the HTTP status."""


def run_form(
    act: Callable[[UnitOfWork], object],
    *,
    message: str | Mapping[str, str] | None,
    next_url: str,
    refused: RefusedPage,
) -> BaseResponse:
    """Run `act` once and go on to `next_url`, where `message` is shown if there is one; or the page that says why not.

    A mapping has a message for each result that `act` may have. Raises `NotFound` where there is nothing to show.
    """

    def run(uow: UnitOfWork) -> str:
        result = act(uow)
        return str(result) if isinstance(message, Mapping) else "done"

    try:
        result = run_form_once(run)
    except Refused as error:
        return refused_page(error, refused)
    except TooManyRequests as error:
        wait = wording().duration(error.retry_after_s)
        page = refused(gettext("Too many attempts. Nothing was changed; try again in %(wait)s.", wait=wait), 429)
        page.headers["Retry-After"] = str(error.retry_after_s)
        return page
    if message is not None:
        flash("good", message[result] if isinstance(message, Mapping) else message)
    return redirect(next_url, 303)


def refused_page(error: Refused, page: RefusedPage) -> BaseResponse:
    """The page that says why something was refused, with its status. Raises the error where there is no such page."""
    if isinstance(error, NotFound) and not has_label(error):
        raise error
    status = 422 if isinstance(error, PayloadRejected) else 409
    return page(conflict_label(error, signed_in().role), status)
