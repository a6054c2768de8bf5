"""Reference for what a renewal costs, written from the rules alone; nothing of the product is imported.

40 % of the listing price at the renewal instant, half-up to the cent, and never more than the last notice sent for the
period said. A later rise applies only after a new notice, sent within the window; a lower price applies at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class ListingChange:
    """From a day on the product's page says another price."""

    day: date
    cents: int


def share_of_listing(cents: int) -> int:
    """40 % of a price, half a cent rounded up."""
    return (cents * 40 + 50) // 100


@dataclass(frozen=True, kw_only=True)
class PricedRenewal:
    """What the notices of a renewal said, in order, and what is charged in the end."""

    noticed: Sequence[int]
    charged: int


def price_renewal(
    first_cents: int, changes: Sequence[ListingChange], *, notice_day: date, window_last_day: date
) -> PricedRenewal:
    """Price one renewal whose first notice is sent on `notice_day`, the listing's price changing by the days given."""
    listed = first_cents
    for change in changes:
        if change.day <= notice_day:
            listed = change.cents
    noticed = [share_of_listing(listed)]
    for change in changes:
        if change.day <= notice_day:
            continue
        listed = change.cents
        if share_of_listing(listed) > noticed[-1] and change.day <= window_last_day:
            noticed.append(share_of_listing(listed))
    return PricedRenewal(noticed=noticed, charged=min(share_of_listing(listed), noticed[-1]))
