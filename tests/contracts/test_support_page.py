"""The page that tells sellers the rules promises the dates that the program computes, and names what there is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.domain.support.deadlines import Closure, deadline
from marketplace_hooks.domain.support.refusal_grounds import Ground

from ..support.source_tree import ROOT

PAGES = {
    language: (ROOT / "docs" / path).read_text(encoding="utf-8")
    for language, path in (("en", "support.md"), ("fr", "fr/support.md"))
}
ROWS = {
    language: re.findall(
        r"^\| (\d{4}-\d\d-\d\d \d\d:\d\d) \| (\d+) (?:day|jour)s? \| (.+?) \| (\d{4}-\d\d-\d\d) \|$", page, re.MULTILINE
    )
    for language, page in PAGES.items()
}
PARIS = ZoneInfo("Europe/Paris")
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("received", "days", "closed", "last_day"), ROWS["en"])
def test_a_worked_date_is_the_one_that_is_computed(received: str, days: str, closed: str, last_day: str) -> None:
    first, _, last = closed.partition(" to ")
    closures = [Closure(date.fromisoformat(first), date.fromisoformat(last), LONG_BEFORE)] if last else []
    settings = Settings()
    is_fix = int(days) == settings.fix_days
    assert is_fix or int(days) == settings.acknowledgement_days
    found = deadline(
        datetime.fromisoformat(received).replace(tzinfo=PARIS),
        int(days),
        policy=settings.business_days,
        zone=settings.reference_zone,
        closures=closures,
        closures_suspend=settings.closures_suspend_fix if is_fix else settings.closures_suspend_acknowledgement,
        closure_days=settings.closure_days,
    )
    assert found.last_day == date.fromisoformat(last_day)


def test_the_french_page_has_the_same_dates() -> None:
    assert ROWS["fr"] == [
        (received, days, closed.replace(" to ", " au "), last) for received, days, closed, last in ROWS["en"]
    ]


@pytest.mark.parametrize("language", PAGES)
def test_the_page_works_out_dates_of_both_deadlines_and_names_every_ground(language: str) -> None:
    assert len(ROWS[language]) >= 8
    assert {int(days) for _, days, _, _ in ROWS[language]} == {1, 30}
    assert {ground.value for ground in Ground} <= set(re.findall(r"`(\w+)`", PAGES[language]))


def test_the_days_that_the_page_gives_are_the_settings() -> None:
    settings = Settings()
    in_english, in_french = (" ".join(PAGES[language].split()) for language in ("en", "fr"))
    for english, french, days in (
        ("contest within 30 days", "contester dans un délai de 30 jours", settings.contest_days),
        ("within 10 business", "dans un délai de 10 jours", settings.reopening_days),
        ("requested 2 business days later", "demandé 2 jours ouvrés plus tard", settings.refund_choice_days),
        ("within 6 months of the purchase", "dans les 6 mois suivant l’achat", settings.refund_window_months),
    ):
        assert (english in in_english, french in in_french) == (True, True)
        assert (str(days) in english, str(days) in french) == (True, True)
