"""In which language does this request's reader read?

An explicit choice stays in a cookie; else what the host knows of who is signed in, else the browser's languages, else
French. Nothing is kept on the app: the wording belongs to the request, so that a host's own Flask-Babel is untouched.
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
DEFAULT_LANGUAGE = "fr"
_KEPT = "marketplace_hooks.wording"


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
    found: Wording | None = request.environ.get(_KEPT)
    if found is None:
        identity = identify()
        told = None if identity is None else identity.locale
        found = request.environ[_KEPT] = choose(request.cookies.get(COOKIE), told, request.accept_languages)
    return found


def gettext(message: str, /, **values: Any) -> str:
    """`Wording.gettext` for the reader of this request."""
    return wording().gettext(message, **values)


def ngettext(one: str, several: str, count: int, /, **values: Any) -> str:
    """`Wording.ngettext` for the reader of this request."""
    return wording().ngettext(one, several, count, **values)


_ = gettext


def choose(cookie: str | None, told: str | None, accepted: LanguageAccept) -> Wording:
    """The wording for what was chosen here, what the host tells, and what the browser sends."""
    # Not `best_match`: to it the second language of a browser that names its country (`fr-CH, en;q=0.5`) is closer.
    tags = (cookie, told, *(tag for tag, quality in accepted if quality > 0))
    language = next((known for tag in tags if (known := _known(tag))), DEFAULT_LANGUAGE)
    return Wording.of(language, reader_zone(), locale=_country(language, told, accepted))


def _known(tag: str | None) -> str | None:
    language = (tag or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


def _country(language: str, told: str | None, accepted: LanguageAccept) -> Locale | None:
    """How this language is written in the reader's country, where he names one: `fr-CH`."""
    for tag in (told or "", *accepted.values()):
        if _known(tag) == language and len(tag) > 2:
            try:
                return Locale.parse(tag.replace("-", "_"))
            except (ValueError, UnknownLocaleError, TypeError):
                continue
    return None


def template_context() -> dict[str, Any]:
    """What every template of ours may say."""
    spoken = wording()
    return {
        "_": spoken.gettext,
        "gettext": spoken.gettext,
        "ngettext": spoken.ngettext,
        "localized": spoken.localized,
        "money": spoken.money,
        "number": spoken.number,
        "day": spoken.day,
        "instant": spoken.instant,
        "language": spoken.language,
    }
