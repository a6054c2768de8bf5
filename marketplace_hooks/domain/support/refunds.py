"""Refund rules: what a missed fix gives back, and through which path (`domain.md` 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..civil_days import Zone, add_months, day_of


class RefundPath(StrEnum):
    """Through the platform within its window, by hand later."""

    PLATFORM = "platform"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True)
class RefundLine:
    """One line of a refund: what it is for, in cents. `optional` lines are an operator's choice."""

    what: str
    amount_cents: int
    optional: bool = False

    def as_json(self) -> dict[str, Any]:
        """What is stored and shown."""
        return {"what": self.what, "amount_cents": self.amount_cents, "optional": self.optional}


def refund_path_at(purchased_at: datetime, at: datetime, *, window_months: int, zone: Zone) -> RefundPath:
    """The way of a refund asked for at an instant: the platform's window ends with the civil day, months clipped."""
    last_day = add_months(day_of(purchased_at, zone), window_months)
    return RefundPath.PLATFORM if day_of(at, zone) <= last_day else RefundPath.MANUAL


def refund_lines(
    *, price_cents: int, refunded_cents: int, of_pack: bool, period_cents: int | None
) -> tuple[RefundLine, ...]:
    """The lines of a refund: the price paid, of a pack the product's share, less what was given back already.

    `period_cents` is the price of the current period of Business Care, None when it was included.
    """
    owed = max(0, price_cents - refunded_cents)
    first = RefundLine(what="pack_share" if of_pack else "price_paid", amount_cents=owed)
    if not period_cents:
        return (first,)
    return (first, RefundLine(what="business_care_period", amount_cents=period_cents, optional=True))
