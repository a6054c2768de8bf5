"""Closures of a seller: declared beforehand, announced to customers at once, shortened or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask import Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import day_of
from ...domain.support.deadlines import FRIDAY, ClosuresSuspend
from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support.closures import (
    ShownClosure,
    cancel_own_closure,
    declare_own_closure,
    shorten_own_closure,
    shown_closures,
)
from ..form_actions import run_form
from ..form_reader import CheckboxField, DayField, PageForm, TextInputField
from ..i18n.language import LazyText, gettext, lazy, wording
from ..identity.authorization import audience
from ..labels.deadlines import closure_limit
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

SUSPENDS: dict[ClosuresSuspend, LazyText] = {
    ClosuresSuspend.YES: lazy("Its days do not count for any request, earlier or later."),
    ClosuresSuspend.NO: lazy("Its days count like any other day."),
    ClosuresSuspend.DECLARED_BEFORE_REQUEST: lazy(
        "Its days do not count for requests received after you declare it. Earlier requests keep their deadlines."
    ),
}


class ClosureForm(PageForm):
    """A closure to declare."""

    first_day = DayField(required=lazy("Enter the first day"))
    last_day = DayField()
    open_ended = CheckboxField()
    reason = TextInputField(longest=2_000)


class EndForm(PageForm):
    """An earlier last day of a closure."""

    last_day = DayField(required=lazy("Enter the last day"))


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

    return _run(act, gettext("Declared. Your customers can see it now."))


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

    return _run(act, gettext("Shortened. Your customers have been notified."))


@blueprint.post("/seller/closures/<closure_id>/cancellation")
@audience(Role.SELLER)
def cancel(closure_id: str) -> BaseResponse:
    """Work after all. One that has begun ends today instead."""
    cause = Cause(actor="seller", reason="")

    def act(uow: UnitOfWork) -> None:
        cancel_own_closure(uow, seller_id(), checked_id(closure_id), cause)

    return _run(act, gettext("Cancelled. Your customers have been notified."))


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
        form.add_error("first_day", gettext("A closure must be declared in advance: choose today or a later day"))
    if form.open_ended.data or form.last_day.errors:
        return
    if last_day is None:
        form.add_error("last_day", gettext("Enter the last day, or choose “No end date for now”"))
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
        found = shown_closures(session, seller_id(), current_runtime().now(), settings)
    return page(
        "closures",
        status,
        closures=found,
        closure_length=closure_length,
        closure_limit=closure_limit(settings.closure_days) if settings.closure_days else None,
        today=today,
        errors=errors or {},
        refused=refused,
        edited_id=edited_id,
        suspends_acknowledgement=SUSPENDS[ClosuresSuspend(settings.closures_suspend_acknowledgement)],
        suspends_fix=SUSPENDS[ClosuresSuspend(settings.closures_suspend_fix)],
        month=wording().month,
    )


def closure_length(closure: ShownClosure) -> tuple[int, int] | None:
    """How many days a closure has, and how many business days; None while it has no end."""
    if closure.last_day is None:
        return None
    days = (closure.last_day - closure.first_day).days + 1
    return days, business_days(closure.first_day, days)


def business_days(first: date, days: int) -> int:
    """How many of so many days from the first on are no week-end."""
    weeks, rest = divmod(days, 7)
    return weeks * (FRIDAY + 1) + sum((first.weekday() + place) % 7 <= FRIDAY for place in range(rest))


def _today() -> date:
    return day_of(current_runtime().now(), current_runtime().settings.reference_zone)
