"""Actions on support requests: submitted, read, answered; the moves of each side stand in `support_moves.py`."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.support.state_machine import Kind
from ..errors import NotFound
from ..models.products import Product
from ..models.support import SupportRequest
from ..services.core.runtime import JobKind, Runtime
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.support import messages, submission
from ..services.support.requests import Viewer, request_detail, visible_request
from ..services.support.transitions import locked_request
from .base import RequestSide
from .support_moves import CustomerMoves, MarketplaceMoves, SellerMoves


class SupportActions(SellerMoves, CustomerMoves, MarketplaceMoves):
    """Actions on support requests. Each one that changes a request returns the changed `SupportRequest`."""

    def submit(
        self,
        *,
        purchase_id: str,
        subject: str,
        body: str,
        kind: Kind = Kind.ANOMALY,
        shop_url: str | None = None,
        check_id: str | None = None,
        as_it_is: bool = False,
        request_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Ask for support: judged once; the clocks start if nothing is missing. Raises `NotFound`.

        `check_id`: an earlier check of the site. `as_it_is`: send it although something is unknown. With a `request_id`
        that is known already, nothing is done, and the request is returned as it stands.
        """

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            purchase = submission.purchase_of(uow.session, purchase_id, None)
            new = submission.NewRequest(
                request_id=request_id or _new_id(),
                customer_id=purchase.customer_id,
                product_id=purchase.product_id,
                purchase_id=purchase_id,
                subject=subject,
                body=body,
                submitted_at=uow.now,
                kind=Kind(kind),
                shop_url=shop_url,
                check_id=check_id,
                as_it_is=as_it_is,
            )
            uow.wakeups.add(JobKind.DELIVERIES)
            return submission.submit(uow, new, cause)

        return self._move(move, "customer", by, session)

    def submit_presale(
        self,
        *,
        customer_id: str,
        product_id: str,
        subject: str,
        body: str,
        request_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Ask about a product before buying it: accepted, and without a clock. Raises `NotFound`."""

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            if uow.session.get(Product, product_id) is None:
                raise NotFound(f"there is no product {product_id}")
            new = submission.NewRequest(
                request_id=request_id or _new_id(),
                customer_id=customer_id,
                product_id=product_id,
                purchase_id=None,
                subject=subject,
                body=body,
                submitted_at=uow.now,
                kind=Kind.QUESTION,
                presale=True,
            )
            return submission.submit(uow, new, cause)

        return self._move(move, "customer", by, session)

    def get(
        self,
        request_id: str,
        *,
        seller_id: str | None = None,
        customer_id: str | None = None,
        session: HostSession | None = None,
    ) -> dict[str, Any]:
        """Everything about a request, as the API shows it to this seller or customer, else to the marketplace.

        Raises `NotFound`, for another's request as well.
        """
        viewer = Viewer(seller_id=seller_id, customer_id=customer_id)

        def read(reading: Session, runtime: Runtime) -> dict[str, Any]:
            request = visible_request(reading, request_id, viewer)
            return request_detail(reading, request, viewer, now=runtime.now(), settings=runtime.settings)

        return self._read(read, session)

    def post_message(
        self,
        request_id: str,
        *,
        side: RequestSide,
        body: str,
        author_type: Literal["human", "automation"] | None = "human",
        subject: str = "",
        visibility: Literal["public", "internal"] = "public",
        attachments: int = 0,
        message_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Add a message to the thread. A personal answer of the seller's side acknowledges the request.

        `author_type` None: you do not say whether a person wrote it, and an operator judges. With a `message_id` that
        is known already, nothing is done. Raises `NotFound`.
        """
        if author_type not in (None, "human", "automation") or visibility not in ("public", "internal"):
            raise ValueError("author_type is human, automation or None; visibility is public or internal")

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            new = messages.NewMessage(
                request_id=request_id,
                message_id=message_id or f"msg_{uuid.uuid4().hex}",
                side=side,
                author=by or side,
                author_type=author_type,
                received_at=uow.now,
                body=body,
                subject=subject,
                visibility=visibility if side != "customer" else "public",
                attachments=attachments,
            )
            messages.post_message(uow, new, cause)
            return locked_request(uow.session, request_id)

        return self._move(move, side, by, session)

    def confirm_message(
        self,
        request_id: str,
        message_id: str,
        *,
        counts: bool,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """An operator judges whether a message acknowledges the request; it then counts at its receipt.

        Raises `NotFound`, and `Conflict` where it has been judged already.
        """

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            actor = by or "marketplace"
            messages.confirm_message(uow, request_id, message_id, counts=counts, actor=actor, cause=cause)
            return locked_request(uow.session, request_id)

        return self._move(move, "marketplace", by, session)

    def complete_information(
        self,
        request_id: str,
        *,
        shop_url: str | None = None,
        check_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """The customer provides what was missing: the site is judged again. Raises `NotFound`, `Conflict`."""
        return self._move(
            lambda uow, cause: submission.complete_information(
                uow, request_id, shop_url=shop_url, check_id=check_id, cause=cause
            ),
            "customer",
            by,
            session,
        )

    def send_as_is(
        self, request_id: str, *, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """The customer sends the request although something is unknown; clocks start. Raises `NotFound`, `Conflict`."""
        return self._move(lambda uow, cause: submission.send_as_is(uow, request_id, cause), "customer", by, session)


def _new_id() -> str:
    return f"req_{uuid.uuid4().hex}"
