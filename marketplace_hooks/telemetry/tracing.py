"""Tracing: spans of OpenTelemetry for requests, events, cascades, deliveries, mails and inspections.

Without a tracer every function here returns at once, and OpenTelemetry is not imported. The stand-alone service gives
one (`trace_export.py`); in a host it is the host's, where the host has set a provider before.

Work crosses the queue as rows, and no row has a trace. So a trace is named after its *origin*, the id that all that
follows from one cause has: the stand-alone service makes the trace's id from it (`trace_export.py`).
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .log_context import current_ids

if TYPE_CHECKING:
    from opentelemetry.trace import Link, Span, Tracer

PREFIX = "marketplace_hooks."
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NO_SPAN: AbstractContextManager[None] = contextlib.nullcontext()
_tracers: list[Tracer] = []
current_origin: ContextVar[str | None] = ContextVar("marketplace_hooks_trace_origin", default=None)


def use_tracer(tracer: Tracer | None) -> None:
    """Make every span of this process by this tracer; None: make none."""
    _tracers[:] = [] if tracer is None else [tracer]


def use_hosts_tracer() -> None:
    """Make spans by the host's provider, if it has set one: libraries load OpenTelemetry too, and set none."""
    if "opentelemetry.trace" in sys.modules and not _tracers:
        from opentelemetry import trace

        if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            use_tracer(trace.get_tracer("marketplace_hooks"))


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """Make no spans within the block, in a process that does nothing else meanwhile."""
    tracers = _tracers[:]
    _tracers.clear()
    try:
        yield
    finally:
        _tracers[:] = tracers


def is_tracing() -> bool:
    """Whether spans are made at all."""
    return bool(_tracers)


def span(
    name: str, *, origin: str | None = None, kind: str = "internal", caller: str | None = None
) -> AbstractContextManager[Span | None]:
    """A span for a block of work, with the ids of the log's lines; None is given where spans are not made.

    `origin` names the trace, unless the block is part of another span. `caller` is the `traceparent` that a request
    brought: it is linked, and not continued, for anybody can send one.
    """
    return _open(_tracers[0], name, origin, kind, caller) if _tracers else _NO_SPAN


@contextlib.contextmanager
def _open(tracer: Tracer, name: str, origin: str | None, kind: str, caller: str | None) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, Status, StatusCode, use_span

    token = current_origin.set(origin)
    try:
        opened = tracer.start_span(name, kind=SpanKind[kind.upper()], attributes=_attributes(), links=_links(caller))
    finally:
        current_origin.reset(token)
    # Not the exception itself: its message may quote somebody's data.
    with use_span(opened, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield opened
        except BaseException as error:
            opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def annotate(opened: Span | None, **values: str | int | None) -> None:
    """Add what came of it to a span."""
    if opened is not None:
        opened.set_attributes({f"{PREFIX}{name}": value for name, value in values.items() if value is not None})


def note(name: str, **values: str | int) -> None:
    """Note on the current span that something happened."""
    if _tracers:
        from opentelemetry.trace import get_current_span

        get_current_span().add_event(name, _prefixed(values))


def traceparent() -> str | None:
    """The current span, as the header `traceparent` names it (W3C Trace Context)."""
    if not _tracers:
        return None
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"


def _attributes() -> Mapping[str, str | int]:
    return _prefixed(current_ids())


def _prefixed(values: Mapping[str, str | int]) -> Mapping[str, str | int]:
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def _links(caller: str | None) -> list[Link]:
    from opentelemetry.trace import Link, SpanContext

    found = _TRACEPARENT.fullmatch(caller or "")
    if found is None:
        return []
    context = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True)
    return [Link(context)] if context.is_valid else []
