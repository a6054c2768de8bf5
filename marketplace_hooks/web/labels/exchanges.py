"""Labels of exchanges: what an inspection asked of a site and what it answered, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...domain.inspections.notes import Note
from ..i18n.language import gettext, wording
from .inspections import explain


@dataclass(frozen=True, kw_only=True)
class ExchangeView:
    """One exchange on a page: when, what was asked, what came of it, and the beginning of a public answer."""

    at: datetime
    request: str
    answer: str
    excerpt: str


def exchange_views(exchanges: Sequence[Mapping[str, Any]]) -> list[ExchangeView]:
    """The exchanges that are stored with an inspection, in their order."""
    return [
        ExchangeView(
            at=datetime.fromisoformat(one["at"]),
            request=one["request"],
            answer=" · ".join(_answer(one)),
            excerpt=one["excerpt"],
        )
        for one in exchanges
    ]


def _answer(one: Mapping[str, Any]) -> Iterator[str]:
    if one["took_ms"] is None:
        yield from _posted(one)
        return
    if one["status"] is not None:
        yield gettext("Response %(status)s", status=one["status"])
        if one["content_type"]:
            yield one["content_type"]
        yield gettext("%(count)s bytes", count=wording().number(one["size"]))
    elif one["note"] in list(Note):
        yield explain(wording(), Note(one["note"]), {})
    yield gettext("%(count)s ms", count=wording().number(one["took_ms"]))


def _posted(one: Mapping[str, Any]) -> Iterator[str]:
    """What became of a report that the shop's companion sent by itself."""
    if one["note"] is None:
        yield gettext("Companion module report received")
        return
    yield gettext("Companion module report refused")
    if one["note"] in list(Note):
        yield explain(wording(), Note(one["note"]), {})
