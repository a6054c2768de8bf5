"""The log as the stand-alone service writes it, for the length of a `with`."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

from marketplace_hooks.telemetry.log_output import LOGGER, QUIET, install_handler

_CHANGED = ("", LOGGER, *QUIET)


@contextlib.contextmanager
def written_log(log_format: str = "json", level: str = "DEBUG") -> Iterator[io.StringIO]:
    """What is written meanwhile, by whatever logger."""
    levels = {name: logging.getLogger(name).level for name in _CHANGED}
    stream = io.StringIO()
    handler = install_handler(log_format, level, stream)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    """The objects of a log in JSON; a line that is none fails."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]
