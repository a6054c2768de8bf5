"""Eligibility checks: whether a support request would be accepted, before it is sent.

A check is an inspection of the site of a purchase. A host other than the bound one is never inspected (`rules.md` 20),
nor is any when nobody is entitled: such a check is done at once, with what is known.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.audit_actions import AuditAction
from ...domain.inspections.declarations import Declaration
from ...domain.merchant_sites import parse
from ...domain.support.state_machine import Handling
from ...errors import TooManyRequests
from ...models.inspections import Inspection, InspectionOutcome, InspectionState
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import SupportRequest
from ...remote.probes.protocol import Credentials
from ..core.rate_limits import LimitName
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import UnitOfWork
from ..inspections.add_declaration import declare
from ..inspections.requests import (
    InspectionView,
    StartedInspection,
    credentials_of,
    host_of,
    read_inspection,
    request_inspection,
)
from .eligibility import Judgement, checks_as_json, judge_submission, may_inspect
from .submission import purchase_of


@dataclass(frozen=True, kw_only=True)
class EligibilityCheck:
    """A check, still running or done. `judgement` is by what is known at this moment."""

    purchase: Purchase
    inspection: InspectionView
    judgement: Judgement

    @property
    def check_id(self) -> str:
        """The check's id."""
        return self.inspection.check_id

    @property
    def running(self) -> bool:
        """Whether more may still be found."""
        return self.inspection.state is not InspectionState.DONE

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every check, with what it has found so far."""
        return checks_as_json(self.judgement.eligibility)


@dataclass(frozen=True, kw_only=True)
class GivenSite:
    """What a new request says of its site: an earlier check of it, or its address and how to learn more about it."""

    check_id: str | None
    shop_url: str | None
    credentials: Credentials | None
    declared: Declaration | None


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
    """Start a check of the site that a request would be about; a worker inspects it, if it may be inspected.

    Each inspection costs somebody else's server a few requests. Raises `TooManyRequests` after too many for a customer.
    """
    uow.wakeups.add(JobKind.INSPECTIONS)
    judgement = judge_submission(
        uow.session, purchase, at=uow.now, now=uow.now, shop_url=shop_url, check_id=None, settings=uow.settings
    )
    if shop_url is None or not may_inspect(judgement.entitlement, purchase, shop_url, uow.settings):
        return _finished_check(uow, purchase, shop_url, declared)
    if wait_s := runtime.rate_limits.seconds_to_wait(LimitName.INSPECTIONS, purchase.customer_id):
        raise TooManyRequests("too many inspections of shops", retry_after_s=wait_s)
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


def check_for_request(
    runtime: Runtime,
    uow: UnitOfWork,
    purchase: Purchase,
    site: GivenSite,
) -> str | None:
    """The check that a new request is judged by: the one named, else one of what is given; None where neither is.

    What the customer declares is evidence at once; the request is judged again when the site has been inspected.
    """
    if site.check_id is not None or (site.credentials is None and site.declared is None):
        return site.check_id
    started = start_check(
        runtime, uow, purchase, shop_url=site.shop_url, credentials=site.credentials, declared=site.declared
    )
    if site.declared is not None:
        declare(uow, started.check_id, site.declared)
    return started.check_id


def check_for_information(runtime: Runtime, uow: UnitOfWork, request: SupportRequest, site: GivenSite) -> str | None:
    """The check by which a request that waits for information is judged again.

    The one named; else a new one of the address given, or where it had none, with what the customer declares.
    """
    if site.check_id is not None or request.handling is not Handling.NEEDS_INFORMATION:
        return site.check_id
    check_id = request.check_id
    if check_id is None or site.shop_url is not None:
        purchase = purchase_of(uow.session, request.purchase_id or "", None)
        shop_url = site.shop_url or request.shop_url
        started = start_check(
            runtime, uow, purchase, shop_url=shop_url, credentials=site.credentials, declared=site.declared
        )
        check_id = started.check_id
    if site.declared is not None:
        declare(uow, check_id, site.declared)
    return check_id


def check_again(
    runtime: Runtime, uow: UnitOfWork, purchase: Purchase, check_id: str, *, credentials: Credentials | None
) -> StartedInspection:
    """Inspect the same site again, with new credentials or those given before, and with what was declared."""
    inspection = read_inspection(uow.session, check_id)
    return start_check(
        runtime,
        uow,
        purchase,
        shop_url=inspection.url or None,
        credentials=credentials or credentials_of(runtime, uow.session, check_id),
        declared=inspection.declared,
        fresh=True,
    )


def read_check(session: Session, check_id: str, *, customer_id: str | None, settings: Settings) -> EligibilityCheck:
    """The check at this moment. Raises `NotFound` for an unknown one, and for another customer's."""
    inspection = read_inspection(session, check_id)
    purchase = purchase_of(session, inspection.purchase_id or "", customer_id)
    at = inspection.created_at
    judgement = judge_submission(
        session, purchase, at=at, now=at, shop_url=inspection.url or None, check_id=check_id, settings=settings
    )
    return EligibilityCheck(purchase=purchase, inspection=inspection, judgement=judgement)


def _finished_check(
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
    uow.audit(AuditAction.INSPECTION_STARTED, inspection.id)
    return StartedInspection(check_id=inspection.id, nonce=inspection.nonce, report_key="", reused=False)
