"""Bulk publish: one outgoing event about each of many rows, by one INSERT … SELECT into the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select

from ...database.types import json_object
from ...models.outbox import OutgoingEvent, new_event_ids
from ..core.unit_of_work import UnitOfWork

_COLUMNS = ["event_id", "type", "subject_kind", "subject_id", "sequence", "data", "cause", "cascade_id", "created_at"]


def publish_for_each(
    uow: UnitOfWork,
    where: ColumnElement[bool],
    *,
    type_: str | ColumnElement[str],
    subject_kind: str,
    subject_id: Any,
    sequence: Any,
    data: Mapping[str, Any],
    cause: Mapping[str, Any],
    cascade_id: str | None = None,
) -> None:
    """Write an outgoing event about each row that `where` is true of, in this transaction.

    `subject_id`, `sequence` and the members of `data` are columns of those rows, or SQL made of them; a plain text is
    the same for each. The rows' sequences have been counted up before, by the statement that changed them.
    """
    columns = OutgoingEvent.__table__.c
    members = [part for name, value in data.items() for part in (literal(name), _sql(value))]
    rows = select(
        new_event_ids(uow.now),
        _sql(type_),
        literal(subject_kind),
        subject_id,
        sequence,
        json_object(*members),
        literal(dict(cause), columns.cause.type),
        literal(cascade_id, columns.cascade_id.type),
        literal(uow.now, columns.created_at.type),
    )
    uow.session.execute(insert(OutgoingEvent).from_select(_COLUMNS, rows.where(where)))


def _sql(value: Any) -> Any:
    return literal(value) if isinstance(value, str) else value
