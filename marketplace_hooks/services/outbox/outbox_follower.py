"""Following the outbox: every event published from some instant on, once each, for a developer who watches.

Rows are numbered before they are committed, so a smaller number may appear after a larger one: missing numbers are
looked for again for a while. Nothing is changed, and nothing waits for the follower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...models.outbox import OutgoingEvent, time_prefix

BATCH = 100
LONGEST_TRANSACTION = timedelta(minutes=1)
MOST_GAPS = 1_000


@dataclass
class OutboxFollower:
    """Where somebody has got to: `after` is the largest number read, `gaps` the smaller ones that were not there."""

    after: int
    gaps: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def starting(cls, session: Session, since: datetime | None) -> OutboxFollower:
        """From the events published since an instant on; None: from now on."""
        last = session.scalar(select(func.max(OutgoingEvent.id))) or 0
        if since is None:
            return cls(after=last)
        published = select(OutgoingEvent.event_id).where(OutgoingEvent.event_id >= time_prefix(since))
        earliest = session.scalar(published.order_by(OutgoingEvent.event_id).limit(1))
        if earliest is None:
            return cls(after=last)
        # Ids of one instant are in no order: of these the one that was numbered first.
        instant = earliest[: len(time_prefix(since))]
        together = OutgoingEvent.event_id.between(instant, f"{instant}g")
        first = session.scalar(select(func.min(OutgoingEvent.id)).where(together)) or last
        return cls(after=first - 1)

    def read(self, session: Session, now: datetime) -> list[OutgoingEvent]:
        """What has been published meanwhile, in the order of its numbers."""
        self.gaps = {number: seen_at for number, seen_at in self.gaps.items() if now - seen_at < LONGEST_TRANSACTION}
        numbers = OutgoingEvent.id
        late = list(session.scalars(select(OutgoingEvent).where(numbers.in_(list(self.gaps))))) if self.gaps else []
        query = select(OutgoingEvent).where(numbers > self.after).order_by(numbers).limit(BATCH)
        found = sorted([*late, *session.scalars(query)], key=lambda event: event.id)
        for event in found:
            self.gaps.pop(event.id, None)
            for missing in range(max(self.after + 1, event.id - MOST_GAPS), event.id):
                if len(self.gaps) < MOST_GAPS:
                    self.gaps[missing] = now
            self.after = max(self.after, event.id)
        return found
