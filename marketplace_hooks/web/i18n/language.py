"""Language of a request: which one its reader reads, and texts marked for translation.

The address may say it (`?lang=en`), so that a search engine finds each language at an address of its own. Else an
explicit choice is stored in a cookie; else the language that the host knows, else the browser's languages, else French.
Nothing is stored on the app: the wording belongs to the request, so that a host's own Flask-Babel is untouched.
"""

from __future__ import annotations

from typing import Any

from babel import Locale, UnknownLocaleError
from flask import has_request_context, request
from werkzeug.datastructures import LanguageAccept

from ..identity.authorization import identify
from ..time_zones import reader_zone
from .formatting import LANGUAGES, Wording

COOKIE = "mh_language"
PARAMETER = "lang"
DEFAULT_LANGUAGE = "fr"
_ENVIRON_KEY = "marketplace_hooks.wording"


class LazyText:
    """A text marked for translation where it is written, and translated when it is shown."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return gettext(self.message)


def lazy(message: str) -> LazyText:
    """Mark a text that stands in a table or a class, where no reader is known yet."""
    return LazyText(message)


def wording() -> Wording:
    """How to speak to the reader of this request."""
    if not has_request_context():
        raise RuntimeError("no reader outside a request: make a Wording for whom you write to")
    found: Wording | None = request.environ.get(_ENVIRON_KEY)
    if found is None:
        identity = identify()
        locale = None if identity is None else identity.locale
        chosen = address_language() or request.cookies.get(COOKIE)
        found = request.environ[_ENVIRON_KEY] = choose(chosen, locale, request.accept_languages)
    return found


def address_language() -> str | None:
    """The language that the address of this request says; None where it says none that we speak."""
    return _known(request.args.get(PARAMETER))


def gettext(message: str, /, **values: Any) -> str:
    """`Wording.gettext` for the reader of this request."""
    return wording().gettext(message, **values)


def ngettext(one: str, several: str, count: int, /, **values: Any) -> str:
    """`Wording.ngettext` for the reader of this request."""
    return wording().ngettext(one, several, count, **values)


_ = gettext


def choose(cookie: str | None, host_locale: str | None, accepted: LanguageAccept) -> Wording:
    """The wording for what was chosen here, the host's locale, and the browser's languages."""
    # Not `best_match`: to it the second language of a browser that names its country (`fr-CH, en;q=0.5`) is closer.
    tags = (cookie, host_locale, *(tag for tag, quality in accepted if quality > 0))
    language = next((known for tag in tags if (known := _known(tag))), DEFAULT_LANGUAGE)
    return Wording.of(language, reader_zone(), locale=_country(language, host_locale, accepted))


def _known(tag: str | None) -> str | None:
    language = (tag or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


def _country(language: str, host_locale: str | None, accepted: LanguageAccept) -> Locale | None:
    """How this language is written in the reader's country, where it is named: `fr-CH`."""
    for tag in (host_locale or "", *accepted.values()):
        if _known(tag) == language and len(tag) > 2:
            try:
                return Locale.parse(tag.replace("-", "_"))
            except (ValueError, UnknownLocaleError, TypeError):
                continue
    return None


def template_context() -> dict[str, Any]:
    """The texts and formats that every template can use."""
    reader = wording()
    return {
        "_": reader.gettext,
        "gettext": reader.gettext,
        "ngettext": reader.ngettext,
        "localized": reader.localized,
        "money": reader.money,
        "number": reader.number,
        "day": reader.day,
        "instant": reader.moment,
        "exact_instant": reader.instant,
        "language": reader.language,
    }
