"""Formatting for one reader: texts, numbers, money and dates in their language and zone.

The catalogues are read from their `.po` files when first needed. Nothing is compiled, so nothing compiled can be
forgotten, in a checkout or in a wheel. English is the language of the source; it needs no catalogue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup, escape

DOMAIN = "marketplace_hooks"
LANGUAGES = ("fr", "en")
SOURCE_LANGUAGE = "en"
FOLDER = Path(__file__).parents[1] / "translations"

_NARROW = "\u202f"
_FORMATS = {"fr": "fr_FR", "en": "en_GB"}
"""How numbers and dates look where a reader's language says no country. Most readers live in Europe."""

Length = Literal["short", "medium", "long", "full"]


def _elided(text: str, name: str) -> str:
    """French text about a place, with « d’ » before a vowel: « heure d’Athènes ». Other languages have no « de »."""
    begins_with_vowel = unicodedata.normalize("NFD", name)[:1].upper() in tuple("AEIOU")
    return text.replace(f"de {name}", f"d’{name}") if begins_with_vowel else text


def catalogue_path(language: str) -> Path:
    """Where the texts of a language stand."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def translations(language: str) -> NullTranslations:
    """The texts of a language, as gettext wants them."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with catalogue_path(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        if message.id:
            message.string = _typeset_forms(message.string, language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, DOMAIN)


def typeset(text: str, language: str) -> str:
    """The text with the spaces that its language's printers use: in French, narrow ones that do not break a line.

    A dash stays with the word before it in every language. Only spaces that were written are replaced; none is added.
    (Lexique des règles typographiques en usage à l'Imprimerie nationale; the colon's space is full there, narrow here.)
    """
    text = re.sub(r" (?=[–—] )", "\u00a0", text)
    if language != "fr":
        return text
    # From the first of several spaces only: a text of nothing else is read once.
    text = re.sub(r"(?<![ \u00a0])[ \u00a0]++(?=[;:!?»%€](?![\w(]))", _NARROW, text)
    return re.sub(r"«[ \u00a0]+", f"«{_NARROW}", text)


def _typeset_forms(forms: str | Sequence[str] | None, language: str) -> str | tuple[str, ...]:
    if forms is None or isinstance(forms, str):
        return typeset(forms or "", language)
    return tuple(typeset(form, language) for form in forms)


class LocalizedText(str):
    """A text with its language, where that is not the reader's: `lang`. It renders itself with a `lang` attribute."""

    lang: str | None

    def __new__(cls, text: str, lang: str | None = None) -> LocalizedText:
        localized = super().__new__(cls, text)
        localized.lang = lang
        return localized

    @property
    def plain(self) -> str:
        """The text alone, for where no element may stand: a title, an attribute."""
        return str.__str__(self)

    def __html__(self) -> str:
        if self.lang is None:
            return escape(self.plain)
        return Markup('<span lang="{}">{}</span>').format(self.lang, self.plain)


