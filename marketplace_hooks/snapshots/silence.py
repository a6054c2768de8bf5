"""Unit of work that publishes nothing: what an import writes happened long ago, and whoever had to know knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain.outbox.event_types import OUTGOING
from ..services.core.unit_of_work import Cause, Counter, UnitOfWork


class SilentUnitOfWork(UnitOfWork):
    """One write transaction of an import. It acts for nobody: the import as a whole is in the audit log."""

    def publish_counted_in(
        self,
        type_: str,
        subject_kind: str,
        subject_id: str,
        counter: Counter,
        data: Mapping[str, Any],
        cause: Cause,
        *,
        cascade_id: str | None = None,
    ) -> str:
        """Write nothing, and count nothing; there is no event, and so no id."""
        if type_ not in OUTGOING:
            raise ValueError(f"{type_} is not in the catalogue of outgoing events (domain/outbox/event_types.py)")
        return ""
