"""Status banner of a purchase and its conversations: whether Business Care is active, or since when it has not been.

One statement; customer and seller read the same (`rules.md` 14).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import Code, Entitlement, EntitlementQuestion, PurchaseFacts, judge
from ...domain.civil_days import Zone, day_of
from .entitlements import PurchaseFilter, read_purchases


def read_status_banner(
    session: Session,
    purchase_id: str,
    *,
    now: datetime,
    zone: Zone,
    site: str | None = None,
    test_prefixes: Sequence[str] = (),
) -> Mapping[str, Any]:
    """The status banner of a purchase. `site` is the one that a request is about, perhaps a test copy."""
    facts = read_purchases(session, PurchaseFilter(purchase_id=purchase_id), now)
    return status_banner(facts, now=now, zone=zone, site=site, test_prefixes=test_prefixes)


def status_banner(
    facts: Sequence[PurchaseFacts],
    *,
    now: datetime,
    zone: Zone,
    site: str | None = None,
    test_prefixes: Sequence[str] = (),
) -> Mapping[str, Any]:
    """Active or not, the last day, the code, the remedy, and `since`: the first day on which it is not active.

    `facts` are those of one purchase, or none. `since` is None while it is active, and where it never was.
    """
    found = judge(facts, EntitlementQuestion(at=now, zone=zone, site=site, test_prefixes=test_prefixes))
    return {
        "active": found.active,
        "last_day": found.last_day,
        "code": found.code,
        "remedy": found.remedy,
        "since": None if found.active or not facts else _since(facts[0], found, now, zone),
    }


def _since(purchase: PurchaseFacts, found: Entitlement, now: datetime, zone: Zone) -> date | None:
    disputed_at = max((one.disputed_at for one in purchase.disputes if one.stands_at(now)), default=None)
    ended_at = {
        Code.REFUNDED: purchase.refunded_at,
        Code.TERMINATED: purchase.terminated_at,
        Code.PAYMENT_DISPUTED: disputed_at,
    }.get(found.code)
    if ended_at is not None:
        return day_of(ended_at, zone)
    return None if found.last_day is None else found.last_day + timedelta(days=1)
