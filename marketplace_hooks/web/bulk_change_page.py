"""Bulk change pages: several products are taken offline or put back online by one side, with one preview.

The products are chosen in a list. The preview says what is hidden and what goes on; one confirmation changes each
product on its own, and the page that follows lists what was done and what was refused. It reads the stored result of
the form, so that it can be opened again for a day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..domain.catalog.statuses import Effect, Side, Status, StatusRequest
from ..errors import Conflict, NotFound, Refused
from ..models.access import Role
from ..models.cascades import CascadeState
from ..services.catalog.bulk_status_requests import MOST_PRODUCTS, BulkOutcome, request_bulk_change
from ..services.catalog.cards import Visibility
from ..services.catalog.cascade_progress import CascadeProgress, read_all_progress
from ..services.catalog.names import product_titles
from ..services.core.unit_of_work import UnitOfWork
from ..services.operations.bulk_status_preview import BulkPreview, preview_bulk_change
from .actors import cause_of
from .csrf import wants_fragment
from .flash import flash
from .form_idempotency import read_result, result_name, run_form_once
from .form_reader import PageForm, TextInputField
from .i18n.language import gettext, lazy, ngettext
from .identity.authorization import signed_in
from .labels.change_results import summarize_changes
from .labels.conflicts import conflict_label
from .list_pages import is_id
from .state import current_runtime
from .status_change_page import LONGEST_REASON

STATUSES = (Status.OFFLINE_TEMPORARY, Status.ONLINE)


class BulkChangeForm(PageForm):
    """The form that confirms a bulk change. The products stand beside it, each with the mark of what was shown."""

    reason = TextInputField(required=lazy("Enter a reason"), longest=LONGEST_REASON)


@dataclass(frozen=True, kw_only=True)
class BulkChangePage:
    """The pages of one side. `seller_id` is whose the products must be (None: anybody's), `visibility` whose cascades.

    `show` makes a page in the layout of that side. The endpoints are of the list, of one product's page, of the
    preview and its form, and of the result.
    """

    side: Side
    role: Role
    seller_id: Callable[[], str | None]
    visibility: Callable[[], Visibility]
    show: Callable[..., Response]
    products: str
    product: str
    preview: str
    confirmation: str
    result: str


@dataclass(frozen=True, kw_only=True)
class ChangedProduct:
    """One line of the result: a product, and why it was not changed (empty: it was)."""

    product_id: str
    title: Mapping[str, str]
    why_not: str


def show_bulk_change(pages: BulkChangePage, status: str) -> BaseResponse:
    """What the change of the chosen products would do, and the form that confirms it."""
    wanted = _status(status)
    chosen = list(dict.fromkeys(request.args.getlist("id")))
    return _refused_choice(pages, chosen) or _show(pages, wanted, chosen)


def apply_bulk_change(pages: BulkChangePage, status: str) -> BaseResponse:
    """Carry it out once; then show what was done."""
    wanted = _status(status)
    marks = request.form.getlist("seen")
    chosen = dict(zip(request.form.getlist("product"), marks, strict=False))
    if (refused := _refused_choice(pages, [*chosen])) is not None:
        return refused
    form = BulkChangeForm.read()
    if form.errors:
        return _show(pages, wanted, [*chosen], code=422, errors=form.messages)
    result = json.loads(run_form_once(lambda uow: _change(pages, uow, chosen, wanted, form.reason.data)))
    name = result_name()
    if name is not None:
        return redirect(url_for(pages.result, status=wanted.value, name=name), 303)
    changed = sum(one["code"] is None for one in result)
    flash("calm", ngettext("%(count)s product changed.", "%(count)s products changed.", changed))
    return redirect(url_for(pages.products), 303)


def show_bulk_result(pages: BulkChangePage, status: str, name: str) -> Response:
    """What was done: each product with why it was not changed, and how far the follow-up steps have got."""
    wanted = _status(status)
    stored = read_result(request.path.rpartition("/")[0], name)
    if stored is None:
        raise NotFound("there is no such result, or it is older than a day")
    results: Sequence[dict[str, Any]] = json.loads(stored)
    with current_runtime().database.read_session() as session:
        titles = product_titles(session, (one["id"] for one in results if one["code"] != NotFound.code))
        ids = [one["cascade"] for one in results if one["cascade"]]
        follow_up = _follow_up(read_all_progress(session, ids, pages.visibility()))
    if wants_fragment():
        return make_response(render_template("marketplace_hooks/bulk_change_steps.html", **follow_up))
    products = [
        ChangedProduct(product_id=one["id"], title=titles.get(one["id"], {}), why_not=_why_not(pages, one, wanted))
        for one in results
    ]
    changed = [one for one in products if not one.why_not]
    return pages.show(
        "bulk_changed",
        bulk_pages=pages,
        title=_result_title(wanted, len(changed)),
        changed=changed,
        unchanged=[one for one in products if one.why_not],
        **follow_up,
    )


def _follow_up(cascades: Sequence[CascadeProgress]) -> dict[str, Any]:
    """How far the follow-up steps of all products together have got."""
    steps = [step for one in cascades for step in one.steps]
    return {
        "runs": any(one.state is CascadeState.RUNNING for one in cascades),
        "has_failed": any(one.state is CascadeState.FAILED for one in cascades),
        "steps_done": sum(step["state"] == "done" for step in steps),
        "steps_total": len(steps),
        "summary": summarize_changes(cascades),
    }


def _change(pages: BulkChangePage, uow: UnitOfWork, chosen: Mapping[str, str], status: Status, reason: str) -> str:
    asked = StatusRequest(side=pages.side, status=status)
    cause = cause_of(signed_in(), reason, actor=pages.side)
    marks = {product_id: mark or None for product_id, mark in chosen.items()}
    outcomes = request_bulk_change(uow, marks, asked, cause, seller_id=pages.seller_id())
    return json.dumps([_stored(one) for one in outcomes])


def _stored(outcome: BulkOutcome) -> dict[str, Any]:
    code = outcome.refused.code if outcome.refused else None
    if outcome.effect is Effect.NO_EFFECT:
        code = "no_effect"
    return {"id": outcome.product_id, "cascade": outcome.cascade_id, "code": code}


def _why_not(pages: BulkChangePage, result: Mapping[str, Any], status: Status) -> str:
    """Why a product was not changed, in the reader's language; empty for one that was."""
    if result["code"] is None:
        return ""
    if result["code"] == "no_effect":
        return gettext("Already online.") if status is Status.ONLINE else gettext("Already offline.")
    if result["code"] == NotFound.code:
        is_seller = pages.role is Role.SELLER
        return gettext("You do not sell this product.") if is_seller else gettext("There is no such product.")
    refused: Refused = Conflict("", code=result["code"])
    return conflict_label(refused, pages.role)


def _status(text: str) -> Status:
    if text not in STATUSES:
        raise NotFound("several products can only be taken offline or put back online")
    return Status(text)


def _refused_choice(pages: BulkChangePage, chosen: Sequence[str]) -> BaseResponse | None:
    """The way back to the list where nothing, or too much, was chosen."""
    if 0 < len(chosen) <= MOST_PRODUCTS and all(is_id(one) for one in chosen):
        return None
    if len(chosen) > MOST_PRODUCTS:
        flash("bad", gettext("Select at most %(count)s products at a time.", count=MOST_PRODUCTS))
    else:
        flash("bad", gettext("Select at least one product."))
    return redirect(url_for(pages.products), 303)


def _show(
    pages: BulkChangePage,
    status: Status,
    chosen: Sequence[str],
    *,
    code: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    runtime = current_runtime()
    zone = runtime.settings.reference_zone
    with runtime.database.read_session() as session:
        found = preview_bulk_change(session, pages.seller_id(), chosen, pages.side, status, runtime.now(), zone)
    if not found.products:
        raise NotFound("none of these is a product that this side may change")
    changed = [one for one in found.products if one.is_changed]
    unchanged = [one for one in found.products if not one.is_changed]
    return pages.show(
        "bulk_change",
        code,
        bulk_pages=pages,
        form=request.form,
        status=status,
        question=_question(status, found),
        preview=found,
        changed=changed,
        unchanged=unchanged,
        errors=errors or {},
    )


def _question(status: Status, found: BulkPreview) -> str:
    count = sum(one.is_changed for one in found.products)
    if status is Status.ONLINE:
        return ngettext("Put %(count)s product back online?", "Put %(count)s products back online?", count)
    return ngettext("Take %(count)s product offline?", "Take %(count)s products offline?", count)


def _result_title(status: Status, count: int) -> str:
    if status is Status.ONLINE:
        return ngettext("%(count)s product put back online", "%(count)s products put back online", count)
    return ngettext("%(count)s product taken offline", "%(count)s products taken offline", count)
