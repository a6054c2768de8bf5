"""Moves of a support request, as Python actions: what the seller, the customer and the marketplace can do about it.

Each returns the request after it. Each raises `NotFound`, `Conflict` for a move that is impossible in its state, and
`PayloadRejected` for a text or evidence that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..database.host_session import HostSession
from ..domain.support.refusal_grounds import Ground
from ..domain.support.state_machine import Kind
from ..models.support import SupportRequest
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.support import moves, offers, proposals, refund_deferral, refunds
from ..services.support.transitions import locked_request
from .base import Actions, RequestSide, cause_of

_Move = Callable[[UnitOfWork, Cause], SupportRequest]


class RequestMoves(Actions):
    """Base class of the moves below."""

    def _move(self, move: _Move, actor: str, by: str | None, session: HostSession | None) -> SupportRequest:
        cause = cause_of(actor, by)
        return self._write(lambda uow: move(uow, cause), cause, by, session)


class SellerMoves(RequestMoves):
    """Moves of the seller. They count as a person's: a refusal or a resolution from Python acknowledges the request."""

    def refuse(
        self,
        request_id: str,
        *,
        ground: Ground,
        text: str,
        evidence: Mapping[str, Any],
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Refuse on one of the six grounds. The customer may contest."""
        given: dict[str, Any] = {"ground": Ground(ground), "text": text, "evidence": evidence, "by": by or "seller"}
        return self._move(lambda uow, cause: moves.refuse(uow, request_id, **given, cause=cause), "seller", by, session)

    def waive_ground(
        self, request_id: str, ground: Ground, *, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Give up a ground for this request, permanently."""
        return self._move(
            lambda uow, _cause: moves.waive_ground(uow, request_id, Ground(ground)), "seller", by, session
        )

    def resolve(
        self,
        request_id: str,
        *,
        how: Literal["release", "explanation"],
        release_id: str | None = None,
        text: str = "",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Resolve the request with a release that the customer may download, or with an explanation."""
        if how not in ("release", "explanation"):
            raise ValueError(f"how is release or explanation, not {how!r}")
        given: dict[str, Any] = {"how": how, "release_id": release_id, "text": text}
        return self._move(
            lambda uow, cause: moves.resolve(uow, request_id, **given, cause=cause), "seller", by, session
        )

    def offer_paid_update(
        self,
        request_id: str,
        *,
        release_id: str,
        amount_cents: int,
        currency: str,
        text: str,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Propose a paid update, at most at the price of the release. The fix of an anomaly is still owed."""
        amount = {"amount_cents": amount_cents, "currency": currency}
        given: dict[str, Any] = {"release_id": release_id, "amount": amount, "text": text}
        return self._move(
            lambda uow, cause: offers.make_offer(uow, request_id, **given, cause=cause), "seller", by, session
        )

    def judge_proposal(
        self,
        request_id: str,
        proposal_id: str,
        *,
        confirmed: bool,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """A person of the seller's side confirms what a program proposed, which then counts at its receipt."""
        return self._move(
            lambda uow, cause: proposals.judge_proposal(
                uow, request_id, proposal_id, confirmed=confirmed, actor=by or "seller", cause=cause
            ),
            "seller",
            by,
            session,
        )

    def change_kind(
        self,
        request_id: str,
        kind: Kind,
        *,
        actor: RequestSide,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """The seller proposes another kind; the customer or the marketplace sets it."""
        return self._move(
            lambda uow, cause: moves.change_kind(uow, request_id, Kind(kind), confirms=actor != "seller", cause=cause),
            actor,
            by,
            session,
        )


class CustomerMoves(RequestMoves):
    """Moves of the customer."""

    def answer_offer(
        self,
        request_id: str,
        *,
        accepted: bool,
        release_id: str | None = None,
        amount: Mapping[str, Any] | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Accept or decline a paid update: the one that the customer has seen, if `release_id` and `amount` say which.

        `amount` is written as in the API. If the seller has made another offer since: `Conflict`, `offer_changed`.
        """
        seen = offers.OfferSeen(release_id=release_id, amount=amount)
        return self._move(
            lambda uow, cause: offers.answer_offer(uow, request_id, accepted=accepted, seen=seen, cause=cause),
            "customer",
            by,
            session,
        )

    def report_not_fixed(
        self, request_id: str, *, text: str = "", by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Report, within the business days allowed, that it is not fixed: the fix deadline resumes."""
        return self._move(
            lambda uow, cause: moves.report_not_fixed(uow, request_id, text=text, cause=cause), "customer", by, session
        )

    def contest(
        self, request_id: str, *, text: str, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Contest a refusal: the marketplace decides."""
        return self._move(
            lambda uow, cause: proposals.contest(uow, request_id, text=text, cause=cause), "customer", by, session
        )

    def withdraw(self, request_id: str, *, by: str | None = None, session: HostSession | None = None) -> SupportRequest:
        """Withdraw the request. It cannot be reopened."""
        return self._move(lambda uow, cause: moves.withdraw(uow, request_id, cause), "customer", by, session)

    def defer_refund(
        self, request_id: str, *, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Prefer the fix to the refund that is due: a new date is set for it."""

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            request = locked_request(uow.session, request_id)
            refund_deferral.defer_refund(uow, request, cause)
            return request

        return self._move(move, "customer", by, session)

    def ask_refund_again(
        self, request_id: str, *, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Ask for the refund after all, having preferred the fix."""

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            request = locked_request(uow.session, request_id)
            refund_deferral.ask_again(uow, request, cause)
            return request

        return self._move(move, "customer", by, session)


class MarketplaceMoves(RequestMoves):
    """Decisions of the marketplace. `by` is the operator, who is named in outgoing events."""

    def overturn(
        self, request_id: str, *, text: str, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Overturn a contested refusal: the fix deadline resumes, with at least five business days."""
        return self._move(
            lambda uow, cause: moves.overturn(uow, request_id, reason=text, cause=cause), "marketplace", by, session
        )

    def uphold(
        self, request_id: str, *, text: str, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """Uphold a contested refusal: the request is closed."""
        return self._move(
            lambda uow, cause: moves.uphold(uow, request_id, reason=text, cause=cause), "marketplace", by, session
        )

    def extend_fix(
        self,
        request_id: str,
        *,
        business_days: int,
        text: str,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Give the seller more business days, with a reason that both sides see."""
        if not 1 <= business_days <= moves.LONGEST_EXTENSION:
            raise ValueError(f"business_days is from 1 to {moves.LONGEST_EXTENSION}")
        return self._move(
            lambda uow, cause: moves.extend_fix(uow, request_id, days=business_days, reason=text, cause=cause),
            "marketplace",
            by,
            session,
        )

    def request_refund(
        self,
        request_id: str,
        *,
        text: str,
        with_period: bool = False,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Request the refund now; `with_period`: the current period as well."""

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            request = locked_request(uow.session, request_id)
            refunds.approve_refund(uow, request, with_period=with_period, reason=text, cause=cause)
            return request

        return self._move(move, "marketplace", by, session)
