"""Jobs of the kind `inspections`, under the name that the first edition queued: `workers.inspections.run`."""

from marketplace_hooks.jobs.entry_points import run_inspections as run

__all__ = ["run"]
