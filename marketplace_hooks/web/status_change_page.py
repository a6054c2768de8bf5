"""Status change page: a preview of what a change of status will do, and the form that asks for it.

The preview shows real numbers. The form carries the status that it was decided on: one that has changed meanwhile is
shown, and must be confirmed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ..database.text_search import folded
from ..domain.catalog.statuses import Effect, Side, Status, StatusRequest
from ..errors import NotFound, Refused
from ..models.products import SubjectKind
from ..services.catalog.holds_view import holds_fingerprint
from ..services.catalog.pages import PackPage, ProductPage
from ..services.catalog.status_requests import StatusChangeTarget, request_status_change
from ..services.core.unit_of_work import UnitOfWork
from ..services.operations.status_preview import preview_change
from .actors import cause_of
from .flash import flash
from .form_actions import refused_page
from .form_idempotency import run_form_once
from .form_reader import InstantField, PageForm, TextInputField
from .i18n.language import LazyText, gettext, lazy, wording
from .identity.authorization import signed_in
from .identity.fresh_sign_in import require_fresh_sign_in
from .labels.statuses import keeps_offline
from .state import current_runtime

LONGEST_REASON = 2_000
IMPOSSIBLE = (Effect.REFUSED_HELD_BY_OTHERS, Effect.REFUSED_WITHDRAWN)
QUESTIONS: dict[tuple[SubjectKind, Status], LazyText] = {
    (SubjectKind.PRODUCT, Status.ONLINE): lazy("Put this product back online?"),
    (SubjectKind.PRODUCT, Status.OFFLINE_TEMPORARY): lazy("Take this product offline?"),
    (SubjectKind.PRODUCT, Status.OFFLINE_PERMANENT): lazy("Permanently disable this product?"),
    (SubjectKind.PACK, Status.ONLINE): lazy("Put this pack back online?"),
    (SubjectKind.PACK, Status.OFFLINE_TEMPORARY): lazy("Take this pack offline?"),
    (SubjectKind.PACK, Status.OFFLINE_PERMANENT): lazy("Permanently disable this pack?"),
}
KEEP_OFFLINE_QUESTIONS: dict[SubjectKind, LazyText] = {
    SubjectKind.PRODUCT: lazy("Keep this product offline?"),
    SubjectKind.PACK: lazy("Keep this pack offline?"),
}
"""The questions about what others have taken offline already."""
TYPE_ITS_NAME: dict[SubjectKind, LazyText] = {
    SubjectKind.PRODUCT: lazy("Type the product’s name to confirm"),
    SubjectKind.PACK: lazy("Type the pack’s name to confirm"),
}
NOT_ITS_NAME: dict[SubjectKind, LazyText] = {
    SubjectKind.PRODUCT: lazy("This is not the product’s name"),
    SubjectKind.PACK: lazy("This is not the pack’s name"),
}


class StatusChangeForm(PageForm):
    """The form that asks for a change. `seen` is the mark of the status that was shown with it."""

    reason = TextInputField(required=lazy("Enter a reason"), longest=LONGEST_REASON)
    effective_at = InstantField()
    name = TextInputField(longest=1_000)
    seen = TextInputField()


@dataclass(frozen=True, kw_only=True)
class StatusChangePage:
    """The page of one side, for its products or for its packs.

    `find` gives the product or pack, or raises `NotFound`; `seller_id` whose it must be (None: anybody's); `show` makes
    a page in the layout of that side. The endpoints are of the page of what is changed, of this change's form, and of
    the progress of its cascade.
    """

    kind: SubjectKind
    side: Side
    find: Callable[[Session, str], ProductPage | PackPage]
    seller_id: Callable[[], str | None]
    show: Callable[..., Response]
    page: str
    change: str
    progress: str

    def url(self, endpoint: str, id_: str, **more: str) -> str:
        """The address of one of these pages, for this product or pack."""
        named: dict[str, Any] = {f"{self.kind}_id": id_, **more}
        return url_for(endpoint, **named)


def show_change(change_page: StatusChangePage, id_: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return _show(change_page, id_, _status(status))


def apply_change(change_page: StatusChangePage, id_: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    wanted = _status(status)
    with current_runtime().database.read_session() as session:
        title = change_page.find(session, id_).card.title
    form = StatusChangeForm.read()
    at = form.effective_at.data
    if at is not None and at <= current_runtime().now():
        form.add_error("effective_at", gettext("This time has already passed. Leave it empty to apply the change now"))
    if wanted is Status.OFFLINE_PERMANENT:
        _check_name(form, change_page.kind, [*title.values()])
    if form.errors:
        return _show(change_page, id_, wanted, code=422, errors=form.messages)
    if wanted is Status.OFFLINE_PERMANENT:
        require_fresh_sign_in()
    change = StatusRequest(side=change_page.side, status=wanted, effective_at=at)
    try:
        result = run_form_once(lambda uow: _request(change_page, uow, id_, change, form))
    except Refused as error:
        return refused_page(error, lambda why, code: _show(change_page, id_, wanted, code=code, refused=why))
    effect, _, cascade_id = result.partition(" ")
    if cascade_id:
        return redirect(url_for(change_page.progress, cascade_id=cascade_id), 303)
    if effect == Effect.SCHEDULE and at is not None:
        flash("good", gettext("The change is scheduled for %(when)s.", when=wording().instant(at)))
    else:
        flash("calm", gettext("There was nothing to change."))
    return redirect(change_page.url(change_page.page, id_), 303)


def _request(
    change_page: StatusChangePage, uow: UnitOfWork, id_: str, change: StatusRequest, form: StatusChangeForm
) -> str:
    """The effect, and the id of the cascade if there is one."""
    target = StatusChangeTarget(kind=change_page.kind, id=id_, seller_id=change_page.seller_id())
    cause = cause_of(signed_in(), form.reason.data, actor=change_page.side)
    done = request_status_change(uow, target, change, cause, expected=form.seen.data or None)
    return f"{done.effect} {done.cascade_id or ''}"


def _status(text: str) -> Status:
    if text not in list(Status):
        raise NotFound("there is no such status")
    return Status(text)


def _check_name(form: StatusChangeForm, kind: SubjectKind, titles: list[str]) -> None:
    """Whoever ends a sale for good types the name, in one of its languages: its letters and figures count."""
    if not form.name.data:
        form.add_error("name", str(TYPE_ITS_NAME[kind]))
    elif _significant_characters(form.name.data) not in {_significant_characters(title) for title in titles}:
        form.add_error("name", str(NOT_ITS_NAME[kind]))


def _significant_characters(name: str) -> str:
    """The letters and figures alone: without case, accents, and what a keyboard may lack, such as dashes."""
    return "".join(char for char in folded(name) if char.isalnum())


def _question(kind: SubjectKind, wanted: Status, current: Status) -> LazyText:
    return KEEP_OFFLINE_QUESTIONS[kind] if keeps_offline(wanted, current) else QUESTIONS[kind, wanted]


def _show(
    change_page: StatusChangePage,
    id_: str,
    status: Status,
    *,
    code: int = 200,
    errors: Mapping[str, str] | None = None,
    refused: str | None = None,
) -> Response:
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = change_page.find(session, id_)
        zone = runtime.settings.reference_zone
        preview = preview_change(session, found, change_page.side, status, runtime.now(), zone)
    mark = holds_fingerprint(found.card.status, found.holds_view)
    decided_on = StatusChangeForm(request.form).seen.data
    has_moved = bool(decided_on) and decided_on != mark
    return change_page.show(
        "status_change",
        409 if preview.effect in IMPOSSIBLE else code,
        change_page=change_page,
        question=_question(change_page.kind, status, found.card.status),
        type_its_name=TYPE_ITS_NAME[change_page.kind],
        subject_url=change_page.url(change_page.page, id_),
        change_url=change_page.url(change_page.change, id_, status=status.value),
        keeps_offline=keeps_offline(status, found.card.status),
        form=request.form,
        found=found,
        card=found.card,
        status=status,
        preview=preview,
        packs=[pack for pack in found.packs if pack.pack_id in preview.packs] if isinstance(found, ProductPage) else [],
        seen=mark,
        errors=errors or {},
        is_impossible=preview.effect in IMPOSSIBLE,
        is_idle=preview.effect is Effect.NO_EFFECT,
        has_moved=has_moved,
        refused=None if has_moved else refused,
    )
