"""Formatting: texts, numbers, money and dates for one reader."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from marketplace_hooks.web.i18n.formatting import LANGUAGES, LocalizedText, Wording, typeset
from marketplace_hooks.web.labels.catalog import version_range
from marketplace_hooks.web.storefront.excerpts import LONGEST_EXCERPT, excerpt, paragraphs

PARIS = ZoneInfo("Europe/Paris")
FRENCH = Wording.of("fr", PARIS)
ENGLISH = Wording.of("en", PARIS)
AMERICAN = Wording.of("en", PARIS, locale=Locale.parse("en_US"))
NARROW = "\u202f"
WIDE = "\u00a0"


# --- money, numbers, days


def test_money_is_written_as_the_reader_writes_it() -> None:
    assert FRENCH.money(123_456, "EUR") == f"1{NARROW}234,56{WIDE}€"
    assert ENGLISH.money(123_456, "EUR") == "€1,234.56"
    swiss = Wording.of("en", PARIS, locale=Locale.parse("en_CH"))
    assert swiss.money(123_450, "EUR") == f"€{WIDE}1’234.50"


@given(cents=st.integers(0, 2_000_000_000), currency=st.from_regex(r"[A-Z]{3}", fullmatch=True))
def test_any_amount_in_any_currency_can_be_written(cents: int, currency: str) -> None:
    for wording in (FRENCH, ENGLISH):
        assert any(letter.isdigit() for letter in wording.money(cents, currency))


def test_a_day_is_the_one_of_the_readers_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert (FRENCH.day(late), ENGLISH.day(late), AMERICAN.day(late)) == ("2 mars 2026", "2 March 2026", "March 2, 2026")


def test_the_first_of_a_month_is_an_ordinal_in_french_alone() -> None:
    first = date(2026, 8, 1)
    assert (FRENCH.day(first), FRENCH.day(first, "full")) == ("1er août 2026", "samedi 1er août 2026")
    assert FRENCH.day(first, "short") == "01/08/2026"
    assert (FRENCH.day(date(2026, 8, 11)), ENGLISH.day(first)) == ("11 août 2026", "1 August 2026")
    assert FRENCH.instant(datetime(2026, 8, 1, 7, 5, tzinfo=UTC)) == "1er août 2026, 09:05 (heure de Paris)"


def test_an_instant_says_whose_time_it_is() -> None:
    at = datetime(2026, 7, 14, 7, 5, tzinfo=UTC)
    assert FRENCH.instant(at) == "14 juillet 2026, 09:05 (heure de Paris)"
    assert ENGLISH.instant(at) == "14 July 2026, 09:05 (Paris time)"
    assert Wording.of("en", ZoneInfo("UTC")).instant(at) == "14 July 2026, 07:05 (UTC)"
    assert Wording.of("fr", ZoneInfo("Europe/Athens")).instant(at) == "14 juillet 2026, 10:05 (heure d’Athènes)"
    assert Wording.of("en", ZoneInfo("Europe/Athens")).instant(at) == "14 July 2026, 10:05 (Athens time)"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - bounds of the strategy are naive by its contract
def test_every_instant_of_every_zone_can_be_written(at: datetime) -> None:
    for wording in (FRENCH, ENGLISH, AMERICAN):
        assert str(at.astimezone(PARIS).year) in wording.instant(at)


def test_a_number_of_things_is_counted_as_each_language_counts() -> None:
    def counted(wording: Wording, count: int) -> str:
        return wording.ngettext("%(count)s product", "%(count)s products", count)

    assert [counted(FRENCH, count) for count in (0, 1, 2)] == ["0 produit", "1 produit", "2 produits"]
    assert [counted(ENGLISH, count) for count in (0, 1, 2)] == ["0 products", "1 product", "2 products"]
    assert counted(FRENCH, 12_345) == f"12{NARROW}345 produits"


# --- French spaces


@pytest.mark.parametrize(
    ("written", "set_"),
    [
        ("Quoi ?", f"Quoi{NARROW}?"),
        ("Perdu : non ; gagné !", f"Perdu{NARROW}: non{NARROW}; gagné{NARROW}!"),
        ("« Business Care en cours »", f"«{NARROW}Business Care en cours{NARROW}»"),
        ("100 % et 49 €", f"100{NARROW}% et 49{NARROW}€"),
        (f"Déjà{WIDE}: fait", f"Déjà{NARROW}: fait"),
        ("https://boutique.example à 10:30", "https://boutique.example à 10:30"),
        ("avec %(name)s", "avec %(name)s"),
        ("Colis – suivi", f"Colis{WIDE}– suivi"),
    ],
)
def test_french_spaces_do_not_break_a_line(written: str, set_: str) -> None:
    assert typeset(written, "fr") == set_


def test_english_keeps_its_spaces() -> None:
    assert typeset("What? 100 % « x »", "en") == "What? 100 % « x »"


@given(text=st.text(), language=st.sampled_from(LANGUAGES))
@example(text="a  : b", language="fr")
@example(text="«  x", language="fr")
def test_setting_type_changes_spaces_only_and_only_once(text: str, language: str) -> None:
    done = typeset(text, language)
    assert typeset(done, language) == done
    assert re.sub(r"[ \u00a0\u202f]+", "", done) == re.sub(r"[ \u00a0\u202f]+", "", text)


# --- what others wrote


@pytest.mark.parametrize(
    ("texts", "text", "lang"),
    [
        ({"fr": "Oui", "en": "Yes"}, "Oui", None),
        ({"fr-CA": "Oui", "en": "Yes"}, "Oui", None),
        ({"en": "Yes", "de": "Ja"}, "Yes", "en"),
        ({"it": "Sì", "de": "Ja"}, "Ja", "de"),
        ({"fr": "  ", "en": "Yes"}, "Yes", "en"),
        ({"fr": ""}, "", None),
        ({}, "", None),
        ("tel quel", "tel quel", None),
    ],
)
def test_a_text_is_shown_in_the_readers_language_or_said_to_be_in_another(
    texts: str | dict[str, str], text: str, lang: str | None
) -> None:
    localized = FRENCH.localized(texts)
    assert (localized.plain, localized.lang) == (text, lang)


def test_a_text_of_another_language_is_marked_and_any_text_escaped() -> None:
    assert Markup("{}").format(LocalizedText("<b>")) == "&lt;b&gt;"
    assert Markup("{}").format(LocalizedText("<b>", 'd"e')) == '<span lang="d&#34;e">&lt;b&gt;</span>'


def test_what_is_put_into_a_message_is_escaped_when_markup_is_among_it() -> None:
    shown = ENGLISH.gettext("%(told)s: %(why)s", told=Markup("<b>x</b>"), why="<i>&")
    assert shown == "<b>x</b>: &lt;i&gt;&amp;"
    plain = ENGLISH.gettext("%(told)s: %(why)s", told="<b>", why="&")
    assert not hasattr(plain, "__html__")


@given(st.text())
def test_an_excerpt_is_the_beginning_of_the_text_and_not_long(text: str) -> None:
    line = " ".join(text.split())
    shown = excerpt(LocalizedText(text, "de"))
    assert line.startswith(shown.plain.rstrip("…")) or line.startswith(shown.plain)
    assert len(shown.plain) <= LONGEST_EXCERPT + 1
    assert shown.lang == "de"


def test_an_excerpt_is_a_whole_sentence_where_it_is_short_enough() -> None:
    text = LocalizedText("Une seule page, sans attendre. Et ceci en plus.")
    assert excerpt(text).plain == "Une seule page, sans attendre."
    assert excerpt(LocalizedText("mot " * 60)).plain.endswith("mot…")


def test_empty_lines_divide_paragraphs() -> None:
    assert [one.plain for one in paragraphs(LocalizedText("a\nb\n\n \n c \n"))] == ["a\nb", "c"]


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"name": "x"}, None),
        ({"name": "x", "from": "1.0"}, "1.0 and later"),
        ({"name": "x", "to": "2.0"}, "up to 2.0"),
        ({"name": "x", "from": "1.0", "to": "2.0"}, "1.0 to 2.0"),
    ],
)
def test_the_versions_of_an_incompatible_module_are_said(
    other: dict[str, str], text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace_hooks.web.labels.catalog.gettext", ENGLISH.gettext)
    assert version_range(other) == text
