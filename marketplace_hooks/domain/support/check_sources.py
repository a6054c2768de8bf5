"""Sources of checks: where a check's finding comes from, how reliable it is, and which source contradicts it."""

from __future__ import annotations

from typing import Any

from ..inspections.evidence import Fact, Finding
from ..inspections.notes import Note


def source_of(fact: Fact | None) -> dict[str, Any]:
    """Where a fact was found, how sure it is, and who says otherwise."""
    if fact is None:
        return {}
    return {
        **found_in(fact.source),
        "contradicted_by": [{"rung": one.probe, "value": one.value} for one in fact.contradicted_by],
    }


def found_in(finding: Finding) -> dict[str, Any]:
    """Where something was found, and how sure it is."""
    return {"rung": finding.probe, "strength": finding.strength}


def is_hint(fact: Fact | None) -> bool:
    """Whether a fact stands on the home page's code alone, which proves nothing."""
    return fact is not None and fact.source.note is Note.SEEN_IN_CODE
