"""What does the seller do about a request: answer, refuse, waive a ground, propose another kind, resolve, offer?

Each is a form that is carried out once and leads back to the conversation. What is impossible by now is said in a
sentence there (409), never more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.refusal_grounds import JUDGED_BY_A_PERSON, Ground, is_excluded
from ...domain.support.state_machine import Kind
from ...errors import NotFound, Refused
from ...models.access import Role
from ...models.releases import Release, ReleaseKind
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import messages, moves
from ...services.support.requests import visible_request
from ..actors import cause_of, message_of, viewer_of
from ..flash import flash
from ..form_idempotency import form_key, run_form_once
from ..form_reader import Filled
from ..i18n.language import gettext
from ..identity.authorization import audience, signed_in
from ..labels.checks import told_checks
from ..labels.seller_refusals import sentence_of
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .support_requests import shown_request

LONGEST_BODY = 50_000
RELEASES_SHOWN = 50
Act = Callable[[UnitOfWork, Cause], object]


@blueprint.post("/seller/requests/<request_id>/messages")
@audience(Role.SELLER)
def answer(request_id: str) -> BaseResponse:
    """Write into the conversation, or a note for one's own side."""
    filled = Filled()
    body = filled.text("body", required=gettext("Write your answer first"), longest=LONGEST_BODY)
    is_note = filled.one_of("visibility", ("internal",)) is not None
    if filled.errors:
        return shown_request(request_id, code=422, errors=filled.errors)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        posted = message_of(
            signed_in(),
            request_id,
            message_id=f"msg_{form_key()}",
            body=body,
            received_at=uow.now,
            visibility="internal" if is_note else "public",
        )
        messages.post_message(uow, posted, cause)

    return _done(request_id, act, gettext("The note is kept.") if is_note else gettext("Your answer is sent."))


@blueprint.get("/seller/requests/<request_id>/refusal")
@audience(Role.SELLER)
def refusal(request_id: str) -> Response:
    """The grounds, with the evidence beside each."""
    return _refusal(request_id, Filled())


@blueprint.post("/seller/requests/<request_id>/refusal")
@audience(Role.SELLER)
def refuse(request_id: str) -> BaseResponse:
    """Refuse on one of the six grounds, with a text and evidence."""
    filled = Filled()
    ground = filled.word("ground", Ground, required=gettext("Choose the ground of your refusal"))
    text = filled.text("text", required=gettext("Explain your refusal to the customer"))
    said = filled.text("evidence")
    found = _evidence(request_id, ground) if ground is not None else {}
    if ground is not None and not found and not said:
        filled.errors["evidence"] = gettext("Say what shows it: the check has found nothing for this ground")
    if filled.errors or ground is None:
        return _refusal(request_id, filled, code=422)
    evidence = {**found, **({"said": said} if said else {})}
    by = signed_in().subject or Role.SELLER

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.refuse(uow, request_id, ground=ground, text=text, evidence=evidence, by=by, cause=cause)

    told = gettext("The request is refused. The customer has been told, and may contest it.")
    return _done(request_id, act, told, reason=text)


@blueprint.post("/seller/requests/<request_id>/waiver")
@audience(Role.SELLER)
def waive(request_id: str) -> BaseResponse:
    """Give up a ground for this request, for good."""
    filled = Filled()
    ground = filled.word("ground", Ground, required=gettext("Choose a ground"))
    if ground is None:
        return shown_request(request_id, code=422, errors=filled.errors)
    told = gettext("You have waived this ground for this request.")
    return _done(request_id, lambda uow, cause: moves.waive_ground(uow, request_id, ground), told)


@blueprint.post("/seller/requests/<request_id>/kind")
@audience(Role.SELLER)
def propose_kind(request_id: str) -> BaseResponse:
    """Propose another kind; the customer or the marketplace confirms it."""
    filled = Filled()
    kind = filled.word("kind", Kind, required=gettext("Choose what the request is about"))
    if kind is None:
        return shown_request(request_id, code=422, errors=filled.errors)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.change_kind(uow, request_id, kind, confirms=False, cause=cause)

    return _done(request_id, act, gettext("Proposed. It counts once the customer or the marketplace confirms it."))


@blueprint.get("/seller/requests/<request_id>/resolution")
@audience(Role.SELLER)
def resolution(request_id: str) -> Response:
    """By a version that fixes it, or by an explanation."""
    return _with_releases(request_id, "resolution", Filled())


