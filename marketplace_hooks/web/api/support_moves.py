"""Moves of a support request: one operation for each thing that a side can do about it.

An impossible move is a 409 that names both states.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Response
from marshmallow import Schema

from ...errors import Forbidden
from ...models.access import Role
from ...models.proposals import ProposedAct
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import messages, moves, offers, proposals, submission
from ...services.support.eligibility_checks import GivenSite, check_for_information
from ...services.support.requests import visible_request
from ...services.support.transitions import locked_request
from ..actors import cause_of, message_of, viewer_of
from ..identity.authorization import signed_in
from ..rate_limits import limit_writing
from ..state import current_runtime
from . import support_schemas as schemas
from .idempotency import respond_once
from .operations import operation
from .request_schemas import WholeRequestSchema
from .support_requests import detail_of

SELLERS = (Role.SELLER, Role.PLATFORM)
CUSTOMERS = (Role.CUSTOMER, Role.PLATFORM)
OPERATORS = (Role.OPERATOR, Role.PLATFORM)
EVERYBODY = (Role.CUSTOMER, Role.SELLER, Role.OPERATOR, Role.PLATFORM)
_DETAIL = WholeRequestSchema()


Act = Callable[[UnitOfWork, str, dict[str, Any], Cause], SupportRequest]


def request_move(path: str, roles: tuple[Role, ...], body: type[Schema]) -> Callable[[Act], Act]:
    """Register `POST /support-requests/{id}/<path>`: run once, answered with the request after it."""

    def register(act: Act) -> Act:
        def view(body: dict[str, Any], request_id: str) -> Response:
            identity = signed_in()
            cause = cause_of(identity, body.get("text", ""))

            def move(uow: UnitOfWork) -> dict[str, Any]:
                visible_request(uow.session, request_id, viewer_of(identity))
                limit_writing(identity, request_id)
                return detail_of(uow, act(uow, request_id, body, cause))

            return respond_once(move, _DETAIL, status=200)

        view.__name__ = act.__name__
        view.__doc__ = act.__doc__
        call = operation(
            "POST",
            f"/support-requests/<request_id>/{path}",
            tag="Support",
            roles=roles,
            body=body,
            response=WholeRequestSchema,
            refusals=(400, 404, 415),
        )
        call(view)
        return act

    return register


@request_move("messages", EVERYBODY, schemas.MessageSchema)
def post_support_message(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Add a message to the thread. A personal answer from the seller's side counts as the first response.

    The platform may post for any side, and says whether a person wrote it. A message from a program counts as a first
    response only once an operator confirms it.
    """
    identity = signed_in()
    message = message_of(
        identity,
        request_id,
        message_id=f"msg_{uuid.uuid4().hex}",
        body=body["body"],
        received_at=uow.now,
        subject=body["subject"],
        visibility=body["visibility"],
        attachments=body["attachments"],
    )
    if identity.role is Role.PLATFORM:  # only the platform posts for another side, and says whether a person wrote it.
        side = body["side"] or message.side
        visibility = body["visibility"] if side != "customer" else "public"
        message = replace(message, side=side, author_type=body["author_type"], visibility=visibility)
    messages.post_message(uow, message, cause)
    return locked_request(uow.session, request_id)


