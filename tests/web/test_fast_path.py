"""The fast path answers byte for byte as the full path does.

Each request is sent twice: to the stand-alone app as it is, and to the same app over the same rows without its fast
path.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from marketplace_hooks.errors import Unavailable
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.inbox.writer import IncomingEvent
from marketplace_hooks.standalone import build_app
from marketplace_hooks.web.fast_path import FastPath

from ..support.api_callers import Caller, MakeCaller, problem_of
from ..support.apps import close_app
from ..support.customers import publish_refund, set_up_purchase
from ..support.marketplace import Marketplace


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


QUERIES = [
    "purchase_id=purchase-1&shop_url=https://shop.example",
    "purchase_id=purchase-1&shop_url=https://d%C3%A9v.example&shop_url=https://shop.example",
    "purchase_id=purchase-1&shop_url=%FF%FE",
    "purchase_id=purchase-1&purchase_id=no-such",
    "purchase_id=&customer_id=customer-1&product_id=mod-1",
    "purchase_id=purchase-1&product_id=mod-2&campaign=spring",
    "customer_id=customer-1&product_id=mod-1&shop_url=",
    "product_id=mod-1",
    "purchase_id=no-such",
    "purchase_id=%00",
    "purchase_id=purchase-1&at=2026-03-02T09:00:00Z",
    "purchase_id=purchase-1&at=yesterday",
    "purchase_id=purchase-1;shop_url=x",
    "",
]


def headers_of(answer: Any) -> list[tuple[str, str]]:
    """Every header but the request's own id, which the full path alone gives it."""
    return sorted((name, value) for name, value in answer.headers if name != "X-Request-ID")


@pytest.mark.parametrize("role", ["platform", "customer", "seller"])
def test_the_fast_path_answers_as_the_full_path_does(marketplace: Marketplace, calls: MakeCaller, role: str) -> None:
    set_up_purchase(marketplace)
    for query in QUERIES:
        caller = calls(role, None if role == "platform" else f"{role}-1")
        # A token that nobody has seen takes the full path; from then on it is known.
        answers = [caller.get(f"/entitlements?{query}") for _ in range(3)]
        shown = [(one.status_code, headers_of(one), one.get_data()) for one in answers]
        assert shown[0] == shown[1] == shown[2], query


def test_the_fast_path_is_taken_and_counts_its_calls(
    make_marketplace: Any, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_purchase(marketplace)
    limited = make_marketplace(API_RATE_PER_MINUTE=3)
    _, text = tokens.create(limited.runtime, "platform")
    caller = Caller(limited.app, {"Authorization": f"Bearer {text}"})
    dispatched: list[str] = []
    before = [*limited.app.before_request_funcs.get(None, []), lambda: dispatched.append("full path")]
    monkeypatch.setitem(limited.app.before_request_funcs, None, before)
    answers = [caller.get("/entitlements?purchase_id=purchase-1").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert len(dispatched) == 3  # the first, which made the token known, and the two that were refused.


@pytest.mark.parametrize("call", [{"method": "HEAD"}, {"method": "POST"}, {"path": "/entitlements/"}])
def test_only_this_one_call_of_the_api_has_a_fast_path(
    marketplace: Marketplace, calls: MakeCaller, call: dict[str, str]
) -> None:
    set_up_purchase(marketplace)
    platform = calls("platform")
    assert platform.get("/entitlements?purchase_id=purchase-1").status_code == 200
    answer = platform.call(call.get("method", "GET"), f"{call.get('path', '/entitlements')}?purchase_id=purchase-1")
    assert answer.status_code == {"HEAD": 200, "POST": 405, "GET": 404}[call.get("method", "GET")]
    assert answer.get_data() == b"" if call.get("method") == "HEAD" else problem_of(answer)[0] >= 400


# --- any request


PATH = "/api/v1/entitlements"
PER_MINUTE = 4
REFUSED_PER_MINUTE = 3
texts = st.sampled_from(["", "purchase-1", "purchase-2", "mod-1", "customer-1", "https://shop.example", "x\0y", "é ☃"])
names = st.sampled_from(["purchase_id", "customer_id", "product_id", "shop_url", "at", "campaign"])
pairs = st.lists(st.tuples(names, texts).map(lambda pair: f"{pair[0]}={quote(pair[1])}"), max_size=5)
queries = st.one_of(
    st.just("purchase_id=purchase-1&shop_url=https://shop.example"),
    st.sampled_from(QUERIES),
    pairs.map("&".join),
    st.text(alphabet="purchase_id=1&;%+Fé ", max_size=30).map(lambda text: quote(text, safe="=&;%+")),
)
schemes = st.sampled_from(
    ["Bearer {}", "bearer {}", "Bearer  {} ", "Bearer{}", "Basic {}", "Bearer {}x", "{}", "Bearer"]
)

MORE: list[tuple[tuple[str, str], ...]] = [
    (),
    (("Accept", "text/html"),),
    (("Cookie", "mh_session=x"),),
    (("If-None-Match", "*"),),
    (("Range", "bytes=0-1"),),
]
ROLES = {"platform": "platform", "customer": "customer", "seller": "seller", "revoked": "platform"}


@dataclass(frozen=True)
class ApiRequest:
    """One request: of whom, how it says so, by which method, where, what."""

    who: str
    scheme: str
    method: str
    path: str
    query: str
    more: tuple[tuple[str, str], ...]


requests = st.builds(
    ApiRequest,
    who=st.sampled_from(["platform", "customer", "seller", "revoked", "unknown", "nobody"]),
    scheme=st.one_of(st.just("Bearer {}"), st.just("Bearer {}"), schemes),
    method=st.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]),
    path=st.sampled_from([PATH, PATH, PATH, PATH, f"{PATH}/", f"/{PATH}", "/api/v1/Entitlements", "/entitlements"]),
    query=queries,
    more=st.sampled_from(MORE),
)


