"""Declaration of one setting: a dataclass field with its parser and its meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(default: Any, parse: Callable[[Any], Any], meaning: str) -> Any:
    """A field whose value `parse` reads, and that `docs/configuration.md` explains by `meaning`."""
    metadata = {"parse": parse, "meaning": meaning}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)
