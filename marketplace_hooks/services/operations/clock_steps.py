"""Clock steps: after a clock is set back by hours, instants that had passed are in the future again.

Leases are limited to their longest length (`core/leases.py`). When a step is noticed, work is made due here that waits
for longer than any pause of its schedule. What was agreed for an instant, such as a renewal, keeps it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, literal, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.types import constant
from ...domain.outbox.retry_policy import longest_pause_s
from ...models.inbox import InboxEvent, InboxState
from ...models.mails import Mail, MailState
from ...models.outbox import Delivery, DeliveryState
from ..core.leases import CLOCKS_AGREE_S, latest_end
from ..inbox.leasing import end_long_rests


class ClockWatch:
    """Compares the clock with a monotonic one. At first it says that it was set back: nobody has looked before."""

    def __init__(self) -> None:
        self._ahead_s = math.inf

    def was_set_back(self, now: datetime, monotonic_s: float) -> bool:
        """Whether the clock, which says `now`, was set back since the last call."""
        ahead_s = now.timestamp() - monotonic_s
        was_set_back = ahead_s < self._ahead_s - CLOCKS_AGREE_S
        self._ahead_s = ahead_s
        return was_set_back


def end_impossible_waits(session: Session, now: datetime, settings: Settings) -> int:
    """Make due what waits for longer than is possible; return how much there was."""
    delivery_s = settings.delivery_schedule_s
    mail_s = settings.mail_schedule_s
    parked_s = dict(enumerate(settings.park_retries_s, start=1))
    tables: tuple[tuple[type[Any], Any, Mapping[int, float]], ...] = (
        (Delivery, DeliveryState.PENDING, {n: longest_pause_s(n, delivery_s) for n in range(len(delivery_s))}),
        (Mail, MailState.PENDING, {n: longest_pause_s(n, mail_s) for n in range(len(mail_s))}),
        (InboxEvent, InboxState.PARKED, parked_s),
    )
    count = end_long_rests(session, now, settings)
    for table, waiting, longest_s in tables:
        latest = {attempts: latest_end(now, pause_s) for attempts, pause_s in longest_s.items()}
        latest_due = case(
            *((table.attempts == attempts, literal(at, table.due_at.type)) for attempts, at in latest.items()),
            else_=literal(max(latest.values()), table.due_at.type),
        )
        impossible = table.state == constant(waiting), table.due_at > latest_due
        change = update(table).where(*impossible).values(due_at=now).execution_options(synchronize_session=False)
        count += session.execute(change).rowcount  # type: ignore[attr-defined] # a cursor result
    return count
