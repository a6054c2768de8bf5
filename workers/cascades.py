"""Jobs of the kind `cascades`, under the name that the first edition queued: `workers.cascades.run`."""

from marketplace_hooks.jobs.entry_points import run_cascades as run

__all__ = ["run"]
