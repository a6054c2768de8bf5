"""Clock evidence: what is stored says about the clock of this machine, on whatever database.

Nothing can have been received, published or seen at an instant that is still to come, so such an instant says that the
clock was set back, or that another machine's is ahead. And events that senders have just made carry the senders' time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ...models.audit import AuditEntry
from ...models.deployment import Heartbeat
from ...models.inbox import InboxEvent
from ...models.outbox import OutgoingEvent

SENDERS_WITHIN = timedelta(days=1)
SENDERS_COUNTED = 20
FEWEST_LATE = 5
LATE_S = 60.0
"""Where every one of the last events seems so late, this clock may be ahead: retries explain some, and not all."""
_NEWEST: dict[str, Select[Any]] = {
    "the newest event received": select(InboxEvent.received_at).order_by(InboxEvent.received_at.desc()).limit(1),
    "the newest outgoing event": select(OutgoingEvent.created_at).order_by(OutgoingEvent.id.desc()).limit(1),
    "the newest entry of the audit log": select(AuditEntry.at).order_by(AuditEntry.at.desc()).limit(1),
    "the heartbeat of another process": select(func.max(Heartbeat.seen_at)),
}


@dataclass(frozen=True, kw_only=True)
class ClockDifference:
    """How far this clock is ahead of another (negative: behind it), and of which.

    `is_certain` is False where it may have another reason.
    """

    other: str
    ahead_s: float
    is_certain: bool = True


def compare_with_rows(session: Session, now: datetime) -> list[ClockDifference]:
    """Instants of rows that are still to come."""
    newest = {name: session.scalar(query) for name, query in _NEWEST.items()}
    return [
        ClockDifference(other=name, ahead_s=(now - at).total_seconds())
        for name, at in newest.items()
        if at is not None and at > now
    ]


def compare_with_files(paths: list[Path], now: datetime) -> list[ClockDifference]:
    """Files that were written at an instant that is still to come."""
    written = {path: path.stat().st_mtime for path in paths if path.exists()}
    return [
        ClockDifference(other=f"the last write to {path.name}", ahead_s=now.timestamp() - at_s)
        for path, at_s in written.items()
        if at_s > now.timestamp()
    ]


def compare_with_senders(session: Session, now: datetime) -> ClockDifference | None:
    """The clock of whoever sent the last events; None where too few came, or some were late and some were not.

    No event is made after it is received: one that seems so says that this clock is behind, or the sender's ahead.
    """
    last = (
        select(InboxEvent.received_at, InboxEvent.sent_at)
        .where(InboxEvent.received_at > now - SENDERS_WITHIN)
        .order_by(InboxEvent.received_at.desc())
        .limit(SENDERS_COUNTED)
    )
    late_s = [(received_at - sent_at).total_seconds() for received_at, sent_at in session.execute(last)]
    if not late_s:
        return None
    if min(late_s) < 0 or (min(late_s) > LATE_S and len(late_s) >= FEWEST_LATE):
        other = f"the sender of the last {len(late_s)} events"
        return ClockDifference(other=other, ahead_s=min(late_s), is_certain=min(late_s) < 0)
    return None
