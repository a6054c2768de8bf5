"""The job behind the bell `mail`."""

from marketplace_hooks.remote.queue import Bell

from .runtime import answer


def run() -> None:
    """One slice of the work."""
    answer(Bell.MAIL)
