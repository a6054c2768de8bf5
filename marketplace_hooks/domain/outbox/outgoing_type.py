"""Outgoing event type: when it is published, an example of its data, and its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One type: when it is published, and an example of its data.

    What may be absent is `optional`, what may be null is `nullable`. `version` grows with a change of the data that
    would break a receiver (`event_schemas.py`).
    """

    when: str
    example: Mapping[str, Any]
    optional: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    version: int = 1
