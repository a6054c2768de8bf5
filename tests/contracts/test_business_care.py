"""The page docs/business-care.md: its worked examples are what the rules say, and every code is explained, in order."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from marketplace_hooks.config.business_care_rates import RATES
from marketplace_hooks.domain.business_care.entitlement import PRECEDENCE
from marketplace_hooks.domain.business_care.prices import reactivation_price, renewal_price
from marketplace_hooks.domain.business_care.renewals import (
    CLAIM_DELAY,
    LONGEST_UNATTENDED_OUTAGE,
    notice_day,
    notice_window,
    period_end,
)

from ..support.renewal_price_reference import ListingChange, price_renewal
from ..support.source_tree import ROOT

PAGE = (ROOT / "docs" / "business-care.md").read_text(encoding="utf-8")
FRENCH = (ROOT / "docs" / "fr" / "business-care.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "pictures" / "business-care.svg"


def rows(first_heading: str, page: str = PAGE) -> list[list[str]]:
    """The cells of the table whose first column is headed so."""
    [table] = re.findall(rf"^\| {re.escape(first_heading)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def cents(text: str) -> int:
    return int(Decimal(text.removesuffix(" €")) * 100)


@pytest.mark.parametrize("row", rows("bought on"), ids=lambda row: row[0])
def test_the_last_days_are_those_of_the_rules(row: list[str]) -> None:
    bought, *last_days = [date.fromisoformat(cell) for cell in row]
    assert last_days == [period_end(bought, index) for index in (1, 2, 4)]


@pytest.mark.parametrize("row", rows("price of the listing"), ids=lambda row: row[0])
def test_the_prices_are_those_of_the_rules(row: list[str]) -> None:
    listing, renewal, again = (cents(cell) for cell in row)
    today = RATES[-1].since
    assert (renewal, again) == (
        renewal_price(listing, today, RATES),
        reactivation_price(listing, today, RATES).total_cents,
    )


@pytest.mark.parametrize("row", rows("last day"), ids=lambda row: row[0])
def test_the_windows_of_the_notice_are_those_of_the_rules(row: list[str]) -> None:
    last_day, *window = [date.fromisoformat(cell) for cell in row]
    assert tuple(window) == notice_window(last_day)


def test_the_rates_and_delays_that_are_told_in_words_are_those_of_the_rules() -> None:
    older, current = RATES
    page = " ".join(PAGE.split())
    assert f"(before {current.since} the lapsed-coverage fee was {older.reactivation_percent} %)" in page
    assert f"{current.renewal_percent} % and {current.reactivation_percent} %" in page
    assert (CLAIM_DELAY.total_seconds(), LONGEST_UNATTENDED_OUTAGE.days) == (15 * 60, 30)
    assert "a quarter of an hour later" in page
    assert "more than 30 days" in page


@pytest.mark.parametrize(
    ("english", "french"),
    [("bought on", "acheté le"), ("last day", "dernier jour"), ("price of the listing", "prix de la fiche produit")],
)
def test_the_french_page_has_the_same_figures(english: str, french: str) -> None:
    figures = [[cell.replace(",", ".").replace("\u00a0", " ") for cell in row] for row in rows(french, FRENCH)]
    assert figures == rows(english)


@pytest.mark.parametrize("page", [PAGE, FRENCH], ids=["en", "fr"])
def test_every_code_is_explained_in_its_order(page: str) -> None:
    explained = [code for row in rows("code", page) for code in re.findall(r"`(\w+)`", row[0])]
    assert explained == [code.value for code in PRECEDENCE]


def test_the_picture_is_the_first_example_and_can_be_read_aloud() -> None:
    assert notice_day(period_end(date(2026, 3, 2), 1)) == date(2027, 1, 2)
    drawn = ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
    drawn_text = " ".join(drawn.itertext())
    for words in ("2 March 2026", "2 March 2027", "3 March, 00:00", "2 January", "00:15"):
        assert words in drawn_text, words
    assert drawn.get("aria-labelledby") == "t d"


@pytest.mark.parametrize("row", rows("the listing's price becomes"), ids=lambda row: row[0])
def test_the_changed_prices_are_those_of_the_rules(row: list[str]) -> None:
    listed = [cents(one) for one in row[0].split(", then ")]
    days = [date.fromisoformat(one) for one in row[1].split(", ")]
    changes = [ListingChange(day=day, cents=price) for day, price in zip(days, listed, strict=True)]
    last_day = notice_window(date(2027, 3, 2)).last_day
    priced = price_renewal(9900, changes, notice_day=date(2027, 1, 2), window_last_day=last_day)
    assert (priced.charged, len(priced.noticed) == 2) == (cents(row[3]), row[2].startswith("2027"))
