"""Actions on the Business Care of a purchase: read, renewal cancelled or enabled, reactivated."""

from __future__ import annotations

from typing import Any

from ..database.host_session import HostSession
from ..services.business_care.holders import Holder
from ..services.business_care.renewal_requests import request_reactivation, request_renewal
from ..services.business_care.subscription_view import SubscriptionView, read_subscription
from .base import Actions, Payer, cause_of


class SubscriptionActions(Actions):
    """Actions on Business Care.

    `customer_id`, if given, must be the holder of the purchase: else `NotFound`, as for an unknown purchase. A
    free product has none: `NotFound` with the code `no_business_care`.
    """

    def get(
        self, purchase_id: str, *, customer_id: str | None = None, session: HostSession | None = None
    ) -> SubscriptionView:
        """The Business Care as it is now: periods, charges, notices, the next renewal, what a reactivation costs."""
        holder = Holder(purchase_id=purchase_id, customer_id=customer_id)
        return self._read(
            lambda reading, runtime: read_subscription(reading, holder, runtime.now(), runtime.settings),
            session,
        )

    def cancel_renewal(
        self,
        purchase_id: str,
        *,
        customer_id: str | None = None,
        actor: Payer = "customer",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SubscriptionView:
        """Cancel the tacit renewal, as received now. `Conflict` where nothing is left to renew."""
        return self._renew(purchase_id, customer_id, actor, by, session, enabled=False)

    def enable_renewal(
        self,
        purchase_id: str,
        *,
        customer_id: str | None = None,
        actor: Payer = "customer",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SubscriptionView:
        """Enable the renewal again. `Conflict` for a withdrawn product, and where nothing is left to renew."""
        return self._renew(purchase_id, customer_id, actor, by, session, enabled=True)

    def reactivate(
        self,
        purchase_id: str,
        *,
        customer_id: str | None = None,
        actor: Payer = "customer",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> dict[str, Any]:
        """Ask the platform to charge for an expired Business Care; what `subscription.reactivation_due` says.

        Raises `Conflict` if it has not expired, or cannot be reactivated.
        """
        holder = Holder(purchase_id=purchase_id, customer_id=customer_id)
        cause = cause_of(actor, by)
        return self._write(lambda uow: request_reactivation(uow, holder, cause), cause, by, session)

    def _renew(
        self,
        purchase_id: str,
        customer_id: str | None,
        actor: Payer,
        by: str | None,
        session: HostSession | None,
        *,
        enabled: bool,
    ) -> SubscriptionView:
        holder = Holder(purchase_id=purchase_id, customer_id=customer_id)
        cause = cause_of(actor, by)
        return self._write(lambda uow: request_renewal(uow, holder, enabled=enabled, cause=cause), cause, by, session)