def ask(app: Flask, api_request: ApiRequest, known: dict[str, str]) -> TestResponse:
    headers = list(api_request.more)
    if api_request.who != "nobody":
        headers.append(("Authorization", api_request.scheme.format(known[api_request.who])))
    with app.test_client(use_cookies=False).open(
        api_request.path, method=api_request.method, query_string=api_request.query, headers=headers
    ) as answer:
        answer.get_data()
        return answer


@pytest.fixture
def both(
    make_marketplace: Any, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> tuple[Marketplace, Marketplace]:
    """The app with its fast path, and without it, over the same rows."""
    set_up_purchase(marketplace)
    set_up_purchase(marketplace, "purchase-2", product_id="mod-2")
    publish_refund(marketplace, "purchase-2")
    rate_limits = {"API_RATE_PER_MINUTE": PER_MINUTE, "FAILURE_RATE_PER_MINUTE": REFUSED_PER_MINUTE}
    rate_limits["WEBHOOK_RATE_PER_MINUTE"] = PER_MINUTE
    one = make_marketplace(**rate_limits)
    other = make_marketplace(**rate_limits)
    outermost: Any = other.app.wsgi_app
    assert isinstance(outermost.app, FastPath)
    monkeypatch.setattr(outermost, "app", outermost.app._full_path)
    return one, other


@settings(max_examples=40, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(sent=st.lists(requests, min_size=2, max_size=9))
def test_any_request_is_answered_alike_by_both_paths(
    both: tuple[Marketplace, Marketplace], sent: list[ApiRequest]
) -> None:
    runtime = both[0].runtime
    known = {"unknown": "mht_of-nobody"}
    for who, role in ROLES.items():
        subject = None if role == "platform" else f"{role}-1"
        made, known[who] = tokens.create(runtime, role, subject=subject)
    for one in both:
        one.web.rate_limits.clear()
        accepted = ApiRequest("revoked", "Bearer {}", "GET", PATH, "purchase_id=purchase-1", ())
        assert ask(one.app, accepted, known).status_code == 200  # so that it is remembered, and yet opens nothing.
    run_in_transaction(runtime, lambda uow: tokens.revoke(uow, made.id))
    for api_request in sent:
        answers = [ask(one.app, api_request, known) for one in both]
        first, second = [(one.status, headers_of(one), one.get_data()) for one in answers]
        assert first == second, api_request


# --- any event

BODIES = [
    b'{"type": "nobody.knows", "timestamp": "2026-01-01T00:00:00Z", "data": {}}',
    b'{"type": "nobody.knows", "timestamp": "2026-01-01T00:00:00Z", "data": {"product_id": "mod-1"}}',
    b'{"type": "nobody.knows"}',
    b"not JSON",
    b"",
    b'{"type": "' + b"x" * 3_000 + b'"}',
]
CHANGES: list[dict[str, str]] = [
    {"content-type": "application/json; charset=utf-8"},
    {"content-type": "text/plain"},
    {"content-encoding": "gzip"},
    {"content-encoding": ""},
    {"content-length": "7"},
    {"content-length": "9000"},
    {"content-length": "-1"},
    {"content-length": "²"},
    {"webhook-signature": "v1,AAAA"},
    {"webhook-signature": ""},
    {"webhook-timestamp": "1"},
    {"accept": "text/html"},
]


@dataclass(frozen=True)
class Posted:
    """One event: of which source, under which of a few ids, what it says, and what is odd about it."""

    source: str
    number: int
    body: bytes
    headers: dict[str, str]


posts = st.builds(
    Posted,
    source=st.sampled_from(["marketplace", "marketplace", "marketplace", "other", "market/place", "é", ""]),
    number=st.integers(1, 3),
    body=st.one_of(st.sampled_from(BODIES[:2]), st.sampled_from(BODIES)),
    headers=st.one_of(st.just({}), st.just({}), st.sampled_from(CHANGES)),
)


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(events=st.lists(posts, min_size=2, max_size=9))
def test_any_event_is_answered_alike_by_both_paths(both: tuple[Marketplace, Marketplace], events: list[Posted]) -> None:
    run = secrets.token_hex(4)
    for one in both:
        one.web.rate_limits.clear()
    for event in events:
        shown = []
        for number, one in enumerate(both):
            # An id of its own for each path, since both store into the same rows.
            event_id = f"{run}-{number}-{event.number}"
            with one.post(event.body, source=event.source, event_id=event_id, headers=event.headers) as answer:
                body = answer.get_data().replace(event_id.encode(), b"the-id")
                shown.append((answer.status, sorted(answer.headers.to_wsgi_list()), len(answer.get_data()), body))
        assert shown[0] == shown[1], event


def test_every_event_takes_the_fast_path_refused_or_not(make_marketplace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = make_marketplace(WEBHOOK_RATE_PER_MINUTE=3)
    dispatched: list[str] = []
    before = [*limited.app.before_request_funcs.get(None, []), lambda: dispatched.append("full path")]
    monkeypatch.setitem(limited.app.before_request_funcs, None, before)
    answers = [limited.post(BODIES[0], event_id=f"evt_{number}").status_code for number in range(5)]
    assert answers == [202, 202, 202, 429, 429]
    assert limited.post(b"not JSON").status_code == 429
    assert limited.post(BODIES[0], headers={"content-type": "text/plain"}).status_code == 415
    assert dispatched == []


def test_an_event_that_the_database_cannot_take_is_tried_once(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def is_away(event: IncomingEvent) -> None:
        tried.append(event.event_id)
        raise Unavailable("the database is away")

    monkeypatch.setattr(marketplace.web.intake.inbox, "insert", is_away)
    answer = marketplace.post(BODIES[0], event_id="evt_9")
    assert (answer.status_code, answer.get_json()["code"], tried) == (503, "unavailable", ["evt_9"])


def test_the_fast_path_keeps_to_the_prefix(marketplace: Marketplace, tmp_path: Any) -> None:
    given = {
        "MARKETPLACE_HOOKS_INSTANCE": str(tmp_path / "prefixed"),
        "MARKETPLACE_HOOKS_DATABASE_URL": marketplace.runtime.settings.database_url,
        "MARKETPLACE_HOOKS_URL_PREFIX": "/addons",
        "SECRET_KEY": "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eUg",
    }
    app = build_app(given)
    _, text = tokens.create(marketplace.runtime, "platform")
    known = {"platform": text}
    for path, status in ((f"/addons{PATH}", 200), (PATH, 404)) * 2:
        api_request = ApiRequest("platform", "Bearer {}", "GET", path, "purchase_id=purchase-1", ())
        assert ask(app, api_request, known).status_code == status
    close_app(app)
