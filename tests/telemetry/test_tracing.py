"""One trace leads from the receipt of an event to its deliveries, without a word of what was sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import StatusCode
from standardwebhooks.webhooks import Webhook

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.jobs.warmup import warm_up
from marketplace_hooks.standalone import build_app
from marketplace_hooks.telemetry import flushing
from marketplace_hooks.telemetry.trace_export import OriginIds, start_traces, trace_id_of
from marketplace_hooks.telemetry.tracing import span, use_hosts_tracer, use_tracer
from marketplace_hooks.web.request_spans import RequestSpans

from ..support.api_callers import caller_of
from ..support.apps import close_app
from ..support.cascades import sell_in_packs
from ..support.deliveries import subscribe
from ..support.marketplace import OFFLINE, SECRET, SECRET_KEY, Marketplace
from ..support.webhook_receiver import Receiver

MARK = "quokkaword"
CALLER = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans that have ended."""
    monkeypatch.setattr(flushing, "_flushes", [])
    exporter = InMemorySpanExporter()
    start_traces("http://127.0.0.1:1/v1/traces", processor=SimpleSpanProcessor(exporter))
    yield exporter
    use_tracer(None)


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return sell_in_packs(make_marketplace(CASCADE_CHUNK=2, ALLOWED_NETWORKS="127.0.0.0/8"))


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database: nothing here is stored."""
    return sqlite_url


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == name]


def trace_of(one: ReadableSpan) -> int:
    return one.get_span_context().trace_id


def attribute(one: ReadableSpan, name: str) -> Any:
    return (one.attributes or {}).get(f"marketplace_hooks.{name}")


def test_a_trace_leads_from_the_request_to_the_delivery(shop: Marketplace, spans: InMemorySpanExporter) -> None:
    with Receiver() as receiver:
        endpoint_id, secret = subscribe(shop, receiver.url, types=["pack.hidden", "product.hidden"])
        spans.clear()
        event_id = shop.change_status("mod-1", OFFLINE, reason=MARK)
        shop.post(b"{}", event_id="evt_refused", headers={"traceparent": CALLER})
        shop.run_all_now()
    names = {one.name for one in spans.get_finished_spans()}
    assert names == {"receive event", "apply event", "carry out cascade: packs", "deliver event"}
    received, refused = named(spans, "receive event")
    whole = [one for one in spans.get_finished_spans() if one is not refused]
    assert {trace_of(one) for one in whole} == {trace_id_of(event_id)}
    assert attribute(received, "event_id") == event_id
    assert len(attribute(received, "request_id")) == 32
    assert (attribute(refused, "refused"), trace_of(refused)) == ("not_an_envelope", trace_id_of("evt_refused"))
    assert [link.context.trace_id for link in refused.links] == [int("a" * 32, 16)]
    delivered = {attribute(one, "event_id"): one for one in named(spans, "deliver event")}
    assert delivered.keys() == set(receiver.ids)
    assert len(delivered) == 6
    for request in receiver.requests:
        context = delivered[request.id].get_span_context()
        assert request.headers["traceparent"] == f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
        Webhook(secret).verify(request.body, request.headers)
        assert attribute(delivered[request.id], "endpoint_id") == endpoint_id
    assert MARK not in str([one.to_json() for one in spans.get_finished_spans()])


def test_a_custom_header_of_the_endpoint_stays(shop: Marketplace, spans: InMemorySpanExporter) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url, headers={"Traceparent": "theirs"})
        shop.change_status("mod-1", OFFLINE)
        shop.run_all_now()
    assert [request.headers["traceparent"] for request in receiver.requests] == ["theirs"]


def test_a_call_of_the_api_notes_what_it_published(
    shop: Marketplace, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = caller_of(shop, "operator")
    monkeypatch.setattr(shop.app, "wsgi_app", RequestSpans(shop.app))
    answer = operator.request_status("mod-1", OFFLINE, reason=MARK)
    assert answer.status_code == 202
    one = spans.get_finished_spans()[-1]
    assert one.name == "POST /api/v1/products/<product_id>/status"
    assert (one.attributes or {})["http.response.status_code"] == 202
    published = [dict(noted.attributes or {}) for noted in one.events if noted.name == "published"]
    assert published[0]["marketplace_hooks.event_id"] == shop.outgoing("mod-1")[0].event_id
    assert MARK not in one.to_json()


def test_an_error_is_named_and_not_quoted(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=MARK), span("receive event"):
        raise ValueError(MARK)
    [one] = spans.get_finished_spans()
    assert (one.status.status_code, one.status.description, one.events) == (StatusCode.ERROR, "ValueError", ())


def test_a_sampler_takes_a_trace_whole_or_not_at_all() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(id_generator=OriginIds(), sampler=ParentBasedTraceIdRatio(0.5))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    use_tracer(provider.get_tracer("tests"))
    for number in range(40):
        for name in ("receive event", "apply event"):
            with span(name, origin=f"evt_{number}"):
                pass
    use_tracer(None)
    taken = [trace_of(one) for one in exporter.get_finished_spans()]
    assert 5 < len(set(taken)) < 35
    assert all(taken.count(one) == 2 for one in taken)


def test_a_warm_up_makes_no_spans(shop: Marketplace, spans: InMemorySpanExporter) -> None:
    spans.clear()
    warm_up(shop.runtime)
    assert spans.get_finished_spans() == ()


def test_without_a_tracer_nothing_is_opened() -> None:
    with span("receive event", origin="evt_1") as opened:
        assert opened is None


def test_a_host_that_traces_gets_our_spans_below_its_own(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    host = Flask("host")
    ours = {"WEBHOOK_SECRETS": f"marketplace={SECRET}", "DATABASE_URL": sqlite_url, "INSTANCE": str(tmp_path)}
    host.config.update({"SECRET_KEY": SECRET_KEY, **{f"{PREFIX}{name}": value for name, value in ours.items()}})
    MarketplaceHooks(host)
    with provider.get_tracer("host").start_as_current_span("theirs"):
        event_id = Marketplace(host).publish("seller.upserted")
    run_all_now(host.extensions[EXTENSION].runtime, "tests")
    use_tracer(None)
    close_app(host)
    received, theirs, applied = exporter.get_finished_spans()
    assert received.parent is not None
    assert received.parent.span_id == theirs.get_span_context().span_id
    assert (attribute(received, "event_id"), attribute(applied, "event_id")) == (event_id, event_id)
    assert trace_of(applied) != trace_of(received)


@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_host_without_a_provider_makes_no_spans_and_loads_nothing(
    is_loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_loaded:
        monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    use_hosts_tracer()
    assert ("opentelemetry.trace" in sys.modules) == is_loaded
    with span("receive event") as opened:
        assert opened is None


def test_without_the_package_the_start_stops_with_the_command_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "marketplace_hooks.telemetry.trace_export")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'marketplace-hooks\[otel\]'"):
        build_app({f"{PREFIX}TRACES_URL": "https://t.example/v1/traces", f"{PREFIX}INSTANCE": str(tmp_path)})
