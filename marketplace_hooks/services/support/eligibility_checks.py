"""How is a customer told, before anything is sent, whether a request would be accepted?

A check is an inspection of the purchase's own site with the purchase beside it. Another host than the bound one is
never inspected (`domain.md` 20), nor is any when nobody is entitled: such a check is done at once, with what is known.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import Code, EntitlementOutcome
from ...domain.inspections.declarations import Declaration
from ...domain.merchant_sites import parse
from ...models.inspections import Inspection, InspectionOutcome, InspectionState
from ...models.products import Product
from ...models.purchases import Purchase
from ...remote.probes.protocol import Credentials
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import UnitOfWork
from ..inspections.requests import (
    InspectionView,
    StartedInspection,
    credentials_of,
    host_of,
    read_inspection,
    request_inspection,
)
from .eligibility import Judgement, checks_as_json, judge_submission
from .submission import purchase_of


@dataclass(frozen=True, kw_only=True)
class EligibilityCheck:
    """A check as it stands: still running, or done with an outcome. `judged` holds what is known until now."""

    purchase: Purchase
    told: InspectionView
    judged: Judgement

    @property
    def check_id(self) -> str:
        """The check's id."""
        return self.told.check_id

    @property
    def running(self) -> bool:
        """Whether more may still be found."""
        return self.told.state is not InspectionState.DONE

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every check, with what it has found so far."""
        return checks_as_json(self.judged.eligibility)


def start_check(
    runtime: Runtime,
    uow: UnitOfWork,
    purchase: Purchase,
    *,
    shop_url: str | None,
    credentials: Credentials | None,
    declared: Declaration | None,
    fresh: bool = False,
) -> StartedInspection:
    """Start a check of the site that a request would be about; a worker inspects it, if it may be inspected."""
    uow.wakeups.add(JobKind.INSPECTIONS)
    judged = judge_submission(uow.session, purchase, at=uow.now, shop_url=shop_url, check_id=None, zone=uow.zone)
    code = judged.entitlement.code
    outcome = judged.entitlement.outcome
    ours = code not in (Code.SHOP_SCOPE_MISMATCH, Code.SHOP_SCOPE_REQUIRED, Code.SHOP_URL_INVALID, Code.SHOP_NOT_BOUND)
    if shop_url is None or not ours or outcome is EntitlementOutcome.NOT_ENTITLED:
        return _nothing_to_inspect(uow, purchase, shop_url, declared)
    return request_inspection(
        runtime,
        uow,
        shop_url,
        module=uow.session.get_one(Product, purchase.product_id).technical_name,
        purchase_id=purchase.id,
        credentials=credentials,
        declared=declared,
        fresh=fresh,
    )


def check_again(
    runtime: Runtime, uow: UnitOfWork, purchase: Purchase, check_id: str, *, credentials: Credentials | None
) -> StartedInspection:
    """Look at the same site once more, with new credentials or those given before, and with what was declared."""
    told = read_inspection(uow.session, check_id)
    return start_check(
        runtime,
        uow,
        purchase,
        shop_url=told.url or None,
        credentials=credentials or credentials_of(runtime, uow.session, check_id),
        declared=told.declared,
        fresh=True,
    )


def read_check(session: Session, check_id: str, *, customer_id: str | None, zone: Any) -> EligibilityCheck:
    """The check as it stands. Raises `NotFound` for an unknown one, and for another customer's."""
    told = read_inspection(session, check_id)
    purchase = purchase_of(session, told.purchase_id or "", customer_id)
    judged = judge_submission(
        session, purchase, at=told.created_at, shop_url=told.url or None, check_id=check_id, zone=zone
    )
    return EligibilityCheck(purchase=purchase, told=told, judged=judged)


def _nothing_to_inspect(
    uow: UnitOfWork, purchase: Purchase, shop_url: str | None, declared: Declaration | None
) -> StartedInspection:
    site = parse(shop_url) if shop_url else None
    inspection = Inspection(
        id=f"chk_{uuid.uuid4().hex}",
        url=shop_url or "",
        host=host_of(site) if site is not None else "",
        module=None,
        purchase_id=purchase.id,
        declared=declared.as_json() if declared else None,
        nonce=secrets.token_hex(16),
        with_credentials=False,
        state=InspectionState.DONE,
        outcome=InspectionOutcome.NOTHING,
        created_at=uow.now,
        finished_at=uow.now,
    )
    uow.session.add(inspection)
    return StartedInspection(check_id=inspection.id, nonce=inspection.nonce, report_key="", reused=False)
