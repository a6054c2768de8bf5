"""Labels of a refusal's evidence: what its seller gave, which may be any JSON, as lines that people read.

A name that sellers commonly use has a label; any other stands as the seller wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...domain.support.refusal_grounds import CHECKS_OF
from ...domain.written_text import shows_something
from ..i18n.language import LazyText, gettext, lazy

_CHECKS = frozenset(name for names in CHECKS_OF.values() for name in names)

PLAIN = ("said", "note")
"""Names of what is a text by itself; the first is the form's, the second the API's documented one."""
EVIDENCE_NAMES: Mapping[str, LazyText] = {
    "address": lazy("Address"),
    "attachment": lazy("Attachment"),
    "attachments": lazy("Attachments"),
    "class": lazy("Class"),
    "code": lazy("Code"),
    "date": lazy("Date"),
    "diff": lazy("Difference"),
    "expected": lazy("Expected"),
    "file": lazy("File"),
    "files": lazy("Files"),
    "found": lazy("Found"),
    "hook": lazy("Hook"),
    "host": lazy("Host"),
    "line": lazy("Line"),
    "lines": lazy("Lines"),
    "link": lazy("Link"),
    "links": lazy("Links"),
    "log": lazy("Log"),
    "message": lazy("Message"),
    "messages": lazy("Messages"),
    "module": lazy("Module"),
    "modules": lazy("Modules"),
    "override": lazy("Override"),
    "overrides": lazy("Overrides"),
    "page": lazy("Page"),
    "pages": lazy("Pages"),
    "path": lazy("Path"),
    "paths": lazy("Paths"),
    "php": lazy("PHP version"),
    "php_version": lazy("PHP version"),
    "platform_version": lazy("PrestaShop version"),
    "reason": lazy("Reason"),
    "screenshot": lazy("Screenshot"),
    "screenshots": lazy("Screenshots"),
    "seen": lazy("Seen"),
    "sha256": lazy("SHA-256"),
    "shop": lazy("Shop"),
    "shop_url": lazy("Shop address"),
    "site": lazy("Site"),
    "theme": lazy("Theme"),
    "url": lazy("Address"),
    "urls": lazy("Addresses"),
    "version": lazy("Version"),
}


def evidence_lines(evidence: Mapping[str, Any] | None, checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the seller gave as evidence. A check's finding that still stands is left out: it is shown among `checks`."""
    current = {one["name"]: one.get("evidence") for one in checks}
    given = {
        name: value for name, value in (evidence or {}).items() if name not in _CHECKS or value != current.get(name)
    }
    return list(_lines(given, ()))


def _lines(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lines(inner, (*path, str(name)))
    elif isinstance(value, list | tuple) and all(not isinstance(one, Mapping | list) for one in value):
        yield from _lines(", ".join(str(one) for one in value), path)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _lines(inner, path)
    elif shows_something(value):
        name = " / ".join(_label(one) for one in path if one and one not in PLAIN)
        yield gettext("%(name)s: %(value)s", name=name, value=value) if name else str(value)


def _label(name: str) -> str:
    return str(EVIDENCE_NAMES.get(name.lower(), name))
