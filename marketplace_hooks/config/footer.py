"""Footer of a marketplace's pages and mails: plain text and links, in every language that pages have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .parsers import SettingError, as_mailbox, as_text
from .url_templates import as_https_url

LANGUAGES = ("en", "fr")
LONGEST_TEXT = 500
LONGEST_LABEL = 60
MOST_LINKS = 12


@dataclass(frozen=True, kw_only=True)
class FooterLink:
    """A link of the footer: its label by language, and where it leads."""

    label: Mapping[str, str]
    url: str


def as_footer_text(value: Any) -> Mapping[str, str]:
    """A text for every language: `{"en": …, "fr": …}`, as a table or JSON; one text alone stands in all of them."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        value = dict.fromkeys(LANGUAGES, value) if value.strip() else {}
    table = _decoded(value)
    if not isinstance(table, Mapping):
        raise SettingError("must be text, or a table with one for each of en and fr")
    return _by_language(table, LONGEST_TEXT) if table else {}


def as_footer_links(value: Any) -> tuple[FooterLink, ...]:
    """A list of tables `{en, fr, url}`, or the same as JSON."""
    links = _decoded(value) if value != "" else []
    if not isinstance(links, list | tuple) or not all(isinstance(link, Mapping) for link in links):
        raise SettingError(
            'must be a list such as [{"en": "Legal notice", "fr": "Mentions légales", "url": "https://…"}]'
        )
    if len(links) > MOST_LINKS:
        raise SettingError(f"has more than {MOST_LINKS} links")
    return tuple(_link(link) for link in links)


def _link(link: Mapping[str, Any]) -> FooterLink:
    if set(link) != {*LANGUAGES, "url"}:
        raise SettingError(f"has a link with {', '.join(map(str, link)) or 'nothing'}: each has en, fr and url")
    return FooterLink(
        label=_by_language({name: link[name] for name in LANGUAGES}, LONGEST_LABEL), url=_target(link["url"])
    )


def _target(value: Any) -> str:
    """Where a link leads: an https address, a path of this site, or a mailbox."""
    text = as_text(value).strip()
    if text.startswith("mailto:"):
        return f"mailto:{as_mailbox(text.removeprefix('mailto:'))}"
    if text.startswith("/") and not text.startswith("//"):
        return as_https_url(f"https://a{text}").removeprefix("https://a")
    return as_https_url(text)


def _by_language(table: Mapping[str, Any], longest: int) -> Mapping[str, str]:
    if set(table) != set(LANGUAGES):
        raise SettingError("must have a text for each of en and fr, and for no other language")
    texts = {name: as_text(table[name]).strip() for name in LANGUAGES}
    for text in texts.values():
        if not text or len(text) > longest or not text.replace("\n", " ").isprintable():
            raise SettingError(f"must have plain text of 1 to {longest} characters for each of en and fr")
    return texts


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise SettingError("must be JSON in an environment variable") from None
