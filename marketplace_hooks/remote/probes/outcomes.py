"""Outcomes of requests that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...domain.inspections.notes import Note


@dataclass(frozen=True, kw_only=True)
class ProbeFailure:
    """Nothing usable came back: why, and what had been asked."""

    note: Note
    request: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
