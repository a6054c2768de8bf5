"""Refund rules: the ledger of a claim, and whether the platform or an operator makes the refund (`rules.md` 17)."""

from __future__ import annotations

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

    `period_cents` was paid for the period of Business Care that runs; None when it was included, or is not paid.
    """
    first = RefundLine(what=PACK_SHARE if of_pack else PRICE_PAID, amount_cents=price_cents)
    if not period_cents:
        return (first,)
    return (first, RefundLine(what=PERIOD, amount_cents=period_cents, optional=True))


@dataclass(frozen=True, kw_only=True)
class RefundBalance:
    """The lines of a claim, what was refunded for its purchase so far, and so what is still owed, in cents.

    One cent refunded settles one cent, whichever request its refund named. Nothing is owed below zero: what was given
    back beyond the claim is `excess_cents`. Nor is anything owed of a claim that has lapsed. `is_disputed`: the bank
    has reversed the payment and not decided yet, so that nobody can say what will have been given back.
    """

    lines: tuple[RefundLine, ...]
    given_back_cents: int
    has_lapsed: bool = False
    is_disputed: bool = False

    @property
    def total_cents(self) -> int:
        return sum(line.amount_cents for line in self.lines if not line.optional)

    @property
    def owed_cents(self) -> int:
        return 0 if self.has_lapsed else max(0, self.total_cents - self.given_back_cents)

    @property
    def excess_cents(self) -> int:
        return max(0, self.given_back_cents - self.total_cents)
