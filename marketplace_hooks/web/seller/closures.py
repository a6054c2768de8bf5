"""Closures of a seller: declared beforehand, announced to customers at once, shortened or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import day_of
from ...domain.support.closures import ClosureState
from ...domain.support.deadlines import FRIDAY, ClosuresSuspend
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
from ..form_actions import run_form
from ..form_reader import CheckboxField, DayField, PageForm, TextInputField
from ..i18n.language import LazyText, gettext, lazy, wording
from ..identity.authorization import audience
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


class ClosureForm(PageForm):
    """A closure to declare."""

    first_day = DayField(required=lazy("Say on which day it begins"))
    last_day = DayField()
    open_ended = CheckboxField()
    reason = TextInputField(longest=2_000)


class EndForm(PageForm):
    """An earlier last day of a closure."""

    last_day = DayField(required=lazy("Say which day is the last one"))


@dataclass(frozen=True, kw_only=True)
class ClosureView:
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
    return _show()


@blueprint.post("/seller/closures")
@audience(Role.SELLER)
def declare() -> BaseResponse:
    """Declare one. Customers see it from this moment on."""
    form = ClosureForm.read()
    _check_days(form)
    first_day = form.first_day.data
    if form.errors or first_day is None:
        return _show(status=422, errors=form.messages)
    last_day = None if form.open_ended.data else form.last_day.data
    cause = Cause(actor="seller", reason=form.reason.data)

    def act(uow: UnitOfWork) -> None:
        declare_own_closure(uow, seller_id(), first_day=first_day, last_day=last_day, cause=cause)

    return _run(act, gettext("Declared. Your customers see it from now on."))


@blueprint.post("/seller/closures/<closure_id>/end")
@audience(Role.SELLER)
def shorten(closure_id: str) -> BaseResponse:
    """Work again earlier."""
    form = EndForm.read()
    last_day = form.last_day.data
    if form.errors or last_day is None:
        return _show(status=422, errors=form.messages, edited_id=closure_id)
    cause = Cause(actor="seller", reason="")

    def act(uow: UnitOfWork) -> None:
        shorten_own_closure(uow, seller_id(), checked_id(closure_id), last_day, cause)

    return _run(act, gettext("Shortened. Your customers have been told."))


@blueprint.post("/seller/closures/<closure_id>/cancellation")
@audience(Role.SELLER)
def cancel(closure_id: str) -> BaseResponse:
    """Work after all. One that has begun ends today instead."""
    cause = Cause(actor="seller", reason="")

    def act(uow: UnitOfWork) -> None:
        cancel_own_closure(uow, seller_id(), checked_id(closure_id), cause)

    return _run(act, gettext("Cancelled. Your customers have been told."))


def _run(act: Callable[[UnitOfWork], object], message: str) -> BaseResponse:
    return run_form(
        act,
        message=message,
        next_url=url_for("mh_seller.closures"),
        refused=lambda why, status: _show(status=status, refused=why),
    )


def _check_days(form: ClosureForm) -> None:
    first_day = form.first_day.data
    last_day = form.last_day.data
    if first_day is not None and first_day < _today():
        form.add_error("first_day", gettext("A closure is declared beforehand: choose today or a later day"))
    if form.open_ended.data or form.last_day.errors:
        return
    if last_day is None:
        form.add_error("last_day", gettext("Say which day is the last one, or that there is no end for now"))
    elif first_day is not None and last_day < first_day:
        form.add_error("last_day", gettext("The last day cannot be before the first one."))


def _show(
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    refused: str | None = None,
    edited_id: str | None = None,
) -> Response:
    """The page; `edited_id` is the closure whose own form has the errors."""
    settings = current_runtime().settings
    today = _today()
    with current_runtime().database.read_session() as session:
        found = [_view(one, today) for one in current_closures(session, seller_id(), today)]
    return page(
        "closures",
        status,
        closures=found,
        today=today,
        errors=errors or {},
        refused=refused,
        edited_id=edited_id,
        suspends_acknowledgement=SUSPENDS[ClosuresSuspend(settings.closures_suspend_acknowledgement)],
        suspends_fix=SUSPENDS[ClosuresSuspend(settings.closures_suspend_fix)],
        month=wording().month,
    )


def _view(closure: SellerClosure, today: date) -> ClosureView:
    first = closure.first_day
    last = closure.last_day
    days = None if last is None else (last - first).days + 1
    return ClosureView(
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
