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

PAGE = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (\d{4}-\d\d-\d\d \d\d:\d\d) \| (\d+) days? \| (.+?) \| (\d{4}-\d\d-\d\d) \|$", PAGE, re.MULTILINE
)
PARIS = ZoneInfo("Europe/Paris")
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("received", "days", "closed", "last_day"), ROWS)
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


def test_the_page_works_out_dates_of_both_clocks_and_names_every_ground() -> None:
    assert len(ROWS) >= 8
    assert {int(days) for _, days, _, _ in ROWS} == {1, 30}
    assert {ground.value for ground in Ground} <= set(re.findall(r"`(\w+)`", PAGE))


def test_the_days_that_the_page_gives_are_the_settings() -> None:
    settings = Settings()
    for documented, days in (
        ("contest within 30 days", settings.contest_days),
        ("within 10 business", settings.reopening_days),
        ("asked for 2 business days later", settings.refund_choice_days),
        ("within 6 months of the purchase", settings.refund_window_months),
    ):
        assert documented in PAGE
        assert str(days) in documented
