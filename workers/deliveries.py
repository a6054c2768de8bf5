"""Jobs of the kind `deliveries`, under the name that the first edition queued: `workers.deliveries.run`."""

from marketplace_hooks.jobs.entry_points import run_deliveries as run

__all__ = ["run"]
