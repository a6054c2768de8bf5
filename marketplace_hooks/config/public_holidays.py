"""Public holidays of a country or one of its regions, from the library `holidays`; a region is its "subdivision".

A calendar that the library does not know is refused when the settings are loaded, not by the first request for
support.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .parsers import SettingError

if TYPE_CHECKING:
    import holidays

# The library is imported inside the functions: it loads the calendars of every country, 10 MB, and only some policies
# of business days ask for one.


def public_holidays(country: str, region: str | None, years: Iterable[int]) -> list[date]:
    """The public holidays of some years, in order. Raises `SettingError` for a calendar that does not exist."""
    check_calendar(country, region)
    return sorted(_calendar(country, region, years))


def check_calendar(country: str, region: str | None) -> None:
    """Raise `SettingError`, naming what there is, unless the library has this country, and this region of it."""
    as_country(country)
    try:
        _calendar(country, region)
    except NotImplementedError:
        known = _calendar(country, None)
        aliases = (f"{code} ({name})" for name, code in known.subdivisions_aliases.items())
        existing = ", ".join(dict.fromkeys([*known.subdivisions, *aliases])) or "none"
        raise SettingError(f"{region!r} is not a region of {country}; regions that have holidays: {existing}") from None


def require_calendar(country: str, region: str | None, *, name: str) -> None:
    """Raise `ConfigurationError`, beginning with a setting's name, for a calendar that does not exist."""
    if (country, region) == ("FR", None):  # the default: known to exist.
        return
    try:
        check_calendar(country, region)
    except SettingError as error:
        raise ConfigurationError(f"{name} {error}.") from None


def as_country(value: Any) -> str:
    """A country whose holidays the library knows, by its ISO 3166-1 code of two capital letters."""
    if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isupper():
        try:
            _calendar(value, None)
        except NotImplementedError:
            pass
        else:
            return value
    import holidays

    existing = ", ".join(sorted(holidays.list_supported_countries()))
    raise SettingError(f"{value!r} is not a country whose public holidays are known; countries: {existing}")


def _calendar(country: str, region: str | None, years: Iterable[int] = ()) -> holidays.HolidayBase:
    import holidays

    return holidays.country_holidays(country, subdiv=region, years=list(years))
