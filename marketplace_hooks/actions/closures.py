"""Actions on closures: the days on which a seller does not work, declared, shortened, cancelled and listed."""

from __future__ import annotations

from datetime import date

from ..database.host_session import HostSession
from ..services.core.unit_of_work import UnitOfWork
from ..services.support.closures import (
    ShownClosure,
    cancel_own_closure,
    closures_of_seller,
    declare_own_closure,
    shorten_own_closure,
    shown_after_change,
)
from .base import Actions, SellerSide, cause_of


class ClosureActions(Actions):
    """Actions on closures. Customers are notified of each change, with its `reason` if there is one.

    `actor`: the seller, or the platform that declares it for them. Each raises `NotFound`, also for another seller's.
    """

    def of_seller(self, seller_id: str, *, session: HostSession | None = None) -> list[ShownClosure]:
        """The closures that customers see: running or to come, the next first."""
        return self._read(
            lambda reading, runtime: closures_of_seller(reading, seller_id, runtime.now(), runtime.settings), session
        )

    def declare(
        self,
        seller_id: str,
        *,
        first_day: date,
        last_day: date | None = None,
        reason: str = "",
        actor: SellerSide = "seller",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> ShownClosure:
        """Declare a closure, both days included; `last_day` None: until it is shortened.

        It is announced now, and suspends the deadlines of later requests. Raises `PayloadRejected` for days that have
        passed or are in the wrong order, `Conflict` for too many closures.
        """
        cause = cause_of(actor, by, reason)

        def act(uow: UnitOfWork) -> ShownClosure:
            closure = declare_own_closure(uow, seller_id, first_day=first_day, last_day=last_day, cause=cause)
            return shown_after_change(uow, closure)

        return self._write(act, cause, by, session)

    def shorten(
        self,
        seller_id: str,
        closure_id: str,
        *,
        last_day: date,
        reason: str = "",
        actor: SellerSide = "seller",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> ShownClosure:
        """End a closure earlier; one that has begun, today at the earliest.

        Raises `Conflict` for more days (declare another closure) and for a closure that is over, `PayloadRejected`
        where nothing would be left of it.
        """
        cause = cause_of(actor, by, reason)

        def act(uow: UnitOfWork) -> ShownClosure:
            return shown_after_change(uow, shorten_own_closure(uow, seller_id, closure_id, last_day, cause))

        return self._write(act, cause, by, session)

    def cancel(
        self,
        seller_id: str,
        closure_id: str,
        *,
        reason: str = "",
        actor: SellerSide = "seller",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> None:
        """Cancel a closure; one that has begun ends today. Raises `Conflict` for one that is over."""
        cause = cause_of(actor, by, reason)

        def act(uow: UnitOfWork) -> None:
            cancel_own_closure(uow, seller_id, closure_id, cause)

        self._write(act, cause, by, session)