@dataclass(frozen=True, slots=True)
class Wording:
    """The language and formats of one reader. `locale` says how dates and numbers look; `zone` in which civil time."""

    language: str
    locale: Locale
    zone: ZoneInfo

    @classmethod
    def of(cls, language: str, zone: ZoneInfo, *, locale: Locale | None = None) -> Wording:
        """The wording of one of `LANGUAGES`, as its readers in Europe are used to when no locale is given."""
        return cls(language, locale or Locale.parse(_FORMATS[language]), zone)

    def gettext(self, message: str, /, **values: Any) -> str:
        """The text of a message; `%(name)s` in it is replaced only when values are given."""
        return self._interpolated(translations(self.language).gettext(message), values)

    def ngettext(self, one: str, several: str, count: int, /, **values: Any) -> str:
        """The text for this many; `%(count)s` is the number as the reader writes it."""
        text = translations(self.language).ngettext(one, several, count)
        return self._interpolated(text, {"count": self.number(count), **values})

    def number(self, value: int | float | Decimal) -> str:
        """1 234,5 in French."""
        return str(numbers.format_decimal(value, locale=self.locale))

    def money(self, cents: int, currency: str) -> str:
        """An amount in hundredths of its currency."""
        return str(numbers.format_currency(Decimal(cents) / 100, currency, locale=self.locale))

    def day(self, value: date | datetime, length: Length = "long") -> str:
        """A civil day; of an instant, the one it falls on in the reader's zone."""
        if isinstance(value, datetime):
            value = value.astimezone(self.zone).date()
        return self._date(value, length)

    def month(self, value: date) -> str:
        """A month with its year, short: « nov. 2026 »."""
        return str(dates.format_skeleton("yMMM", value, locale=self.locale))

    def day_of_month(self, value: date) -> str:
        """A day of this year, as short as can be: « 28/11 »."""
        return str(dates.format_skeleton("Md", value, locale=self.locale))

    def moment(self, value: datetime, length: Length = "long") -> str:
        """Day and time, such as « 2 mars 2026, 11:05 », on a page that names the zone."""
        local = value.astimezone(self.zone)
        joined = str(dates.get_datetime_format(length, locale=self.locale)).replace("'", "")
        time = dates.format_time(local, "short", locale=self.locale)
        return joined.replace("{0}", time).replace("{1}", self._date(local.date(), length))

    def time_away(self, value: datetime, now: datetime) -> str:
        """How far away it is: « il y a 3 heures », « dans 2 jours »."""
        away = value - now
        if abs(away.total_seconds()) < 60:
            return self.gettext("just now") if away <= timedelta(0) else self.gettext("in a moment")
        return str(dates.format_timedelta(away, threshold=1, add_direction=True, locale=self.locale))

    def instant(self, value: datetime, length: Length = "long") -> str:
        """Day, time and the place whose time it is, such as « 2 mars 2026, 11:05 (heure de Paris) »."""
        text = self.moment(value, length)
        if self.zone.key in ("UTC", "Etc/UTC"):
            return f"{text} (UTC)"
        city = dates.get_timezone_location(self.zone, locale=self.locale, return_city=True)
        return _elided(self.gettext("%(instant)s (%(city)s time)", instant=text, city=city), city)

    def duration(self, seconds: int) -> str:
        """How long it lasts, rounded up: « 45 secondes », « 14 heures »."""
        unit_s = 1 if seconds < 120 else 60 if seconds < 7_200 else 3_600
        whole = timedelta(seconds=-(-seconds // unit_s) * unit_s)
        return str(dates.format_timedelta(whole, threshold=2, locale=self.locale))

    def _date(self, value: date, length: Length) -> str:
        text = dates.format_date(value, length, locale=self.locale)
        # Babel knows no ordinals, and in French the first of a month is one: « 1er janvier ».
        return re.sub(r"\b1 (?=[^\W\d])", "1er ", text) if self.language == "fr" and value.day == 1 else text

    def localized(self, texts: str | Mapping[str, str]) -> LocalizedText:
        """What somebody wrote in one language or several: in the reader's where there is one, else in another.

        `LocalizedText.lang` is that other language; a plain text has none, and is taken as the reader's.
        """
        if isinstance(texts, str):
            return LocalizedText(typeset(texts, self.language))
        wanted = (self.language, *LANGUAGES, *sorted(texts))
        by_language = {name.partition("-")[0].lower(): (name, text) for name, text in texts.items() if text.strip()}
        by_language |= {name: (name, text) for name, text in texts.items() if text.strip()}
        for language in wanted:
            if language in by_language:
                name, text = by_language[language]
                other = name.partition("-")[0].lower() != self.language
                return LocalizedText(typeset(text, name.partition("-")[0]), name if other else None)
        return LocalizedText("")

    def _interpolated(self, text: str, values: Mapping[str, Any]) -> str:
        if not values:
            return text
        if any(hasattr(value, "__html__") for value in values.values()):
            return Markup(text) % values  # noqa: S704 - the text is our own, and what is put into it is escaped
        return text % values
