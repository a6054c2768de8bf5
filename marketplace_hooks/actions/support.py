"""Actions on support requests: submitted, completed, sent as they are.

What each side can do about one is in `support_moves.py`, its messages in `support_conversation.py`, and how it is read
in `support_readings.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..database.host_session import HostSession
from ..domain.support.state_machine import Kind
from ..errors import NotFound
from ..models.products import Product
from ..models.purchases import Customer
from ..models.support import SupportRequest
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.support import submission
from ..services.support.eligibility_checks import GivenSite, check_for_information, check_for_request
from ..services.support.transitions import locked_request
from .eligibility import SiteCredentials, given_site
from .support_conversation import Conversation
from .support_moves import CustomerMoves, MarketplaceMoves, SellerMoves
from .support_readings import RequestReadings


class SupportActions(SellerMoves, CustomerMoves, MarketplaceMoves, Conversation, RequestReadings):
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
        credentials: SiteCredentials | None = None,
        declared: Mapping[str, Any] | None = None,
        as_it_is: bool = False,
        request_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Ask for support: judged once; the clocks start if nothing is missing. Raises `NotFound`.

        `check_id`: an earlier check; else `credentials` and `declared` start one, as in `hooks.eligibility.start`.
        `as_it_is`: send it although something is unknown. A `request_id` that is known returns that request as it is.
        """
        runtime = self._context.current_runtime()
        site = given_site(check_id, shop_url, credentials, declared)

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            purchase = submission.purchase_of(uow.session, purchase_id, None)
            id_ = request_id or _new_id()
            is_known = submission.known_request(uow.session, id_) is not None
            new = submission.NewRequest(
                request_id=id_,
                customer_id=purchase.customer_id,
                product_id=purchase.product_id,
                purchase_id=purchase_id,
                subject=subject,
                body=body,
                submitted_at=uow.now,
                kind=Kind(kind),
                shop_url=shop_url,
                check_id=None if is_known else check_for_request(runtime, uow, purchase, site),
                as_it_is=as_it_is,
            )
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
            if uow.session.get(Customer, customer_id) is None:
                raise NotFound(f"there is no customer {customer_id}")
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

    def complete_information(
        self,
        request_id: str,
        *,
        shop_url: str | None = None,
        check_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """The customer provides what was missing: the site is checked again. Raises `NotFound`, `Conflict`."""
        runtime = self._context.current_runtime()
        site = GivenSite(check_id=check_id, shop_url=shop_url, credentials=None, declared=None)

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            request = locked_request(uow.session, request_id)
            checked = check_for_information(runtime, uow, request, site)
            return submission.complete_information(uow, request_id, shop_url=shop_url, check_id=checked, cause=cause)

        return self._move(move, "customer", by, session)

    def send_as_is(
        self, request_id: str, *, by: str | None = None, session: HostSession | None = None
    ) -> SupportRequest:
        """The customer sends the request although something is unknown; clocks start. Raises `NotFound`, `Conflict`."""
        return self._move(lambda uow, cause: submission.send_as_is(uow, request_id, cause), "customer", by, session)


def _new_id() -> str:
    return f"req_{uuid.uuid4().hex}"
