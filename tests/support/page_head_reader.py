"""Page head reader: what a search engine reads of a page's `<head>`, and faults of its structured data by the rules.

The rules are data: `tests/data/structured_data_rules.json`, from schema.org and what search engines require.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

RULES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "structured_data_rules.json").read_text(encoding="utf-8")
)


@dataclass
class Head:
    """The head of a page, as its parser sees it."""

    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    canonical: str | None = None
    alternates: dict[str, str] = field(default_factory=dict)
    data: list[Any] = field(default_factory=list)

    def things(self, type_: str) -> list[dict[str, Any]]:
        """The things of a type in the structured data."""
        return [one for document in self.data for one in document["@graph"] if one["@type"] == type_]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.head = Head()
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := given.get("name") or given.get("property")):
            self.head.meta[name] = given["content"]
        elif tag == "link" and given.get("rel") == "canonical":
            assert self.head.canonical is None
            self.head.canonical = given["href"]
        elif tag == "link" and given.get("rel") == "alternate":
            self.head.alternates[given["hreflang"]] = given["href"]
        elif tag == "title" and not self.head.title:
            self._inside = "title"
        elif tag == "script" and given.get("type") == "application/ld+json":
            self._inside = "data"

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.head.title += data
        elif self._inside == "data":
            self.head.data.append(json.loads(data))

    def handle_endtag(self, tag: str) -> None:
        self._inside = None


def read_head(page: str) -> Head:
    """The head of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.head


def data_faults(document: Any) -> list[str]:
    """What is wrong with structured data by the rules; nothing if a search engine can use all of it."""
    faults = [] if document.get("@context") == "https://schema.org" else ["the vocabulary is not schema.org"]
    return faults + [fault for thing in document["@graph"] for fault in _thing_faults(thing)]


def _thing_faults(thing: dict[str, Any]) -> Iterator[str]:
    if thing.keys() == {"@id"}:  # it is described at that address.
        return
    type_ = thing.get("@type", "")
    rules = RULES["types"].get(type_)
    if rules is None:
        yield f"{type_!r} is no type that is used here"
        return
    properties = {name for name in thing if not name.startswith("@")}
    yield from (f"{type_} has no {name}" for name in rules["required"] if name not in properties)
    yield from (f"{type_} has no property {name}" for name in sorted(properties - set(rules["allowed"])))
    for name in sorted(properties):
        for value in thing[name] if isinstance(thing[name], list) else [thing[name]]:
            if isinstance(value, dict):
                yield from _thing_faults(value)
            elif (pattern := RULES["values"].get(name)) and not re.fullmatch(pattern, str(value)):
                yield f"{type_}: {value!r} is no {name}"
