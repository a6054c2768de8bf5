"""Jobs of the kind `support`, under the name that the first edition queued: `workers.support.run`."""

from marketplace_hooks.jobs.entry_points import run_support as run

__all__ = ["run"]
