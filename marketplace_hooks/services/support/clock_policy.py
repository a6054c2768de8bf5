"""Policy of an SLA clock: the rules and the public holidays by which it is counted, as they are stored with it.

They come from the settings, and the holidays, where the policy says so, from the seller's own country and region. A
clock that runs keeps those it was started with (`deadlines.md`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ...config.parsers import SettingError
from ...config.public_holidays import public_holidays
from ...domain.support.deadlines import BusinessDayPolicy, ClosuresSuspend
from ...domain.support.state_machine import ClockName
from ...models.products import Seller
from ..core.unit_of_work import UnitOfWork

POLICY_VERSION = 2


def clock_policy(uow: UnitOfWork, seller_id: str, name: ClockName) -> dict[str, Any]:
    """The rules of a clock, as they are stored with it."""
    settings = uow.settings
    suspend = (
        settings.closures_suspend_acknowledgement
        if name is ClockName.ACKNOWLEDGEMENT
        else settings.closures_suspend_fix
    )
    days = BusinessDayPolicy(settings.business_days)
    return {
        "version": POLICY_VERSION,
        "policy": days,
        "zone": str(uow.zone),
        "closures_suspend": ClosuresSuspend(suspend),
        "closure_days": settings.closure_days or None,
        **({"holidays": []} if days is BusinessDayPolicy.MF else _holidays(uow, seller_id)),
    }


def _holidays(uow: UnitOfWork, seller_id: str) -> dict[str, Any]:
    """The public holidays that count for a seller, and whose they are; both are stored with the clock.

    By `HOLIDAYS_OF` those of the reference country and region, or of the seller's own. A region that is not known has
    its country's; a country that is not known, the reference's.
    """
    settings = uow.settings
    calendars = [(settings.holidays_country, settings.holidays_region)]
    if settings.holidays_of == "seller":
        seller = uow.session.get_one(Seller, seller_id)
        calendars = [(seller.country, seller.region), (seller.country, None), *calendars]
    for country, region in calendars:
        days = _known_holidays(country, region, uow.now.year)
        if days is not None:
            return {"holidays": list(days), "holidays_country": country, "holidays_region": region}
    raise AssertionError("the reference calendar was checked when the settings were loaded")


@cache
def _known_holidays(country: str, region: str | None, year: int) -> tuple[str, ...] | None:
    try:
        days = public_holidays(country, region, range(year - 1, year + 4))
    except SettingError:
        return None
    return tuple(day.isoformat() for day in days)
