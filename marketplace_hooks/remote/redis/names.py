"""Names of queues and keys in Redis: each deployment has its own, so that several may share one server."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass


class JobKind(enum.StrEnum):
    """What a worker can be woken for. Rows say what there is to do."""

    INBOX = "inbox"
    CASCADES = "cascades"
    RENEWALS = "renewals"
    INSPECTIONS = "inspections"
    SUPPORT = "support"
    # Last, for a process that does all work in turn: what the others have published is delivered, then mailed.
    DELIVERIES = "deliveries"
    MAIL = "mail"


@dataclass(frozen=True)
class RedisNames:
    """The names of one deployment. `deployment_id` reads its id from the database, and may raise `Unavailable`."""

    deployment_id: Callable[[], str]

    def queue(self, kind: JobKind) -> str:
        """The queue of a kind of job."""
        return f"mh-{self.deployment_id()}-{kind}"

    def wakeup(self, kind: JobKind) -> str:
        """The key that says that a worker was woken for this kind, and has not begun."""
        return f"mh:{self.deployment_id()}:wakeup:{kind}"

    def begun(self, kind: JobKind) -> str:
        """The key that counts the jobs of this kind that have begun."""
        return f"mh:{self.deployment_id()}:begun:{kind}"

    @property
    def limits(self) -> str:
        """The prefix of the keys of rate limits."""
        return f"mh:{self.deployment_id()}:limits"


def first_edition_queue(kind: JobKind) -> str:
    """The queue that every deployment of 0.1.0 used; workers empty it until 0.3.0 (`service_jobs.py`)."""
    return f"mh-{kind}"


def first_edition_wakeup(kind: JobKind) -> str:
    """The key beside it."""
    return f"mh:wakeup:{kind}"
