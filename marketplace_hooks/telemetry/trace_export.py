"""Trace export: the stand-alone service sends its spans to a collector, by OTLP over HTTP (`TRACES_URL`).

The id of a trace is made from its origin: the id of the received event, else of the cascade or the outgoing event. So
the request, what a worker applies, its cascade and its deliveries are one trace, though nothing of a trace is stored.
A sampler that decides by the trace's id (`OTEL_TRACES_SAMPLER=parentbased_traceidratio`) takes all of it, or nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from .flushing import flush_with_job
from .tracing import current_origin, use_tracer

EXPORT_S = 2.0
FLUSH_MS = 500
"""A job waits no longer for a collector that is away; its spans are lost then."""


class OriginIds(RandomIdGenerator):
    """Ids of spans are random, ids of traces are made from their origin where there is one."""

    def generate_trace_id(self) -> int:
        """The same id for the same origin, in every process."""
        origin = current_origin.get()
        return super().generate_trace_id() if origin is None else trace_id_of(origin)


def trace_id_of(origin: str) -> int:
    """The id of the trace of everything that has this origin."""
    return int.from_bytes(hashlib.sha256(origin.encode(errors="replace")).digest()[:16])


def start_traces(url: str, *, processor: SpanProcessor | None = None) -> TracerProvider:
    """Make spans from now on, and send them to this address; `processor`: give them to this one instead."""
    version = importlib.metadata.version("marketplace-hooks")
    resource = Resource.create({"service.name": "marketplace-hooks", "service.version": version})
    provider = TracerProvider(resource=resource, id_generator=OriginIds())
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=EXPORT_S)))
    use_tracer(provider.get_tracer("marketplace_hooks", version))
    flush_with_job(lambda: provider.force_flush(FLUSH_MS))
    return provider
