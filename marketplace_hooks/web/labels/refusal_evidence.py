"""Labels of a refusal's evidence: what its seller gave, which may be any JSON, as lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...domain.support.refusal_grounds import CHECKS_OF
from ...domain.written_text import shows_something

PLAIN = ("said", "note")
"""Names of what is a text by itself; the first is the form's, the second the API's documented one."""


def evidence_lines(evidence: Mapping[str, Any] | None) -> list[str]:
    """What the seller gave. The findings that the form adds by itself are left out: they stand among the checks."""
    added = {name for names in CHECKS_OF.values() for name in names}
    given = {name: value for name, value in (evidence or {}).items() if name not in added}
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
        name = " / ".join(one for one in path if one and one not in PLAIN)
        yield f"{name}: {value}" if name else str(value)
