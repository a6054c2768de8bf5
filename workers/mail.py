"""Jobs of the kind `mail`, under the name that the first edition queued: `workers.mail.run`."""

from marketplace_hooks.jobs.entry_points import run_mail as run

__all__ = ["run"]
