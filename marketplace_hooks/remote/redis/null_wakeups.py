"""Wake-ups where there is no Redis. Apart from the queue, whose libraries are loaded only where there is one."""

from __future__ import annotations

from .names import JobKind


class NullWakeups:
    """Where there is no Redis: no worker can be woken, and the scheduler does the work."""

    def wake_worker(self, kind: JobKind) -> bool:
        """Always False: no worker listens."""
        return False

    def clear_wakeup(self, kind: JobKind) -> None:
        """Nothing to clear."""

    def count_begun(self, kind: JobKind) -> int:
        """Always 0: no job begins."""
        return 0
