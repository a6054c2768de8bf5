"""What will a change of status do, is it really wanted, and for what reason?

A page with real numbers comes first. What it was decided on is held against what stands when it is confirmed: a status
that has moved meanwhile is shown and asked about again.
"""

from __future__ import annotations

from datetime import datetime

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.statuses import Asked, Effect, Side, Status
from ...errors import NotFound, Refused
from ...services.asking import Target, ask_status
from ...services.holdings import mark_of
from ...services.previews import preview_product
from ...services.work import Cause, Work
from ...store.access import Role
from ...store.products import SubjectKind
from ...store.searching import folded
from ..forms import tell
from ..i18n import gettext, wording
from ..repeats import carry_out_once
from ..sign_in import audience
from . import blueprint
from .fields import Filled
from .products import own_product
from .sentences import sentence_of
from .showing import here, known_id, page, seller_id

LONGEST_REASON = 2_000
IMPOSSIBLE = (Effect.REFUSED_HELD_BY_OTHERS, Effect.REFUSED_WITHDRAWN)


@blueprint.get("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def change(product_id: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return _shown(product_id, _status(status), Filled())


@blueprint.post("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def confirm_change(product_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    wanted, filled = _status(status), Filled()
    with here().database.reading() as session:
        title = own_product(session, product_id).card.title
    reason = filled.text("reason", required=gettext("Say why, in a few words"), longest=LONGEST_REASON)
    at = _read_schedule(filled)
    if wanted is Status.OFFLINE_PERMANENT:
        _check_name(filled, [*title.values()])
    if filled.errors:
        return _shown(product_id, wanted, filled, code=422)
    asked = Asked(side=Side.SELLER, status=wanted, effective_at=at)
    try:
        done = carry_out_once(lambda work: _ask(work, product_id, asked, reason, filled.text("seen") or None))
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _shown(product_id, wanted, filled, code=409, refused=refused)
    if done.startswith("cas_"):
        return redirect(url_for("mh_seller.progress", cascade_id=done), 303)
    if done == Effect.SCHEDULE and at is not None:
        tell("good", gettext("The change is scheduled for %(when)s.", when=wording().instant(at)))
    else:
        tell("calm", gettext("There was nothing to change: everything stays as it is."))
    return redirect(url_for("mh_seller.product", product_id=product_id), 303)


def _ask(work: Work, product_id: str, asked: Asked, reason: str, seen: str | None) -> str:
    """The cascade's id, else the effect."""
    target = Target(kind=SubjectKind.PRODUCT, id=product_id, seller_id=seller_id())
    answered = ask_status(work, target, asked, Cause(actor=Side.SELLER, reason=reason), seen=seen)
    return answered.cascade_id or answered.effect


def _status(text: str) -> Status:
    if text not in list(Status):
        raise NotFound(f"there is no status {known_id(text)}")
    return Status(text)


def _read_schedule(filled: Filled) -> datetime | None:
    at = filled.instant("effective_at")
    if at is not None and at <= here().now():
        filled.errors["effective_at"] = gettext("This has passed already. Leave it empty to do it at once")
        return None
    return at


def _check_name(filled: Filled, titles: list[str]) -> None:
    """Whoever ends a sale for good types the product's name, in any language of its; case and accents do not matter."""
    typed = filled.text("name", required=gettext("Type the product’s name to confirm"), longest=1_000)
    if typed and folded(typed) not in {folded(title) for title in titles}:
        filled.errors["name"] = gettext("This is not the product’s name")


def _shown(
    product_id: str, status: Status, filled: Filled, *, code: int = 200, refused: Refused | None = None
) -> Response:
    installation = here()
    now, zone = installation.now(), installation.settings.reference_zone
    with installation.database.reading() as session:
        found = own_product(session, product_id)
        preview = preview_product(session, found, Side.SELLER, status, now, zone)
    mark, decided_on = mark_of(found.card.status, found.holdings), request.form.get("seen", "")
    has_moved = bool(decided_on) and decided_on != mark
    return page(
        "change",
        409 if preview.effect in IMPOSSIBLE else code,
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
        refused=sentence_of(refused) if refused is not None and not has_moved else None,
    )
