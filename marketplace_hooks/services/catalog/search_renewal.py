"""Renewal of search entries: those of a whole catalogue, of a renamed seller, of a listing that begins today.

A chunk and its progress are one transaction, so that a killed worker costs one chunk. Entries are derived from the rows
as they stand: to write one twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...models.packs import Pack
from ...models.products import Product, SubjectKind
from ...models.search import RenewalScope, SearchRenewal
from ..core.runtime import Runtime
from .search_index import lock_entries, write_entries

CHUNK = 100


def renew_entries(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Write anew what is due, chunk by chunk, until nothing is left or `stop` is true; return how many chunks."""
    chunks = 0
    while not stop() and runtime.database.retrying(lambda session: _renew_chunk(session, runtime.now())):
        chunks += 1
        runtime.database.yield_to_writers()
    return chunks


def has_due(session: Session, now: datetime) -> bool:
    """Whether entries are to be written anew."""
    return session.scalar(select(SearchRenewal.due_at).where(SearchRenewal.due_at <= now).limit(1)) is not None


def _renew_chunk(session: Session, now: datetime) -> bool:
    due = select(SearchRenewal).where(SearchRenewal.due_at <= now).order_by(SearchRenewal.due_at).limit(1)
    renewal = session.scalar(due.with_for_update(skip_locked=True))
    if renewal is None:
        return False
    kind = SubjectKind.PRODUCT
    if renewal.scope is RenewalScope.PRODUCT:
        ids = [renewal.subject_id]
        session.delete(renewal)
    else:
        kind, ids = _next_chunk(session, renewal)
        if ids:
            renewal.after_kind = kind
            renewal.after_id = ids[-1]
        else:
            session.delete(renewal)
    session.flush()
    lock_entries(session, kind, ids)
    write_entries(session, {kind: ids}, now)
    return True


def _next_chunk(session: Session, renewal: SearchRenewal) -> tuple[SubjectKind, list[str]]:
    """The next products of the renewal, and when there are none left, its next packs."""
    after = renewal.after_id
    tables: dict[SubjectKind, type[Any]] = {SubjectKind.PRODUCT: Product, SubjectKind.PACK: Pack}
    for kind, table in tables.items():
        if kind is SubjectKind.PRODUCT and renewal.after_kind is SubjectKind.PACK:
            continue
        if kind is not renewal.after_kind:
            after = ""
        query = select(table.id).where(table.id > after).order_by(table.id).limit(CHUNK)
        if renewal.scope is RenewalScope.SELLER:
            query = query.where(table.seller_id == renewal.subject_id)
        if ids := list(session.scalars(query)):
            return kind, ids
    return SubjectKind.PACK, []
