"""Jobs of the kind `renewals`, under the name that the first edition queued: `workers.renewals.run`."""

from marketplace_hooks.jobs.entry_points import run_renewals as run

__all__ = ["run"]
