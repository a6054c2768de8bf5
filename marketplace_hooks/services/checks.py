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

from ..domain.declarations import Declared
from ..domain.entitlement import Code
from ..domain.entitlement import Outcome as Entitled
from ..domain.sites import parse
from ..remote.rungs.protocol import Credentials
from ..store.inspections import Inspection, InspectionState
from ..store.inspections import Outcome as Seen
from ..store.products import Product
from ..store.purchases import Purchase
from .eligibility import Judged, judge_submission, shown
from .inspections import Started, Told, ask_inspection, credentials_of, host_of, read_inspection
from .installation import Bell, Installation
from .support import purchase_of
from .work import Work


@dataclass(frozen=True, kw_only=True)
class CheckSeen:
    """A check as it stands: still running, or done with an outcome. `judged` holds what is known until now."""

    purchase: Purchase
    told: Told
    judged: Judged

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
        return shown(self.judged.eligibility)


def start_check(
    installation: Installation,
    work: Work,
    purchase: Purchase,
    *,
    shop_url: str | None,
    credentials: Credentials | None,
    declared: Declared | None,
    fresh: bool = False,
) -> Started:
    """Start a check of the site that a request would be about; a worker inspects it, if it may be inspected."""
    work.rings.add(Bell.INSPECTIONS)
    judged = judge_submission(work.session, purchase, at=work.now, shop_url=shop_url, check_id=None, zone=work.zone)
    code, outcome = judged.entitlement.code, judged.entitlement.outcome
    ours = code not in (Code.SHOP_SCOPE_MISMATCH, Code.SHOP_SCOPE_REQUIRED, Code.SHOP_URL_INVALID, Code.SHOP_NOT_BOUND)
    if shop_url is None or not ours or outcome is Entitled.NOT_ENTITLED:
        return _nothing_to_inspect(work, purchase, shop_url, declared)
    return ask_inspection(
        installation,
        work,
        shop_url,
        module=work.session.get_one(Product, purchase.product_id).technical_name,
        purchase_id=purchase.id,
        credentials=credentials,
        declared=declared,
        fresh=fresh,
    )


def check_again(
    installation: Installation, work: Work, purchase: Purchase, check_id: str, *, credentials: Credentials | None
) -> Started:
    """Look at the same site once more, with new credentials or those given before, and with what was declared."""
    told = read_inspection(work.session, check_id)
    return start_check(
        installation,
        work,
        purchase,
        shop_url=told.url or None,
        credentials=credentials or credentials_of(installation, work.session, check_id),
        declared=told.declared,
        fresh=True,
    )


def read_check(session: Session, check_id: str, *, customer_id: str | None, zone: Any) -> CheckSeen:
    """The check as it stands. Raises `NotFound` for an unknown one, and for another customer's."""
    told = read_inspection(session, check_id)
    purchase = purchase_of(session, told.purchase_id or "", customer_id)
    judged = judge_submission(
        session, purchase, at=told.created_at, shop_url=told.url or None, check_id=check_id, zone=zone
    )
    return CheckSeen(purchase=purchase, told=told, judged=judged)


def _nothing_to_inspect(work: Work, purchase: Purchase, shop_url: str | None, declared: Declared | None) -> Started:
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
        outcome=Seen.NOTHING,
        created_at=work.now,
        finished_at=work.now,
    )
    work.session.add(inspection)
    return Started(check_id=inspection.id, nonce=inspection.nonce, report_key="", reused=False)
