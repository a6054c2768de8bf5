"""Prices of Business Care: of a renewal, of a reactivation, and a product's share of a pack's price.

Amounts are whole cents of the listing's own currency; rates are percents, by date, and the contract owner may set them
(`rules.md` 9 and policies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from ...config.business_care_rates import Rates


@dataclass(frozen=True, kw_only=True)
class ReactivationPrice:
    """The price of taking up an expired Business Care: the period's own, and the supplement. Each line is rounded
    by itself, so that what is shown adds up."""

    period_cents: int
    supplement_cents: int

    @property
    def total_cents(self) -> int:
        return self.period_cents + self.supplement_cents


def percent_of(amount_cents: int, percent: Decimal) -> int:
    """Return a percentage of an amount, half-up to the cent: half a cent goes away from zero."""
    return int((amount_cents * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def rates_on(day: date, table: Sequence[Rates]) -> Rates:
    """Return the rates in force on a civil day of the reference zone. Raises ValueError if the table begins later."""
    in_force = [row for row in table if row.since <= day]
    if not in_force:
        raise ValueError(f"no rate is set for {day}")
    return max(in_force, key=lambda row: row.since)


def renewal_price(listing_cents: int, on: date, table: Sequence[Rates]) -> int:
    """Return the price in cents of a period that starts on the civil day `on`.

    `listing_cents` is the listing's price at the renewal instant (`rules.md` 9).
    """
    return percent_of(listing_cents, rates_on(on, table).renewal_percent)


def reactivation_price(listing_cents: int, on: date, table: Sequence[Rates]) -> ReactivationPrice:
    """Return the price of reactivating an expired Business Care on the civil day `on`, at that day's listing price."""
    rates = rates_on(on, table)
    return ReactivationPrice(
        period_cents=percent_of(listing_cents, rates.renewal_percent),
        supplement_cents=percent_of(listing_cents, rates.reactivation_percent),
    )


@dataclass(frozen=True, kw_only=True)
class RenewalPrice:
    """An amount in whole cents of a currency."""

    cents: int
    currency: str

    def exceeds(self, other: RenewalPrice) -> bool:
        """Whether it is more than another price; one in another currency cannot be compared, and counts as more."""
        return self.currency != other.currency or self.cents > other.cents


@dataclass(frozen=True, kw_only=True)
class NoticedPrice:
    """The price that a renewal notice named, and whether the notice was sent within its window (`rules.md` 13)."""

    price: RenewalPrice
    in_time: bool


def binding_price(notices: Sequence[NoticedPrice]) -> RenewalPrice | None:
    """Return the most that a renewal may cost after the notices sent for it, in their order; None before the first.

    A first notice binds whenever it was sent. A later one with a higher price binds only if it was sent in time
    (`rules.md` 9).
    """
    binding: RenewalPrice | None = None
    for notice in notices:
        if binding is None or notice.in_time or not notice.price.exceeds(binding):
            binding = notice.price
    return binding


def price_after_notices(current: RenewalPrice, notices: Sequence[NoticedPrice]) -> RenewalPrice:
    """Return what a renewal costs: its `current` price by the listing, and never more than its notices allow."""
    most = binding_price(notices)
    return most if most is not None and current.exceeds(most) else current


NONE_FROZEN: Mapping[str, int] = MappingProxyType({})


def share_of(total_cents: int, prices: Mapping[str, int], member: str, frozen: Mapping[str, int] = NONE_FROZEN) -> int:
    """Return one member's share of a pack's price, by the members' own prices; the shares add up to the total.

    `frozen` are shares that stand already: where they are not those by these prices, the other members share what they
    leave. Raises KeyError for a stranger.
    """
    if member in frozen:
        return frozen[member]
    shares = _shares(total_cents, prices)
    if all(shares.get(name) == cents for name, cents in frozen.items()):
        return shares[member]
    others = {name: price for name, price in prices.items() if name not in frozen}
    return _shares(max(0, total_cents - sum(frozen.values())), others)[member]


def _shares(total_cents: int, prices: Mapping[str, int]) -> dict[str, int]:
    """Largest remainders take the cents left over, in the order of `prices`. Free members share alike if all are."""
    weights = prices if sum(prices.values()) else dict.fromkeys(prices, 1)
    whole = sum(weights.values())
    shares = {name: total_cents * weight // whole for name, weight in weights.items()}
    left = total_cents - sum(shares.values())
    for name in sorted(weights, key=lambda one: -(total_cents * weights[one] % whole))[:left]:
        shares[name] += 1
    return shares
