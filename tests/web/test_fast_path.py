"""Does nobody notice by which of the two ways a question or an event was answered?

Asked both ways: the stand-alone app as it is, and the same app over the same rows, whose short way was taken away.
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
from marketplace_hooks.services.inbox.writer import Received
from marketplace_hooks.standalone import build_app
from marketplace_hooks.web.fast_path import FastPath

from ..support.api_callers import Caller, MakeCaller, problem_of
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


@pytest.mark.parametrize("role", ["platform", "customer", "seller"])
def test_the_short_way_answers_as_the_whole_way_does(marketplace: Marketplace, calls: MakeCaller, role: str) -> None:
    set_up_purchase(marketplace)
    for query in QUERIES:
        caller = calls(role, None if role == "platform" else f"{role}-1")
        # A token that nobody has seen goes the whole way; from then on it is known.
        answers = [caller.get(f"/entitlements?{query}") for _ in range(3)]
        shown = [(one.status_code, dict(one.headers), one.get_data()) for one in answers]
        assert shown[0] == shown[1] == shown[2], query


def test_the_short_way_is_taken_and_counts_its_calls(
    make_marketplace: Any, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_purchase(marketplace)
    here = make_marketplace(API_RATE_PER_MINUTE=3)
    _, text = tokens.create(here.runtime, "platform")
    caller = Caller(here.app, {"Authorization": f"Bearer {text}"})
    dispatched: list[str] = []
    before = [*here.app.before_request_funcs.get(None, []), lambda: dispatched.append("whole way")]
    monkeypatch.setitem(here.app.before_request_funcs, None, before)
    answers = [caller.get("/entitlements?purchase_id=purchase-1").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert len(dispatched) == 3  # the first, which made the token known, and the two that were refused.


@pytest.mark.parametrize("how", [{"method": "HEAD"}, {"method": "POST"}, {"path": "/entitlements/"}])
def test_only_this_one_question_is_cut_short(marketplace: Marketplace, calls: MakeCaller, how: dict[str, str]) -> None:
    set_up_purchase(marketplace)
    platform = calls("platform")
    assert platform.get("/entitlements?purchase_id=purchase-1").status_code == 200
    answer = platform.call(how.get("method", "GET"), f"{how.get('path', '/entitlements')}?purchase_id=purchase-1")
    assert answer.status_code == {"HEAD": 200, "POST": 405, "GET": 404}[how.get("method", "GET")]
    assert answer.get_data() == b"" if how.get("method") == "HEAD" else problem_of(answer)[0] >= 400


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
class Asking:
    """One request: of whom, how it says so, by which method, where, what."""

    who: str
    scheme: str
    method: str
    path: str
    query: str
    more: tuple[tuple[str, str], ...]


requests = st.builds(
    Asking,
    who=st.sampled_from(["platform", "customer", "seller", "revoked", "unknown", "nobody"]),
    scheme=st.one_of(st.just("Bearer {}"), st.just("Bearer {}"), schemes),
    method=st.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]),
    path=st.sampled_from([PATH, PATH, PATH, PATH, f"{PATH}/", f"/{PATH}", "/api/v1/Entitlements", "/entitlements"]),
    query=queries,
    more=st.sampled_from(MORE),
)


def ask(app: Flask, asking: Asking, known: dict[str, str]) -> TestResponse:
    headers = list(asking.more)
    if asking.who != "nobody":
        headers.append(("Authorization", asking.scheme.format(known[asking.who])))
    with app.test_client(use_cookies=False).open(
        asking.path, method=asking.method, query_string=asking.query, headers=headers
    ) as answer:
        answer.get_data()
        return answer


@pytest.fixture
def both(
    make_marketplace: Any, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> tuple[Marketplace, Marketplace]:
    """The app with its short way, and without it, over the same rows."""
    set_up_purchase(marketplace)
    set_up_purchase(marketplace, "purchase-2", product_id="mod-2")
    publish_refund(marketplace, "purchase-2")
    rate_limits = {"API_RATE_PER_MINUTE": PER_MINUTE, "FAILURE_RATE_PER_MINUTE": REFUSED_PER_MINUTE}
    rate_limits["WEBHOOK_RATE_PER_MINUTE"] = PER_MINUTE
    one = make_marketplace(**rate_limits)
    other = make_marketplace(**rate_limits)
    short: Any = other.app.wsgi_app
    assert isinstance(short, FastPath)
    monkeypatch.setattr(other.app, "wsgi_app", short._full_path)
    return one, other


@settings(max_examples=40, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(askings=st.lists(requests, min_size=2, max_size=9))
def test_whoever_asks_whatever_is_answered_alike_by_both_ways(
    both: tuple[Marketplace, Marketplace], askings: list[Asking]
) -> None:
    runtime = both[0].runtime
    known = {"unknown": "mht_of-nobody"}
    for who, role in ROLES.items():
        subject = None if role == "platform" else f"{role}-1"
        made, known[who] = tokens.create(runtime, role, subject=subject)
    for one in both:
        one.web.rate_limits._counts.clear()
        seen = Asking("revoked", "Bearer {}", "GET", PATH, "purchase_id=purchase-1", ())
        assert ask(one.app, seen, known).status_code == 200  # so that it is remembered, and yet opens nothing.
    tokens.revoke(runtime, made.id)
    for asking in askings:
        answers = [ask(one.app, asking, known) for one in both]
        first, second = [(one.status, list(one.headers), one.get_data()) for one in answers]
        assert sorted(first[1]) == sorted(second[1]), asking
        assert (first[0], first[2]) == (second[0], second[2]), asking


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
class Telling:
    """One event: of which source, under which of a few ids, what it says, and what is odd about it."""

    source: str
    number: int
    body: bytes
    headers: dict[str, str]


tellings = st.builds(
    Telling,
    source=st.sampled_from(["marketplace", "marketplace", "marketplace", "other", "market/place", "é", ""]),
    number=st.integers(1, 3),
    body=st.one_of(st.sampled_from(BODIES[:2]), st.sampled_from(BODIES)),
    headers=st.one_of(st.just({}), st.just({}), st.sampled_from(CHANGES)),
)


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(told=st.lists(tellings, min_size=2, max_size=9))
def test_whoever_tells_whatever_is_answered_alike_by_both_ways(
    both: tuple[Marketplace, Marketplace], told: list[Telling]
) -> None:
    run = secrets.token_hex(4)
    for one in both:
        one.web.rate_limits._counts.clear()
    for telling in told:
        shown = []
        for way, one in enumerate(both):
            # An id of its own for each way, which is kept in the same rows.
            event_id = f"{run}-{way}-{telling.number}"
            with one.post(telling.body, source=telling.source, event_id=event_id, headers=telling.headers) as answer:
                body = answer.get_data().replace(event_id.encode(), b"the-id")
                shown.append((answer.status, sorted(answer.headers.to_wsgi_list()), len(answer.get_data()), body))
        assert shown[0] == shown[1], telling


def test_an_event_that_is_kept_takes_the_short_way(make_marketplace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = make_marketplace(WEBHOOK_RATE_PER_MINUTE=3)
    dispatched: list[str] = []
    before = [*here.app.before_request_funcs.get(None, []), lambda: dispatched.append("whole way")]
    monkeypatch.setitem(here.app.before_request_funcs, None, before)
    answers = [here.post(BODIES[0], event_id=f"evt_{number}").status_code for number in range(5)]
    assert answers == [202, 202, 202, 429, 429]
    assert len(dispatched) == 2  # those that were refused.


def test_an_event_that_the_database_cannot_take_is_tried_once(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def is_away(event: Received) -> None:
        tried.append(event.event_id)
        raise Unavailable("the database is away")

    monkeypatch.setattr(marketplace.web.inbox, "keep", is_away)
    answer = marketplace.post(BODIES[0], event_id="evt_9")
    assert (answer.status_code, answer.get_json()["code"], tried) == (503, "unavailable", ["evt_9"])


def test_the_short_way_keeps_to_the_prefix(marketplace: Marketplace, tmp_path: Any) -> None:
    given = {
        "MARKETPLACE_HOOKS_INSTANCE": str(tmp_path / "prefixed"),
        "MARKETPLACE_HOOKS_DATABASE_URL": marketplace.runtime.settings.database_url,
        "MARKETPLACE_HOOKS_URL_PREFIX": "/addons",
        "SECRET_KEY": "of-this-test",
    }
    app = build_app(given)
    _, text = tokens.create(marketplace.runtime, "platform")
    known = {"platform": text}
    for path, status in ((f"/addons{PATH}", 200), (PATH, 404)) * 2:
        asking = Asking("platform", "Bearer {}", "GET", path, "purchase_id=purchase-1", ())
        assert ask(app, asking, known).status_code == status
    app.extensions["marketplace_hooks"].runtime.database.dispose()