@blueprint.post("/seller/requests/<request_id>/resolution")
@audience(Role.SELLER)
def resolve(request_id: str) -> BaseResponse:
    """Say that it is settled; the customer may say that it is not."""
    filled = Filled()
    how = filled.one_of("how", ("release", "explanation"), required=gettext("Choose how it is settled"))
    known = {release.id for release in _releases(request_id)}
    needed = gettext("Choose the version that fixes it") if how == "release" else None
    release_id = filled.one_of("release_id", known, required=needed) if how == "release" else None
    wanted = gettext("Explain to the customer how it is settled") if how == "explanation" else None
    text = filled.text("text", required=wanted)
    if filled.errors or how is None:
        return _with_releases(request_id, "resolution", filled, code=422)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.resolve(uow, request_id, how=how, release_id=release_id, text=text, cause=cause)

    told = gettext("Marked as resolved. The customer has been told, and may say that it is not fixed.")
    return _done(request_id, act, told, reason=text)


@blueprint.get("/seller/requests/<request_id>/offer")
@audience(Role.SELLER)
def offer(request_id: str) -> Response:
    """A paid functional update, proposed to the customer."""
    return _with_releases(request_id, "offer", Filled())


@blueprint.post("/seller/requests/<request_id>/offer")
@audience(Role.SELLER)
def make_offer(request_id: str) -> BaseResponse:
    """Propose it. A fix that is owed stays owed."""
    filled = Filled()
    paid = {release.id: release for release in _releases(request_id) if release.kind is ReleaseKind.PAID}
    release_id = filled.one_of("release_id", paid, required=gettext("Choose the paid version that you propose"))
    cents = filled.cents("amount")
    text = filled.text("text")
    if filled.errors or release_id is None:
        return _with_releases(request_id, "offer", filled, code=422)
    amount = {"amount_cents": cents, "currency": paid[release_id].currency or "EUR"}

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.make_offer(uow, request_id, release_id=release_id, amount=amount, text=text, cause=cause)

    return _done(request_id, act, gettext("Your offer is sent to the customer."), reason=text)


def _done(request_id: str, act: Act, told: str, *, reason: str = "") -> BaseResponse:
    """Carry out one act of the seller's on a request of his; back to the conversation, with what came of it."""
    identity = signed_in()

    def carry(uow: UnitOfWork) -> str:
        visible_request(uow.session, checked_id(request_id), viewer_of(identity))
        act(uow, cause_of(identity, reason))
        return "done"

    try:
        run_form_once(carry)
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return shown_request(request_id, code=409, refused=sentence_of(refused))
    flash("good", told)
    return redirect(url_for("mh_seller.request_page", request_id=request_id), 303)


def _own(request_id: str) -> SupportRequest:
    with current_runtime().database.reading() as session:
        found = visible_request(session, checked_id(request_id), viewer_of(signed_in()))
        session.expunge(found)
        return found


def _evidence(request_id: str, ground: Ground) -> dict[str, Any]:
    """What the check at submission has found for a ground, as it is kept with the request."""
    return {one["name"]: one["evidence"] for one in _own(request_id).checks if one.get("ground") == ground}


def _refusal(request_id: str, filled: Filled, *, code: int = 200) -> Response:
    found = {one.ground: one for one in told_checks(_own(request_id).checks) if one.ground}
    return shown_request(
        request_id,
        name="refusal",
        code=code,
        errors=filled.errors,
        grounds=list(Ground),
        judged_by_a_person=JUDGED_BY_A_PERSON,
        is_excluded=is_excluded,
        found=found,
    )


def _releases(request_id: str) -> list[Release]:
    """The product's last versions, the newest first."""
    with current_runtime().database.reading() as session:
        request = visible_request(session, checked_id(request_id), viewer_of(signed_in()))
        query = (
            select(Release)
            .where(Release.product_id == request.product_id, Release.published_at <= current_runtime().now())
            .order_by(Release.published_at.desc(), Release.id.desc())
            .limit(RELEASES_SHOWN)
        )
        found = list(session.scalars(query))
        session.expunge_all()
        return found


def _with_releases(request_id: str, name: str, filled: Filled, *, code: int = 200) -> Response:
    return shown_request(request_id, name=name, code=code, errors=filled.errors, releases=_releases(request_id))
