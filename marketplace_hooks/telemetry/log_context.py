"""Log context: the ids that every line of the log carries, and the loggers that give them to their records.

Ids are bound for a block of work (`with bound(event_id=…)`) and kept in a context variable. The loggers are those of
the standard library: a record has each id as an attribute with the prefix `mh_`, which a host's formatter may show.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from ..errors import MarketplaceHooksError

_P = ParamSpec("_P")
_T = TypeVar("_T")

RECORD_PREFIX = "mh_"
"""Before the names of our attributes of a log record: a host may have a `request_id` of its own there."""

_NOTHING: Mapping[str, str | int] = {}
_bound: ContextVar[Mapping[str, str | int]] = ContextVar("marketplace_hooks_log_context", default=_NOTHING)
_request_ids: list[Callable[[], str | None]] = []
_process = {"name": "marketplace-hooks"}


@contextlib.contextmanager
def bound(**ids: str | int | None) -> Iterator[None]:
    """Have every line that is logged within the block carry these ids; one that is None is left out."""
    given = {name: value for name, value in ids.items() if value is not None}
    token = _bound.set({**_bound.get(), **given})
    try:
        yield
    finally:
        _bound.reset(token)


def with_this_context(act: Callable[_P, _T]) -> Callable[_P, _T]:
    """The same function, for another thread: its lines carry the ids that are bound here and now."""
    ids = _bound.get()

    def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        token = _bound.set(ids)
        try:
            return act(*args, **kwargs)
        finally:
            _bound.reset(token)

    return run


def add_request_id_source(find: Callable[[], str | None]) -> None:
    """Ask this function for the request's id whenever a line is logged; None: this thread serves no request."""
    _request_ids.append(find)


def name_process(name: str) -> None:
    """Name this process as its lines have it: `web`, `worker`, `scheduler`, or another command."""
    _process["name"] = name


def process_name() -> str:
    """The name of this process."""
    return _process["name"]


def current_ids() -> dict[str, str | int]:
    """The ids of the work that this thread does now, the request's first."""
    for find in _request_ids:
        if (request_id := find()) is not None:
            return {"request_id": request_id, **_bound.get()}
    return dict(_bound.get())


def describe(error: BaseException) -> str:
    """An error in words that may be logged: of an error that is not ours the type alone.

    The message of a library's error may quote what it failed at, and so somebody's data.
    """
    return str(error) if isinstance(error, MarketplaceHooksError) else type(error).__name__


class ContextLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger of the standard library whose records carry the current ids. Errors among the arguments are described.

    Nothing is looked up for a line that is not logged.
    """

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Add the ids to the record."""
        ids = {f"{RECORD_PREFIX}{name}": value for name, value in current_ids().items()}
        kwargs["extra"] = {**ids, **(kwargs.get("extra") or {})}
        return msg, kwargs

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a line, as `logging.Logger.log` does."""
        if self.isEnabledFor(level):
            described = (describe(one) if isinstance(one, BaseException) else one for one in args)
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1  # the caller's line, and not this one.
            super().log(level, msg, *described, **kwargs)


def get_logger(name: str) -> ContextLogger:
    """The logger of a module."""
    return ContextLogger(logging.getLogger(name))
