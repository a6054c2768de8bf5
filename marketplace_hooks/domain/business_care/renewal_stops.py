"""Renewal stops: the causes that prevent a renewal, from everything that was recorded about it.

Words are put in the order in which they were received, never in the order in which they were recorded: whoever reads
the same words comes to the same causes, however late each of them arrived (`rules.md` 4, 10 and 11).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .renewals import RenewalStop, StopCause


@dataclass(frozen=True, kw_only=True)
class RenewalPreference:
    """One word of the customer about the tacit renewal: cancelled, or enabled again, as received at an instant."""

    enabled: bool
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProductWithdrawal:
    """A withdrawal of the product, in effect at the later of its receipt and `effective_at`; perhaps undone since."""

    received_at: datetime
    effective_at: datetime
    reinstated_at: datetime | None = None

    def stands_at(self, instant: datetime) -> bool:
        """Say whether the product was withdrawn at an instant."""
        begun = max(self.received_at, self.effective_at) <= instant
        return begun and (self.reinstated_at is None or instant < self.reinstated_at)


@dataclass(frozen=True, kw_only=True)
class RenewalRecord:
    """Everything that was said about the renewals of one purchase. Instants are aware.

    `reopened_at` are the instants of its reactivations: each opens a Business Care that is renewed tacitly again, and
    so lifts what the customer's express word could lift. `ended_at` are those at which it was refunded, terminated, or
    lost to the bank.
    """

    purchased_at: datetime
    preferences: Sequence[RenewalPreference] = ()
    withdrawals: Sequence[ProductWithdrawal] = ()
    reactivated_at: Sequence[datetime] = ()
    ended_at: Sequence[datetime] = ()


def renewal_stops(record: RenewalRecord) -> tuple[RenewalStop, ...]:
    """Return every cause that ever stopped a renewal, each with the instant at which it was lifted, if it was."""
    reopened = (RenewalPreference(enabled=True, received_at=instant) for instant in record.reactivated_at)
    preferences = sorted((*record.preferences, *reopened), key=_order)
    ended = (RenewalStop(cause=StopCause.ENDED, received_at=instant) for instant in record.ended_at)
    return (*_customer_stops(preferences), *_withdrawal_stops(record, preferences), *ended)


def _order(preference: RenewalPreference) -> tuple[datetime, bool]:
    """Of two words received at the same instant the cancellation is the last: nobody is charged in doubt."""
    return preference.received_at, not preference.enabled


def _customer_stops(preferences: Iterable[RenewalPreference]) -> Iterable[RenewalStop]:
    """The customer's own cause, from each cancellation until the next word that enables."""
    since: datetime | None = None
    for preference in preferences:
        if preference.enabled and since is not None:
            yield RenewalStop(cause=StopCause.CUSTOMER, received_at=since, lifted_at=preference.received_at)
            since = None
        elif not preference.enabled and since is None:
            since = preference.received_at
    if since is not None:
        yield RenewalStop(cause=StopCause.CUSTOMER, received_at=since)


def _withdrawal_stops(record: RenewalRecord, preferences: Sequence[RenewalPreference]) -> Iterable[RenewalStop]:
    """The withdrawals that found the purchase made. Only an express word since the reinstatement lifts one."""
    for withdrawal in record.withdrawals:
        reinstated_at = withdrawal.reinstated_at
        if reinstated_at is not None and reinstated_at <= record.purchased_at:
            continue  # bought when the product was on sale again.
        lifted = (
            preference.received_at
            for preference in preferences
            if preference.enabled and reinstated_at is not None and preference.received_at >= reinstated_at
        )
        yield RenewalStop(
            cause=StopCause.WITHDRAWAL,
            received_at=withdrawal.received_at,
            effective_at=withdrawal.effective_at,
            lifted_at=min(lifted, default=None),
        )
