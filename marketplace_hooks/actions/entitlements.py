"""Action on entitlements: whether a customer may have support and updates, on a merchant site."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.business_care.entitlement import Entitlement, EntitlementQuestion
from ..services.business_care.entitlement_lookup import judge_entitlement_now
from ..services.business_care.entitlements import PurchaseFilter, judge_entitlement
from ..services.core.runtime import Runtime
from .base import Actions, require_aware


class EntitlementActions(Actions):
    """Questions about entitlements. Nothing is written."""

    def check(
        self,
        *,
        purchase_id: str | None = None,
        customer_id: str | None = None,
        product_id: str | None = None,
        shop_url: str | None = None,
        at: datetime | None = None,
        session: HostSession | None = None,
    ) -> Entitlement:
        """Judge one purchase, or a customer's purchases of a product; of several, the best answer.

        `at`, an aware datetime: as it stood then (None: now). An unknown purchase is an answer as well. Raises
        `ValueError` where neither `purchase_id`, nor `customer_id` with `product_id`, is given, and for a naive `at`.
        """
        if purchase_id is None and (customer_id is None or product_id is None):
            raise ValueError("give purchase_id, or customer_id with product_id")
        require_aware(at=at)
        asked = PurchaseFilter(purchase_id=purchase_id, customer_id=customer_id, product_id=product_id)
        runtime = self._context.current_runtime()
        question = EntitlementQuestion(
            at=at or runtime.now(),
            zone=runtime.settings.reference_zone,
            product=product_id,
            site=shop_url,
            test_prefixes=runtime.settings.test_prefixes,
        )
        if at is None and session is None:
            return judge_entitlement_now(runtime, asked, question, token_id=None)

        def read(reading: Session, runtime: Runtime) -> Entitlement:
            return judge_entitlement(reading, asked, question, as_of_now=at is None)

        return self._read(read, session)
