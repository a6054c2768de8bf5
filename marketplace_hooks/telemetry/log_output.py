"""Log output: how the stand-alone service writes its log, as text or as a JSON object on each line.

Lines of the standard library's loggers, ours and those of libraries alike, are rendered by structlog. A host configures
its own logging, and this module is never imported there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from ..errors import MarketplaceHooksError
from .log_context import current_ids, process_name

LOGGER = "marketplace_hooks"
JSON = "json"
CONSOLE = "console"
QUIET = {"urllib3": logging.ERROR, "sqlalchemy.pool": logging.CRITICAL, "opentelemetry": logging.CRITICAL}
"""Libraries that warn of what our own lines say already. All others may warn, and no more than that."""
_OWN_HANDLERS = ("_granian", "granian.access", "rq.worker", "rq.job")
"""Loggers to which their library gives a handler and a format of its own."""
_SPEAKS_OF_CODE = (AttributeError, ImportError, NameError, NotImplementedError, TypeError, UnboundLocalError)
"""Errors of Python whose messages name code, and never quote data."""
_SECRET = re.compile(r"whsec_[\w+/=-]+|mht_[\w-]+|(?<=://)[^/\s@]+@|(?<=Bearer )\S+")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class OwnHandler(logging.StreamHandler[TextIO]):
    """The handler that this module adds."""


def configure_logs(log_format: str, level: str) -> None:
    """Write the log to standard error, unless somebody has configured logging already."""
    if logging.getLogger().handlers:
        return
    install_handler(log_format, level)
    for name in _OWN_HANDLERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    threading.excepthook = _log_uncaught


def install_handler(log_format: str, level: str, stream: TextIO | None = None) -> OwnHandler:
    """Add the handler to the root logger; our own lines from `level` on, warnings of everything else."""
    handler = OwnHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_processors(log_format)))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger(LOGGER).setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    return handler


def line_of(log_format: str, process: str, text: str) -> str:
    """A line that is no log record, such as "ready", in the same format: plain text as it is, or a JSON object."""
    if log_format != JSON:
        return text
    event: Any = {"event": text, "level": "info", "logger": LOGGER}
    for processor in (_hide_secrets, *_JSON[:-1]):
        event = processor(None, "info", event)
    return json.dumps({**event, "process": process})


def is_json_line(text: str) -> bool:
    """Whether a line is one of a process that writes JSON."""
    try:
        return text.startswith("{") and isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _processors(log_format: str) -> list[Processor]:
    common: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_ids,
        _format_error,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _hide_secrets,
    ]
    return [*common, *(_JSON if log_format == JSON else _CONSOLE)]


def _add_ids(logger: Any, method: str, event: EventDict) -> EventDict:
    event.update(current_ids())
    return event


def _add_process(logger: Any, method: str, event: EventDict) -> EventDict:
    event["process"] = process_name()
    event["pid"] = os.getpid()
    return event


def _format_error(logger: Any, method: str, event: EventDict) -> EventDict:
    """The traceback as text: places in the code and types of errors, without messages that may quote data."""
    found = event.pop("exc_info", None)
    if isinstance(found, tuple) and found[0] is not None:
        event["exception"] = safe_traceback(found)
    return event


def safe_traceback(found: ExcInfo) -> str:
    """A traceback without local variables, and without the message of an error that may quote somebody's data."""
    parts: list[str] = []
    error: BaseException | None = found[1]
    while error is not None and len(parts) < 10:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}{_safe_message(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nThe above exception led to another one:\n\n".join(reversed(parts))


def _safe_message(error: BaseException) -> str:
    if isinstance(error, (MarketplaceHooksError, *_SPEAKS_OF_CODE)):
        return f": {error}"
    code = getattr(getattr(error, "orig", error), "sqlstate", None)
    return f": SQLSTATE {code}" if code else ""


def _hide_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """A second fence: whatever a library writes, secrets of ours and passwords of addresses are replaced."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _SECRET.sub("[secret]", value)
    return event


def _one_line(logger: Any, method: str, event: EventDict) -> EventDict:
    """What somebody sent cannot begin a new line, nor speak to a terminal."""
    for name, value in event.items():
        if name != "exception" and not str(value).isprintable():
            event[name] = "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(value))
    return event


def _as_text(logger: Any, method: str, event: EventDict) -> str:
    """`WARNING marketplace_hooks.jobs.unstarted_work: message request_id=…`, and a traceback below it."""
    level = event.pop("level").upper()
    name = event.pop("logger")
    message = event.pop("event")
    error = event.pop("exception", None)
    ids = "".join(f" {key}={value}" for key, value in event.items())
    return f"{level} {name} {message}{ids}" + (f"\n{error}" if error else "")


def _log_uncaught(uncaught: threading.ExceptHookArgs) -> None:
    """A thread has ended by an error that nobody expected."""
    if uncaught.exc_value is None or uncaught.exc_type is SystemExit:
        return
    name = uncaught.thread.name if uncaught.thread else "?"
    found = (uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)
    logging.getLogger(LOGGER).error("the thread %s has ended by an error", name, exc_info=found)


_JSON: list[Processor] = [
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_process,
    structlog.processors.EventRenamer("message"),
    structlog.processors.JSONRenderer(),
]
_CONSOLE: list[Processor] = [_one_line, _as_text]
