"""What will a change of status do, is it really wanted, and for what reason? One page, for the side that asks.

Real numbers come first. What it was decided on is held against what stands when it is confirmed: a status that has
moved meanwhile is shown and asked about again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ..domain.statuses import Asked, Effect, Side, Status
from ..errors import NotFound, Refused
from ..services.asking import Target, ask_status
from ..services.catalogue import ProductPage
from ..services.holdings import mark_of
from ..services.previews import preview_product
from ..services.work import Cause, Work
from ..store.products import SubjectKind
from ..store.searching import folded
from .filled import Filled
from .forms import tell
from .i18n import gettext, lazy, wording
from .repeats import carry_out_once
from .state import state

LONGEST_REASON = 2_000
IMPOSSIBLE = (Effect.REFUSED_HELD_BY_OTHERS, Effect.REFUSED_WITHDRAWN)
BUTTONS = {
    Status.ONLINE: lazy("Put back online"),
    Status.OFFLINE_TEMPORARY: lazy("Take offline"),
    Status.OFFLINE_PERMANENT: lazy("Withdraw for good"),
}


@dataclass(frozen=True, kw_only=True)
class Asker:
    """The side that asks, in its room.

    `find` gives the product or raises `NotFound`; `seller_id` whose it must be (None: anybody's); `show` makes a page
    of the room; `says` tells why something was refused. The endpoints are of the product's page, of this change's
    form, and of the progress of what follows.
    """

    side: Side
    find: Callable[[Session, str], ProductPage]
    seller_id: Callable[[], str | None]
    show: Callable[..., Response]
    says: Callable[[Refused], str]
    product: str
    change: str
    progress: str


def show_change(asker: Asker, product_id: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return _shown(asker, product_id, _status(status), Filled())


def carry_out_change(asker: Asker, product_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    wanted, filled = _status(status), Filled()
    with state(current_app).installation.database.reading() as session:
        title = asker.find(session, product_id).card.title
    reason = filled.text("reason", required=gettext("Say why, in a few words"), longest=LONGEST_REASON)
    at = _read_schedule(filled)
    if wanted is Status.OFFLINE_PERMANENT:
        _check_name(filled, [*title.values()])
    if filled.errors:
        return _shown(asker, product_id, wanted, filled, code=422)
    asked = Asked(side=asker.side, status=wanted, effective_at=at)
    try:
        done = carry_out_once(lambda work: _ask(asker, work, product_id, asked, reason, filled.text("seen") or None))
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _shown(asker, product_id, wanted, filled, code=409, refused=refused)
    if done.startswith("cas_"):
        return redirect(url_for(asker.progress, cascade_id=done), 303)
    if done == Effect.SCHEDULE and at is not None:
        tell("good", gettext("The change is scheduled for %(when)s.", when=wording().instant(at)))
    else:
        tell("calm", gettext("There was nothing to change: everything stays as it is."))
    return redirect(url_for(asker.product, product_id=product_id), 303)


def _ask(asker: Asker, work: Work, product_id: str, asked: Asked, reason: str, seen: str | None) -> str:
    """The cascade's id, else the effect."""
    target = Target(kind=SubjectKind.PRODUCT, id=product_id, seller_id=asker.seller_id())
    answered = ask_status(work, target, asked, Cause(actor=asker.side, reason=reason), seen=seen)
    return answered.cascade_id or answered.effect


def _status(text: str) -> Status:
    if text not in list(Status):
        raise NotFound("there is no such status")
    return Status(text)


def _read_schedule(filled: Filled) -> datetime | None:
    at = filled.instant("effective_at")
    if at is not None and at <= state(current_app).installation.now():
        filled.errors["effective_at"] = gettext("This has passed already. Leave it empty to do it at once")
        return None
    return at


def _check_name(filled: Filled, titles: list[str]) -> None:
    """Whoever ends a sale for good types the product's name, in any language of its: its letters and figures count."""
    typed = filled.text("name", required=gettext("Type the product’s name to confirm"), longest=1_000)
    if typed and _letters(typed) not in {_letters(title) for title in titles}:
        filled.errors["name"] = gettext("This is not the product’s name")


def _letters(name: str) -> str:
    """Neither case and accents, nor what a keyboard may not have: a dash, an apostrophe."""
    return "".join(letter for letter in folded(name) if letter.isalnum())


def _shown(
    asker: Asker, product_id: str, status: Status, filled: Filled, *, code: int = 200, refused: Refused | None = None
) -> Response:
    installation = state(current_app).installation
    now, zone = installation.now(), installation.settings.reference_zone
    with installation.database.reading() as session:
        found = asker.find(session, product_id)
        preview = preview_product(session, found, asker.side, status, now, zone)
    mark, decided_on = mark_of(found.card.status, found.holdings), request.form.get("seen", "")
    has_moved = bool(decided_on) and decided_on != mark
    return asker.show(
        "change",
        409 if preview.effect in IMPOSSIBLE else code,
        asker=asker,
        product_url=url_for(asker.product, product_id=product_id),
        change_url=url_for(asker.change, product_id=product_id, status=status.value),
        buttons=BUTTONS,
        form=request.form,
        found=found,
        card=found.card,
        status=status,
        preview=preview,
        packs=[pack for pack in found.packs if pack.pack_id in preview.packs],
        seen=mark,
        errors=filled.errors,
        is_impossible=preview.effect in IMPOSSIBLE,
        is_idle=preview.effect is Effect.NO_EFFECT,
        has_moved=has_moved,
        refused=asker.says(refused) if refused is not None and not has_moved else None,
    )
