"""Refund rules: the ledger of a claim, and whether the platform or an operator makes the refund (`rules.md` 17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..civil_days import Zone, add_months, day_of

PRICE_PAID = "price_paid"
PACK_SHARE = "pack_share"
PERIOD = "business_care_period"


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


def refund_lines(*, price_cents: int, of_pack: bool, period_cents: int | None) -> tuple[RefundLine, ...]:
    """The lines of a refund: the price paid, of a pack the product's share; the current period is an operator's choice.

    `period_cents` is the price of the current period of Business Care, None when it was included.
    """
    first = RefundLine(what=PACK_SHARE if of_pack else PRICE_PAID, amount_cents=price_cents)
    if not period_cents:
        return (first,)
    return (first, RefundLine(what=PERIOD, amount_cents=period_cents, optional=True))


@dataclass(frozen=True, kw_only=True)
class RefundBalance:
    """The amount of a claim, what was refunded for its purchase so far, and so what is still owed, in cents.

    One cent refunded settles one cent, whichever request its refund named. Nothing is owed below zero: what was given
    back beyond the claim is `excess_cents`.
    """

    total_cents: int
    given_back_cents: int

    @property
    def owed_cents(self) -> int:
        return max(0, self.total_cents - self.given_back_cents)

    @property
    def excess_cents(self) -> int:
        return max(0, self.given_back_cents - self.total_cents)


def refund_balance(lines: Iterable[RefundLine], given_back_cents: int) -> RefundBalance:
    """The balance of a claim: its lines without the optional ones, against everything refunded."""
    total = sum(line.amount_cents for line in lines if not line.optional)
    return RefundBalance(total_cents=total, given_back_cents=given_back_cents)