@request_move("refusal", SELLERS, schemas.RefusalSchema)
def refuse_support_request(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Refuse for one of the six reasons (`ground`). The customer may contest. With only a token, it is a proposal.

    The reason must be one that this request allows; otherwise it is a 422 that says why. A proposal must be
    confirmed by a person on the seller's side.
    """
    given = {name: body[name] for name in ("ground", "text", "evidence")}
    if not _is_by_person(body):
        return _propose(uow, request_id, ProposedAct.REFUSAL, {**given, "ground": body["ground"].value}, cause)
    return moves.refuse(uow, request_id, **given, by=signed_in().subject or cause.actor, cause=cause)


@request_move("waiver", SELLERS, schemas.GroundSchema)
def waive_ground(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Waive a reason for refusing this request, permanently.

    The seller can no longer refuse this request for that reason.
    """
    return moves.waive_ground(uow, request_id, body["ground"])


@request_move("kind", EVERYBODY, schemas.KindSchema)
def change_request_kind(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Propose another type of request, as the seller; or set it, as the customer or an operator.

    What the request is about decides which deadlines run. A seller's proposal changes nothing until it is confirmed.
    """
    confirms = signed_in().role is not Role.SELLER
    return moves.change_kind(uow, request_id, body["kind"], confirms=confirms, cause=cause)


@request_move("resolution", SELLERS, schemas.ResolutionSchema)
def resolve_support_request(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Resolve the request with a release or an explanation. With only a token, it is a proposal.

    A release must be published and available to the customer; otherwise it is a 422. The customer may say that it is
    not fixed.
    """
    given = {name: body[name] for name in ("how", "release_id", "text")}
    if not _is_by_person(body):
        return _propose(uow, request_id, ProposedAct.RESOLUTION, given, cause)
    return moves.resolve(uow, request_id, **given, cause=cause)


@request_move("offer", SELLERS, schemas.OfferSchema)
def offer_paid_update(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Propose a paid update. The fix deadline of an anomaly keeps running.

    With only a token, it does not count as a first response yet.

    The amount must not exceed the release's price. While an accepted offer is not bought: 409 `offer_awaits_purchase`.
    """
    given = {name: body[name] for name in ("release_id", "amount", "text")}
    if not _is_by_person(body):
        return _propose(uow, request_id, ProposedAct.OFFER, given, cause)
    return offers.make_offer(uow, request_id, **given, cause=cause)


@request_move("offer/answer", CUSTOMERS, schemas.OfferAnswerSchema)
def answer_paid_update(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Accept or decline a paid update.

    An accepted update resolves the request once it has been bought. Without an open offer it is a 409 `no_offer`. Name
    the `release_id` and `amount` that the customer has seen: if the seller has made another offer since, it is a 409
    `offer_changed`.
    """
    seen = offers.OfferSeen(release_id=body["release_id"], amount=body["amount"])
    return offers.answer_offer(uow, request_id, accepted=body["accepted"], seen=seen, cause=cause)


@request_move("not-fixed", CUSTOMERS, schemas.OptionalTextSchema)
def say_not_fixed(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Report that it is not fixed, within the time allowed: the fix deadline resumes.

    After that time, it is a 409 `too_late`.
    """
    return moves.report_not_fixed(uow, request_id, text=body["text"], cause=cause)


@request_move("contest", CUSTOMERS, schemas.TextSchema)
def contest_refusal(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Contest a refusal: the marketplace decides.

    A refusal can be contested until its `contest_until`. An operator upholds or overturns it.
    """
    return proposals.contest(uow, request_id, text=body["text"], cause=cause)


@request_move("overturn", OPERATORS, schemas.TextSchema)
def overturn_refusal(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Overturn a contested refusal: the fix deadline resumes, with at least five business days.

    The seller cannot refuse this request for that reason again.
    """
    return moves.overturn(uow, request_id, reason=body["text"], cause=cause)


@request_move("uphold", OPERATORS, schemas.TextSchema)
def uphold_refusal(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Uphold a contested refusal: the request is closed.

    The reason is kept with the refusal.
    """
    return moves.uphold(uow, request_id, reason=body["text"], cause=cause)


@request_move("extension", OPERATORS, schemas.ExtensionSchema)
def extend_fix(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Give the seller more business days, with a reason that both sides see.

    Only a running fix deadline can be extended; otherwise it is a 409 `clock_not_running`.
    """
    return moves.extend_fix(uow, request_id, days=body["business_days"], reason=body["text"], cause=cause)


@request_move("information", CUSTOMERS, schemas.InformationSchema)
def complete_information(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Add missing information: the site is checked again, and the deadlines start once nothing is missing.

    Give the address of the site, or the id of a check. What is still missing is in `missing`.
    """
    site = GivenSite(check_id=body["check_id"], shop_url=body["shop_url"], credentials=None, declared=None)
    request = locked_request(uow.session, request_id)
    check_id = check_for_information(current_runtime(), uow, request, site)
    return submission.complete_information(uow, request_id, shop_url=site.shop_url, check_id=check_id, cause=cause)


@request_move("send-as-is", CUSTOMERS, schemas.OptionalTextSchema)
def send_as_is(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Send the request as it is, without the missing information: the deadlines start now.

    For a customer who cannot find out what is missing. What is unknown stays unknown, and the seller may ask about it.
    """
    return submission.send_as_is(uow, request_id, cause)


@request_move("withdrawal", CUSTOMERS, schemas.OptionalTextSchema)
def withdraw_support_request(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Withdraw the request.

    The request is closed, and its deadlines end. It cannot be opened again.
    """
    return moves.withdraw(uow, request_id, cause)


@request_move("confirmations", (Role.SELLER, *OPERATORS), schemas.ConfirmationSchema)
def confirm(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Confirm or decline a message as a first response, or a proposal. Once confirmed, it counts from its receipt.

    Operators judge messages; a person on the seller's side judges proposals. If it has already been judged, this is a
    409 `already_judged`.
    """
    identity = signed_in()
    actor = identity.subject or cause.actor
    if body["proposal_id"] is not None:
        if identity.role is Role.OPERATOR or not _is_by_person(body):
            raise Forbidden("only a person on the seller's side can confirm a proposal", code="person_required")
        return proposals.judge_proposal(
            uow, request_id, body["proposal_id"], confirmed=body["counts"], actor=actor, cause=cause
        )
    if identity.role is Role.SELLER:
        raise Forbidden("only the marketplace can decide whether a message is a first response")
    messages.confirm_message(uow, request_id, body["message_id"], counts=body["counts"], actor=actor, cause=cause)
    return locked_request(uow.session, request_id)


def _is_by_person(body: dict[str, Any]) -> bool:
    """Whether a person acts: signed in themselves, or the platform vouches for it. A bearer token says so of nobody."""
    identity = signed_in()
    return identity.token_id is None or (identity.role is Role.PLATFORM and body["author_type"] == "human")


def _propose(
    uow: UnitOfWork, request_id: str, act: ProposedAct, details: dict[str, Any], cause: Cause
) -> SupportRequest:
    return proposals.propose(uow, request_id, act, details, author=signed_in().subject or cause.actor, cause=cause)
