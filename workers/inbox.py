"""Jobs of the kind `inbox`, under the name that the first edition queued: `workers.inbox.run`."""

from marketplace_hooks.jobs.entry_points import run_inbox as run

__all__ = ["run"]
