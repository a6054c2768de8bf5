"""The floor of `event_processing`: a job that does nothing, for which RQ forks like for any other."""


def run() -> None:
    """Nothing."""
