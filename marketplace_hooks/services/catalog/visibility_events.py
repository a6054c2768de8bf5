"""Visibility events: `*.hidden` and `*.shown` for the pages whose visibility is not what was last published.

Set statements over a chunk of rows: one UPDATE of what was published, one INSERT … SELECT of the outgoing events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select, update

from ...models.cascades import Cascade
from ...models.products import SubjectKind
from ..core.unit_of_work import UnitOfWork
from ..outbox.bulk_publish import publish_for_each
from .cascades import Step


@dataclass(frozen=True, kw_only=True)
class PageKind:
    """A kind of page: its table, and SQL for whether a row's page may be seen now."""

    table: type[Any]
    kind: SubjectKind
    visible: Callable[[], ColumnElement[bool]]


def publish_visibility_changes(
    uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int, pages: PageKind, concerned: ColumnElement[bool]
) -> None:
    """Publish, for the next chunk of the pages concerned, each whose visibility is not what was last published.

    The rows are locked first and judged by a later statement, whose snapshot is younger than the locks: of two
    cascades that meet in a row, the second sees all that the first saw, and more.
    """
    table = pages.table
    if progress.total is None:
        progress.total = uow.session.scalar(select(func.count()).select_from(table).where(concerned)) or 0
    ahead = concerned if progress.cursor is None else concerned & (table.id > progress.cursor)
    lock = select(table.id).where(ahead).order_by(table.id).limit(limit).with_for_update()
    ids = list(uow.session.scalars(lock))
    if ids:
        within = ahead & (table.id <= ids[-1])
        values = {
            "shown": ~table.shown,
            "sequence": table.sequence + 1,
            "announced_by": cascade.id,
            "changed_at": uow.now,
        }
        changed = update(table).where(within, table.shown != pages.visible()).values(values)
        uow.session.execute(changed.execution_options(synchronize_session=False))
        _publish(uow, cascade, pages, within)
        progress.done += len(ids)
        progress.cursor = ids[-1]
    if len(ids) < limit:
        progress.state = "done"


def _publish(uow: UnitOfWork, cascade: Cascade, pages: PageKind, within: ColumnElement[bool]) -> None:
    """Publish the rows that this cascade has changed in this chunk.

    What it changed at another instant was published then: a cascade that runs again from its start repeats nothing.
    """
    table = pages.table
    publish_for_each(
        uow,
        within & (table.announced_by == cascade.id) & (table.changed_at == uow.now),
        type_=case((table.shown, literal(f"{pages.kind}.shown")), else_=literal(f"{pages.kind}.hidden")),
        subject_kind=pages.kind.value,
        subject_id=table.id,
        sequence=table.sequence,
        data={f"{pages.kind}_id": table.id, "seller_id": table.seller_id, "status": table.status},
        cause=cascade.cause,
        cascade_id=cascade.id,
    )
