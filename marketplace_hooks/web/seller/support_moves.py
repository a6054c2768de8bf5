"""Support moves of the seller: answer, refuse, waive a ground, propose another kind, resolve, offer a paid update.

Each is a form that runs once and leads back to the conversation; a move that is no longer possible is a 409 there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.refusal_grounds import CHECKS_OF, Ground, is_excluded
from ...domain.support.state_machine import Kind
from ...domain.written_text import says_something
from ...models.access import Role
from ...models.releases import Release
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import messages, moves, offers
from ...services.support.fix_releases import downloadable_releases, offerable_releases
from ...services.support.requests import checks_of, visible_request
from ..actors import cause_of, message_of, viewer_of
from ..form_actions import run_form
from ..form_idempotency import form_key
from ..form_reader import CentsField, ChoiceField, PageForm, TextInputField
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience, signed_in
from ..labels.check_facts import check_facts
from ..list_pages import checked_id
from ..rate_limits import limit_writing
from ..state import current_runtime
from .blueprint import blueprint
from .support_requests import show_request

LONGEST_BODY = 50_000
Act = Callable[[UnitOfWork, Cause], object]


class MessageForm(PageForm):
    """A message to the customer, or a note for the seller's own side."""

    body = TextInputField(required=lazy("Write your response first"), longest=LONGEST_BODY)
    visibility = ChoiceField(("internal",))


class RefusalForm(PageForm):
    """A refusal on one of the six grounds."""

    ground = ChoiceField(Ground, required=lazy("Choose a reason for the refusal"))
    text = TextInputField(required=lazy("Explain your refusal to the customer"))
    evidence = TextInputField()


class WaiverForm(PageForm):
    """A ground to give up."""

    ground = ChoiceField(Ground, required=lazy("Choose a reason"))


class KindForm(PageForm):
    """Another kind for a request."""

    kind = ChoiceField(Kind, required=lazy("Choose a type of request"))


class ResolutionForm(PageForm):
    """How a request is settled: by a release, or by an explanation."""

    how = ChoiceField(("release", "explanation"), required=lazy("Choose how it was resolved"))
    release_id = TextInputField()
    text = TextInputField()


class OfferForm(PageForm):
    """A paid update for the customer."""

    release_id = TextInputField()
    amount = CentsField()
    text = TextInputField()


@blueprint.post("/seller/requests/<request_id>/messages")
@audience(Role.SELLER)
def answer(request_id: str) -> BaseResponse:
    """Write into the conversation, or a note for one's own side."""
    form = MessageForm.read()
    if form.errors:
        return show_request(request_id, status=422, errors=form.messages)
    is_note = form.visibility.data is not None

    def act(uow: UnitOfWork, cause: Cause) -> None:
        posted = message_of(
            signed_in(),
            request_id,
            message_id=f"msg_{form_key()}",
            body=form.body.data,
            received_at=uow.now,
            visibility="internal" if is_note else "public",
        )
        messages.post_message(uow, posted, cause)

    message = gettext("The note has been saved.") if is_note else gettext("Your response has been sent.")
    return run_move(request_id, act, message)


@blueprint.get("/seller/requests/<request_id>/refusal")
@audience(Role.SELLER)
def refusal(request_id: str) -> Response:
    """The grounds, with the evidence beside each."""
    return _show_refusal(request_id)


@blueprint.post("/seller/requests/<request_id>/refusal")
@audience(Role.SELLER)
def refuse(request_id: str) -> BaseResponse:
    """Refuse on one of the six grounds, with a text and evidence."""
    form = RefusalForm.read()
    ground = form.ground.data
    statement = form.evidence.data
    found = _evidence(request_id, ground) if ground is not None else {}
    if ground is not None and not found and not says_something(statement):
        form.add_error("evidence", gettext("Add evidence: the check found nothing to support this reason"))
    if form.errors or ground is None:
        return _show_refusal(request_id, status=422, errors=form.messages)
    evidence = {**found, **({"said": statement} if statement else {})}
    text = form.text.data
    by = signed_in().subject or Role.SELLER

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.refuse(uow, request_id, ground=ground, text=text, evidence=evidence, by=by, cause=cause)

    message = gettext("The request is refused. The customer has been notified and can contest it.")
    return run_move(request_id, act, message, reason=text)


@blueprint.post("/seller/requests/<request_id>/waiver")
@audience(Role.SELLER)
def waive(request_id: str) -> BaseResponse:
    """Give up a ground for this request, for good."""
    form = WaiverForm.read()
    ground = form.ground.data
    if ground is None:
        return show_request(request_id, status=422, errors=form.messages)
    message = gettext("You waived this reason for this request.")
    return run_move(request_id, lambda uow, cause: moves.waive_ground(uow, request_id, ground), message)


@blueprint.post("/seller/requests/<request_id>/kind")
@audience(Role.SELLER)
def propose_kind(request_id: str) -> BaseResponse:
    """Propose another kind; the customer or the marketplace confirms it."""
    form = KindForm.read()
    kind = form.kind.data
    if kind is None:
        return show_request(request_id, status=422, errors=form.messages)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.change_kind(uow, request_id, kind, confirms=False, cause=cause)

    message = gettext("Proposed. It takes effect once the customer or the marketplace confirms it.")
    return run_move(request_id, act, message)


