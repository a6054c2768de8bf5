"""What will a change of status do, is it really wanted, and for what reason? One page, for the side that asks.

Real numbers come first. What it was decided on is held against what stands when it is confirmed: a status that has
moved meanwhile is shown and asked about again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.operations.status_preview import Preview, preview_pack, preview_product
from .flash import flash
from .form_idempotency import run_form_once
from .form_reader import Filled
from .i18n.language import LazyText, gettext, lazy, wording
from .state import current_runtime

LONGEST_REASON = 2_000
IMPOSSIBLE = (Effect.REFUSED_HELD_BY_OTHERS, Effect.REFUSED_WITHDRAWN)
BUTTONS = {
    Status.ONLINE: lazy("Put back online"),
    Status.OFFLINE_TEMPORARY: lazy("Take offline"),
    Status.OFFLINE_PERMANENT: lazy("Withdraw for good"),
}
QUESTIONS: dict[tuple[SubjectKind, Status], LazyText] = {
    (SubjectKind.PRODUCT, Status.ONLINE): lazy("Put this product back online?"),
    (SubjectKind.PRODUCT, Status.OFFLINE_TEMPORARY): lazy("Take this product offline?"),
    (SubjectKind.PRODUCT, Status.OFFLINE_PERMANENT): lazy("Withdraw this product for good?"),
    (SubjectKind.PACK, Status.ONLINE): lazy("Put this pack back online?"),
    (SubjectKind.PACK, Status.OFFLINE_TEMPORARY): lazy("Take this pack offline?"),
    (SubjectKind.PACK, Status.OFFLINE_PERMANENT): lazy("Withdraw this pack for good?"),
}
TYPE_ITS_NAME: dict[SubjectKind, LazyText] = {
    SubjectKind.PRODUCT: lazy("Type the product’s name to confirm"),
    SubjectKind.PACK: lazy("Type the pack’s name to confirm"),
}
NOT_ITS_NAME: dict[SubjectKind, LazyText] = {
    SubjectKind.PRODUCT: lazy("This is not the product’s name"),
    SubjectKind.PACK: lazy("This is not the pack’s name"),
}


@dataclass(frozen=True, kw_only=True)
class StatusChangePage:
    """The side that asks, in its room, about its products or its packs.

    `find` gives the product or pack, or raises `NotFound`; `seller_id` whose it must be (None: anybody's); `show` makes
    a page of the room; `says` tells why something was refused. The endpoints are of the page of what is changed, of
    this change's form, and of the progress of what follows.
    """

    kind: SubjectKind
    side: Side
    find: Callable[[Session, str], ProductPage | PackPage]
    seller_id: Callable[[], str | None]
    show: Callable[..., Response]
    says: Callable[[Refused], str]
    page: str
    change: str
    progress: str

    def url(self, endpoint: str, id_: str, **more: str) -> str:
        """The address of one of these pages, for this product or pack."""
        named: dict[str, Any] = {f"{self.kind}_id": id_, **more}
        return url_for(endpoint, **named)


def show_change(change_page: StatusChangePage, id_: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return _shown(change_page, id_, _status(status), Filled())


def apply_change(change_page: StatusChangePage, id_: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    wanted = _status(status)
    filled = Filled()
    with current_runtime().database.reading() as session:
        title = change_page.find(session, id_).card.title
    reason = filled.text("reason", required=gettext("Say why, in a few words"), longest=LONGEST_REASON)
    at = _read_schedule(filled)
    if wanted is Status.OFFLINE_PERMANENT:
        _check_name(filled, change_page.kind, [*title.values()])
    if filled.errors:
        return _shown(change_page, id_, wanted, filled, code=422)
    asked = StatusRequest(side=change_page.side, status=wanted, effective_at=at)
    try:
        done = run_form_once(lambda uow: _ask(change_page, uow, id_, asked, reason, filled.text("seen") or None))
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _shown(change_page, id_, wanted, filled, code=409, refused=refused)
    if done.startswith("cas_"):
        return redirect(url_for(change_page.progress, cascade_id=done), 303)
    if done == Effect.SCHEDULE and at is not None:
        flash("good", gettext("The change is scheduled for %(when)s.", when=wording().instant(at)))
    else:
        flash("calm", gettext("There was nothing to change: everything stays as it is."))
    return redirect(change_page.url(change_page.page, id_), 303)


def _ask(
    change_page: StatusChangePage, uow: UnitOfWork, id_: str, asked: StatusRequest, reason: str, seen: str | None
) -> str:
    """The cascade's id, else the effect."""
    target = StatusChangeTarget(kind=change_page.kind, id=id_, seller_id=change_page.seller_id())
    answered = request_status_change(uow, target, asked, Cause(actor=change_page.side, reason=reason), expected=seen)
    return answered.cascade_id or answered.effect


def _status(text: str) -> Status:
    if text not in list(Status):
        raise NotFound("there is no such status")
    return Status(text)


def _read_schedule(filled: Filled) -> datetime | None:
    at = filled.instant("effective_at")
    if at is not None and at <= current_runtime().now():
        filled.errors["effective_at"] = gettext("This has passed already. Leave it empty to do it at once")
        return None
    return at


def _check_name(filled: Filled, kind: SubjectKind, titles: list[str]) -> None:
    """Whoever ends a sale for good types the name, in any language of its: its letters and figures count."""
    typed = filled.text("name", required=str(TYPE_ITS_NAME[kind]), longest=1_000)
    if typed and _letters(typed) not in {_letters(title) for title in titles}:
        filled.errors["name"] = str(NOT_ITS_NAME[kind])


def _letters(name: str) -> str:
    """Neither case and accents, nor what a keyboard may not have: a dash, an apostrophe."""
    return "".join(letter for letter in folded(name) if letter.isalnum())


def _shown(
    change_page: StatusChangePage,
    id_: str,
    status: Status,
    filled: Filled,
    *,
    code: int = 200,
    refused: Refused | None = None,
) -> Response:
    runtime = current_runtime()
    with runtime.database.reading() as session:
        found = change_page.find(session, id_)
        preview = _preview(session, found, change_page.side, status)
    mark = holds_fingerprint(found.card.status, found.holds_view)
    decided_on = request.form.get("seen", "")
    has_moved = bool(decided_on) and decided_on != mark
    return change_page.show(
        "change",
        409 if preview.effect in IMPOSSIBLE else code,
        change_page=change_page,
        question=QUESTIONS[change_page.kind, status],
        type_its_name=TYPE_ITS_NAME[change_page.kind],
        subject_url=change_page.url(change_page.page, id_),
        change_url=change_page.url(change_page.change, id_, status=status.value),
        buttons=BUTTONS,
        form=request.form,
        found=found,
        card=found.card,
        status=status,
        preview=preview,
        packs=[pack for pack in found.packs if pack.pack_id in preview.packs] if isinstance(found, ProductPage) else [],
        seen=mark,
        errors=filled.errors,
        is_impossible=preview.effect in IMPOSSIBLE,
        is_idle=preview.effect is Effect.NO_EFFECT,
        has_moved=has_moved,
        refused=change_page.says(refused) if refused is not None and not has_moved else None,
    )


def _preview(session: Session, found: ProductPage | PackPage, side: Side, status: Status) -> Preview:
    runtime = current_runtime()
    if isinstance(found, PackPage):
        return preview_pack(session, found, side, status, runtime.now())
    return preview_product(session, found, side, status, runtime.now(), runtime.settings.reference_zone)
