"""URL templates: https addresses with named placeholders, whose values are percent-encoded.

No placeholder may stand before the path: what a page loads or leads to is always the host that the setting names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from .parsers import SettingError, as_text

_ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_FORBIDDEN = re.compile(r"[\"'<>\\^`|;]")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SEGMENTS = (".", "..")


@dataclass(frozen=True, kw_only=True)
class UrlTemplate:
    """An address with placeholders such as `{product_id}`."""

    text: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, for a content security policy."""
        return origin_of(self.text)

    def filled(self, **values: str) -> str | None:
        """The address for these values; None where one of them would lead to another folder of the host."""
        if any(value in _SEGMENTS for value in values.values()):
            return None
        return _PLACEHOLDER.sub(lambda found: quote(values.get(found[1], ""), safe=""), self.text)


def origin_of(url: str) -> str:
    """The origin of an https URL that `as_https_url` or `as_url_template` has let through."""
    parts = urlsplit(url)
    return f"https://{parts.netloc.lower()}"


def as_https_url(value: Any) -> str:
    """An https address that an attribute of a page and a content security policy can hold."""
    text = as_text(value).strip()
    try:
        is_secure = bool(_ORIGIN.fullmatch(origin_of(text))) and urlsplit(text).scheme == "https"
        port = urlsplit(text).port
    except ValueError:
        raise SettingError("must be an https address") from None
    if not is_secure or port == 0 or not _VISIBLE.fullmatch(text) or _FORBIDDEN.search(text):
        raise SettingError("must be an https address, such as: https://shop.example.com/")
    return text


def as_url_template(*required: str, also: tuple[str, ...] = ()) -> Callable[[Any], UrlTemplate]:
    """An https URL with one of the placeholders `required` at least; those of `also` may stand in it too."""

    def parse(value: Any) -> UrlTemplate:
        text = as_https_url(value)
        names = _PLACEHOLDER.findall(text)
        listed = ", ".join(f"{{{name}}}" for name in (*required, *also))
        if unknown := [name for name in names if name not in (*required, *also)]:
            raise SettingError(f"has {{{unknown[0]}}}, which is no placeholder; there are: {listed}")
        if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
            raise SettingError("has a brace that is not closed or not opened")
        if not set(required) & set(names):
            raise SettingError(f"must say which one is meant, by {' or '.join(f'{{{name}}}' for name in required)}")
        return UrlTemplate(text=text)

    return parse
