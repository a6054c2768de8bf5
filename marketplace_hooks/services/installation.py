"""What does one installation consist of: its settings, its database, its doorbells?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ..config import Settings
from ..remote.outbound import Outbound
from ..remote.queue import Bell
from ..store.database import Database
from ..store.vault import Vault

__all__ = ["Bell", "Bells", "Installation"]


class Bells(Protocol):
    """Where doorbells hang: the queue, or nothing at all."""

    def ring(self, bell: Bell) -> bool:
        """Wake a worker. Never raises and never blocks for long; False when nobody could be woken."""

    def answered(self, bell: Bell) -> None:
        """A worker begins to look."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What every service needs to know of the place it works in."""

    settings: Settings
    database: Database
    bells: Bells
    outbound: Outbound
    vault: Vault

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)
