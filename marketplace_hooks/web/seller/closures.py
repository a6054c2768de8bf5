"""When does the seller not work? Declared beforehand, announced to customers at once, shortened or cancelled here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import day_of
from ...domain.support.closures import ClosureState
from ...domain.support.deadlines import FRIDAY, ClosuresSuspend
from ...errors import NotFound, PayloadRejected, Refused
from ...models.access import Role
from ...models.support import SellerClosure
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support.closures import (
    cancel_own_closure,
    current_closures,
    declare_own_closure,
    shorten_own_closure,
    state_of,
)
from ..flash import flash
from ..form_idempotency import run_form_once
from ..form_reader import Filled
from ..i18n.language import LazyText, gettext, lazy, wording
from ..identity.authorization import audience
from ..labels.seller_refusals import sentence_of
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

SUSPENDS: dict[ClosuresSuspend, LazyText] = {
    ClosuresSuspend.YES: lazy("Its days do not count, for requests of before and of after."),
    ClosuresSuspend.NO: lazy("Its days count like any others."),
    ClosuresSuspend.DECLARED_BEFORE_REQUEST: lazy(
        "Its days do not count for requests that come after you have declared it. Earlier ones keep their deadline."
    ),
}


@dataclass(frozen=True, kw_only=True)
class ClosureTold:
    """A closure in the calendar. `days` and `business_days` are None while it has no end."""

    id: str
    first_day: date
    last_day: date | None
    state: ClosureState
    announced_at: object
    days: int | None
    business_days: int | None


@blueprint.get("/seller/closures")
@audience(Role.SELLER)
def closures() -> Response:
    """The closures running or to come, and the form that declares one."""
    return _shown(Filled())


@blueprint.post("/seller/closures")
@audience(Role.SELLER)
def declare() -> BaseResponse:
    """Declare one. Customers see it from this moment on."""
    filled = Filled()
    first_day = filled.day("first_day", required=gettext("Say on which day it begins"))
    last_day = filled.day("last_day")
    is_open = filled.one_of("open_ended", ("yes",)) is not None
    reason = filled.text("reason", longest=2_000)
    _check_days(filled, first_day, last_day, is_open=is_open)
    if filled.errors or first_day is None:
        return _shown(filled, code=422)
    end = None if is_open else last_day
    cause = Cause(actor="seller", reason=reason)

    def act(uow: UnitOfWork) -> str:
        return declare_own_closure(uow, seller_id(), first_day=first_day, last_day=end, cause=cause).id

    return _done(act, gettext("Declared. Your customers see it from now on."))


@blueprint.post("/seller/closures/<closure_id>/end")
@audience(Role.SELLER)
def shorten(closure_id: str) -> BaseResponse:
    """Work again earlier."""
    filled = Filled()
    last_day = filled.day("last_day", required=gettext("Say which day is the last one"))
    if filled.errors or last_day is None:
        return _shown(filled, code=422, asked_for=closure_id)
    cause = Cause(actor="seller", reason="")

    def act(uow: UnitOfWork) -> str:
        return shorten_own_closure(uow, seller_id(), checked_id(closure_id), last_day, cause).id

    return _done(act, gettext("Shortened. Your customers have been told."))


@blueprint.post("/seller/closures/<closure_id>/cancellation")
@audience(Role.SELLER)
def cancel(closure_id: str) -> BaseResponse:
    """Work after all. One that has begun ends today instead."""
    cause = Cause(actor="seller", reason="")

    def act(uow: UnitOfWork) -> str:
        return cancel_own_closure(uow, seller_id(), checked_id(closure_id), cause).id

    return _done(act, gettext("Cancelled. Your customers have been told."))


def _done(act: Callable[[UnitOfWork], str], told: str) -> BaseResponse:
    try:
        run_form_once(act)
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        code = 422 if isinstance(refused, PayloadRejected) else 409
        return _shown(Filled(), code=code, refused=sentence_of(refused))
    flash("good", told)
    return redirect(url_for("mh_seller.closures"), 303)


def _check_days(filled: Filled, first_day: date | None, last_day: date | None, *, is_open: bool) -> None:
    if first_day is not None and first_day < _today():
        filled.errors["first_day"] = gettext("A closure is declared beforehand: choose today or a later day")
    if is_open or "last_day" in filled.errors:
        return
    if last_day is None:
        filled.errors["last_day"] = gettext("Say which day is the last one, or that there is no end for now")
    elif first_day is not None and last_day < first_day:
        filled.errors["last_day"] = gettext("The last day cannot be before the first one.")


def _shown(filled: Filled, *, code: int = 200, refused: str | None = None, asked_for: str | None = None) -> Response:
    settings = current_runtime().settings
    today = _today()
    with current_runtime().database.reading() as session:
        found = [_told(one, today) for one in current_closures(session, seller_id(), today)]
    return page(
        "closures",
        code,
        closures=found,
        today=today,
        errors=filled.errors,
        refused=refused,
        asked_for=asked_for,
        suspends_acknowledgement=SUSPENDS[ClosuresSuspend(settings.closures_suspend_acknowledgement)],
        suspends_fix=SUSPENDS[ClosuresSuspend(settings.closures_suspend_fix)],
        month=wording().month,
    )


def _told(closure: SellerClosure, today: date) -> ClosureTold:
    first = closure.first_day
    last = closure.last_day
    days = None if last is None else (last - first).days + 1
    return ClosureTold(
        id=closure.id,
        first_day=first,
        last_day=last,
        state=state_of(closure, today),
        announced_at=closure.announced_at,
        days=days,
        business_days=None if days is None else business_days(first, days),
    )


def business_days(first: date, days: int) -> int:
    """How many of so many days from the first on are no week-end."""
    weeks, rest = divmod(days, 7)
    return weeks * (FRIDAY + 1) + sum((first.weekday() + place) % 7 <= FRIDAY for place in range(rest))


def _today() -> date:
    return day_of(current_runtime().now(), current_runtime().settings.reference_zone)
