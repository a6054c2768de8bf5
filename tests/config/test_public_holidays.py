"""Calendars of public holidays: one that does not exist stops the start with a sentence that says what there is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from marketplace_hooks.config.loading import load
from marketplace_hooks.config.public_holidays import public_holidays
from marketplace_hooks.errors import ConfigurationError


def refusal(folder: Path, **settings: str) -> str:
    named = {f"MARKETPLACE_HOOKS_{name.upper()}": value for name, value in settings.items()}
    with pytest.raises(ConfigurationError) as error:
        load({}, {"MARKETPLACE_HOOKS_INSTANCE": str(folder), **named})
    return str(error.value)


@pytest.mark.parametrize("country", ["XX", "fr", "FRA", "France", "", "../x", "ÉÉ"])
def test_a_country_that_is_not_known_names_the_setting_and_those_that_are(tmp_path: Path, country: str) -> None:
    sentence = refusal(tmp_path, holidays_country=country)
    assert sentence.startswith("MARKETPLACE_HOOKS_HOLIDAYS_COUNTRY ")
    assert all(f" {known}" in sentence for known in ("DE", "FR", "RE"))


def test_a_region_of_another_country_names_the_setting_and_the_regions_that_exist(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, holidays_country="FR", holidays_region="BY")
    assert sentence.startswith("MARKETPLACE_HOOKS_HOLIDAYS_REGION 'BY' is not a region of FR")
    assert "57 (Moselle)" in sentence
    assert "974 (La Réunion)" in sentence
    assert "German" in refusal(tmp_path, holidays_country="BE", holidays_region="974")


@pytest.mark.parametrize(
    ("region", "day", "is_off"),
    [
        (None, date(2026, 12, 26), False),
        ("57", date(2026, 12, 26), True),
        ("6AE", date(2026, 4, 3), True),
        ("974", date(2026, 12, 20), True),
        (None, date(2026, 7, 14), True),
    ],
)
def test_a_region_has_its_own_days(region: str | None, day: date, is_off: bool) -> None:
    assert (day in public_holidays("FR", region, [2026])) is is_off
