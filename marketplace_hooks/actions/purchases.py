"""Actions on purchases: a customer's list, and what may be downloaded."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.business_care.entitlement import EntitlementQuestion
from ..services.business_care.holders import Holder
from ..services.business_care.subscription_view import PurchaseListItem, list_purchases
from ..services.core.runtime import Runtime
from ..services.releases.downloads import Download, ReleasePosition, link_to, list_downloads
from .base import Actions


class PurchaseActions(Actions):
    """Questions about purchases. `customer_id`, if given, must be the holder of the purchase: else `NotFound`."""

    def of_customer(
        self, customer_id: str, *, after: str | None = None, limit: int = 20, session: HostSession | None = None
    ) -> tuple[list[PurchaseListItem], str | None]:
        """A customer's purchases by id, each with its Business Care; and the `after` of the next page."""
        return self._read(
            lambda reading, runtime: list_purchases(
                reading, customer_id, runtime.now(), runtime.settings, after=after, limit=limit
            ),
            session,
        )

    def downloads(
        self,
        purchase_id: str,
        *,
        customer_id: str | None = None,
        after: ReleasePosition | None = None,
        limit: int = 20,
        session: HostSession | None = None,
    ) -> tuple[list[Download], ReleasePosition | None]:
        """The releases of the product, the newest first, each with why it may be downloaded or not; and the next page.

        Raises `NotFound`.
        """
        holder = Holder(purchase_id=purchase_id, customer_id=customer_id)

        def read(reading: Session, runtime: Runtime) -> tuple[list[Download], ReleasePosition | None]:
            return list_downloads(reading, holder, _now(runtime), after=after, limit=limit)

        return self._read(read, session)

    def download_link(
        self, release_id: str, purchase_id: str, *, customer_id: str | None = None, session: HostSession | None = None
    ) -> str:
        """The signed address of a release, valid for five minutes.

        Raises `NotFound`; `Forbidden`, whose code says why, where it may not be downloaded; `NotConfigured` without a
        `DOWNLOAD_SECRET`.
        """
        holder = Holder(purchase_id=purchase_id, customer_id=customer_id)
        return self._read(
            lambda reading, runtime: link_to(reading, runtime.settings, holder, release_id, _now(runtime)), session
        )


def _now(runtime: Runtime) -> EntitlementQuestion:
    return EntitlementQuestion(at=runtime.now(), zone=runtime.settings.reference_zone)