@blueprint.get("/seller/requests/<request_id>/resolution")
@audience(Role.SELLER)
def resolution(request_id: str) -> Response:
    """By a version that fixes it, or by an explanation."""
    return _show_resolution(request_id)


@blueprint.post("/seller/requests/<request_id>/resolution")
@audience(Role.SELLER)
def resolve(request_id: str) -> BaseResponse:
    """Mark the request as resolved; the customer may answer that it is not fixed."""
    form = ResolutionForm.read()
    how = form.how.data
    release_id = form.release_id.data if how == "release" else None
    text = form.text.data
    if how == "release" and release_id not in {release.id for release in _downloadable_releases(request_id)}:
        form.add_error("release_id", gettext("Choose the version that fixes it"))
    if how == "explanation" and not says_something(text):
        form.add_error("text", gettext("Explain to the customer how it was resolved"))
    if form.errors or how is None:
        return _show_resolution(request_id, status=422, errors=form.messages)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        moves.resolve(uow, request_id, how=how, release_id=release_id, text=text, cause=cause)

    message = gettext("Marked as resolved. The customer has been notified and can report that it is not fixed.")
    return run_move(request_id, act, message, reason=text)


@blueprint.get("/seller/requests/<request_id>/offer")
@audience(Role.SELLER)
def offer(request_id: str) -> Response:
    """A paid functional update, proposed to the customer."""
    return _show_offer(request_id)


@blueprint.post("/seller/requests/<request_id>/offer")
@audience(Role.SELLER)
def make_offer(request_id: str) -> BaseResponse:
    """Propose it. A fix that is owed stays owed."""
    form = OfferForm.read()
    paid = {release.id: release for release in _offerable_releases(request_id)}
    release_id = form.release_id.data
    if release_id not in paid:
        form.add_error("release_id", gettext("Choose the paid version you propose"))
    elif (form.amount.data or 0) > (paid[release_id].price_cents or 0):
        form.add_error("amount", gettext("The price cannot exceed the version’s sale price"))
    if form.errors:
        return _show_offer(request_id, status=422, errors=form.messages)
    amount = {"amount_cents": form.amount.data, "currency": paid[release_id].currency or "EUR"}
    text = form.text.data

    def act(uow: UnitOfWork, cause: Cause) -> None:
        offers.make_offer(uow, request_id, release_id=release_id, amount=amount, text=text, cause=cause)

    return run_move(request_id, act, gettext("Your offer has been sent to the customer."), reason=text)


def run_move(request_id: str, act: Act, message: str, *, reason: str = "") -> BaseResponse:
    """Run `act` once on a request of the seller's, and go on to the conversation."""
    identity = signed_in()

    def run(uow: UnitOfWork) -> None:
        visible_request(uow.session, checked_id(request_id), viewer_of(identity))
        limit_writing(identity, request_id)
        act(uow, cause_of(identity, reason))

    return run_form(
        run,
        message=message,
        next_url=url_for("mh_seller.request_page", request_id=request_id),
        refused=lambda why, status: show_request(request_id, status=status, refused=why),
    )


def _checks(request_id: str) -> list[dict[str, Any]]:
    """What the check at submission has found, as it is stored with the request."""
    with current_runtime().database.read_session() as session:
        return checks_of(visible_request(session, checked_id(request_id), viewer_of(signed_in())))


def _evidence(request_id: str, ground: Ground) -> dict[str, Any]:
    return {one["name"]: one["evidence"] for one in _checks(request_id) if one.get("ground") == ground}


def _show_refusal(request_id: str, *, status: int = 200, errors: Mapping[str, str] | None = None) -> Response:
    checks = check_facts(_checks(request_id))
    found = {ground.value: [one for one in checks if one.ground == ground] for ground in Ground}
    return show_request(
        request_id,
        name="refusal",
        status=status,
        errors=errors or {},
        grounds=list(Ground),
        is_excluded=is_excluded,
        found=found,
        has_found=any(found.values()),
        opposing={ground.value: [one for one in checks if one.name in names] for ground, names in CHECKS_OF.items()},
    )


def _downloadable_releases(request_id: str) -> list[Release]:
    """The product's last versions that the request's customer may download, newest first."""
    return _releases(request_id, downloadable_releases)


def _offerable_releases(request_id: str) -> list[Release]:
    """The paid versions that the request's customer can buy now, newest first."""
    return _releases(request_id, offerable_releases)


def _releases(
    request_id: str, read: Callable[[Session, SupportRequest, datetime, ZoneInfo], list[Release]]
) -> list[Release]:
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        request = visible_request(session, checked_id(request_id), viewer_of(signed_in()))
        found = read(session, request, runtime.now(), runtime.settings.reference_zone)
        session.expunge_all()
        return found


def _show_resolution(request_id: str, *, status: int = 200, errors: Mapping[str, str] | None = None) -> Response:
    releases = _downloadable_releases(request_id)
    return show_request(request_id, name="resolution", status=status, errors=errors or {}, releases=releases)


def _show_offer(request_id: str, *, status: int = 200, errors: Mapping[str, str] | None = None) -> Response:
    releases = _offerable_releases(request_id)
    return show_request(request_id, name="offer", status=status, errors=errors or {}, releases=releases)
