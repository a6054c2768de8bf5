"""Webhook endpoint: which posts are accepted, how the others are refused, and what is stored (`webhooks.md` 1 to 5)."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Response

from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.events.envelope import DEEPEST, LONGEST_TYPE
from marketplace_hooks.models.inbox import InboxConflict, InboxEvent
from marketplace_hooks.remote.signatures import sign, signed_headers

from ..support.marketplace import SECRET, Marketplace, open_marketplace, sample

Opens = Callable[..., Marketplace]

OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA="
BODY = json.dumps(sample("seller.upserted")).encode()
MIB = 1_048_576


@pytest.fixture(scope="module")
def inbox(_sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marketplace]:
    """An installation on SQLite for the tests that only look at answers: refusals store nothing."""
    from ..support.databases import copy_sqlite

    folder = tmp_path_factory.mktemp("inbox")
    url = copy_sqlite(_sqlite_template, folder / "marketplace.db")
    with open_marketplace(url, folder, FAILURE_RATE_PER_MINUTE=0) as opened:
        yield opened


def envelope(**changed: Any) -> bytes:
    return json.dumps({**sample("seller.upserted"), **changed}).encode()


def stored(marketplace: Marketplace) -> int:
    [count] = marketplace.all(select(func.count()).select_from(InboxEvent))
    return int(count)


def assert_problem(answer: Response, status: int, code: str | None = None) -> None:
    """RFC 9457: its media type, its members, a code of ours, and nothing that a cache may keep."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == status
    assert {"type", "title", "detail", "code"} <= document.keys()
    assert all(isinstance(document[name], str) for name in ("type", "title", "detail", "code"))
    assert code is None or document["code"] == code
    assert answer.headers["Cache-Control"] == "no-store"


# --- taken


def test_a_signed_event_is_stored_before_it_is_answered(marketplace: Marketplace) -> None:
    answer = marketplace.post(BODY, event_id="evt_1")
    assert (answer.status_code, answer.content_type) == (202, "application/json")
    assert answer.json == {"event_id": "evt_1", "duplicate": False}
    event = marketplace.event("evt_1")
    assert (event.source, event.type, event.state, event.attempts) == ("marketplace", "seller.upserted", "received", 0)
    assert event.sent_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert abs(event.received_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_no_handler_runs_before_the_answer(marketplace: Marketplace) -> None:
    marketplace.post(BODY)
    with marketplace.runtime.database.read_session() as session:
        assert session.scalar(text("SELECT count(*) FROM mh_sellers")) == 0


@pytest.mark.parametrize(
    "body",
    [
        b' {"type":"a.b" , "timestamp":"2026-03-02T09:30:00Z","data":{ "n" : 1.50 } }\r\n',
        '{"type":"a.b","timestamp":"2026-03-02T09:30:00Z","data":{"é":"\U0001f600"}}'.encode(),
        b'{"type":"a.b","timestamp":"2026-03-02T09:30:00Z","data":{"e":"\\u00e9\\ud83d\\ude00"}}',
    ],
    ids=["spaces", "UTF-8", "escapes"],
)
def test_the_body_is_stored_byte_for_byte(marketplace: Marketplace, body: bytes) -> None:
    assert marketplace.post(body).status_code == 202
    assert marketplace.event("evt_1").body == body


def test_a_repeat_is_answered_as_a_duplicate_and_stored_once(marketplace: Marketplace) -> None:
    marketplace.post(BODY)
    for _ in range(2):
        answer = marketplace.post(BODY)
        assert (answer.status_code, answer.json) == (202, {"event_id": "evt_1", "duplicate": True})
    assert stored(marketplace) == 1
    assert marketplace.all(select(InboxConflict)) == []


def test_the_same_id_with_another_body_is_reported_and_put_aside(marketplace: Marketplace) -> None:
    marketplace.post(BODY)
    answer = marketplace.post(BODY + b" ")
    assert (answer.status_code, answer.json["duplicate"], answer.json["conflict"]) == (202, True, True)
    assert marketplace.event("evt_1").body == BODY
    [aside] = marketplace.all(select(InboxConflict))
    assert aside.body == BODY + b" "


@pytest.mark.parametrize("secrets", [(SECRET,), (OTHER_SECRET,), (OTHER_SECRET, SECRET)], ids=["old", "new", "both"])
def test_while_a_secret_is_changed_both_are_good(make_marketplace: Opens, secrets: tuple[str, ...]) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} marketplace={OTHER_SECRET}")
    assert marketplace.post(BODY, secrets=secrets).status_code == 202


def test_the_longest_id_and_the_longest_type_fit(marketplace: Marketplace) -> None:
    longest = "e" * 256
    answer = marketplace.post(envelope(type="t" * LONGEST_TYPE), event_id=longest)
    assert answer.status_code == 202
    assert marketplace.event(longest).type == "t" * LONGEST_TYPE


@pytest.mark.parametrize("timestamp", ["0002-01-01T00:00:00Z", "0999-12-31T23:59:59+14:00", "9998-12-31T00:00:00Z"])
def test_an_instant_however_far_away_is_stored_as_it_is(marketplace: Marketplace, timestamp: str) -> None:
    assert marketplace.post(envelope(timestamp=timestamp)).status_code == 202
    marketplace.run_all_now()
    assert marketplace.event("evt_1").sent_at == datetime.fromisoformat(timestamp)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/cloud+json"]
)
def test_json_by_other_names_is_taken(inbox: Marketplace, content_type: str) -> None:
    assert inbox.post(BODY, headers={"content-type": content_type}).status_code == 202


@pytest.mark.parametrize("names", [("id", "timestamp", "signature"), ("signature",)], ids=len)
def test_headers_are_taken_under_their_svix_names(inbox: Marketplace, names: tuple[str, ...]) -> None:
    event_id = f"evt_svix_{len(names)}"
    signed = signed_headers(event_id, datetime.now(UTC), BODY, [SECRET])
    renamed = {f"svix-{name}": signed[f"webhook-{name}"] for name in names}
    left_out = {f"webhook-{name}": "" for name in names}
    answer = inbox.post(BODY, headers={**signed, **left_out, **renamed})
    assert (answer.status_code, answer.get_json()) == (202, {"event_id": event_id, "duplicate": False})
    contradicting = inbox.post(BODY, event_id="evt_svix", headers={"svix-id": "evt_1"})
    assert_problem(contradicting, 401, "signature_headers_contradict")


# --- 401


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"webhook-id": ""}, "signature_header_missing"),
        ({"webhook-timestamp": ""}, "signature_header_missing"),
        ({"webhook-signature": ""}, "signature_header_missing"),
        ({"webhook-id": "evt 1"}, "signature_id_malformed"),
        ({"webhook-id": "e" * 257}, "signature_id_malformed"),
        ({"webhook-timestamp": "1e9"}, "signature_timestamp_malformed"),
        ({"webhook-timestamp": "-1"}, "signature_timestamp_malformed"),
        ({"webhook-timestamp": "9" * 13}, "signature_timestamp_malformed"),
        ({"webhook-signature": "v1"}, "signature_unreadable"),
        ({"webhook-signature": "v2," + "A" * 44}, "signature_unreadable"),
        ({"webhook-signature": "v1," + "A" * 44}, "signature_mismatch"),
        ({"webhook-id": "evt_2"}, "signature_mismatch"),
    ],
)
def test_what_is_not_signed_as_it_should_be_is_refused(
    marketplace: Marketplace, headers: dict[str, str], code: str
) -> None:
    assert_problem(marketplace.post(BODY, headers=headers), 401, code)
    assert stored(marketplace) == 0


def test_a_body_changed_on_its_way_is_refused(marketplace: Marketplace) -> None:
    signature = sign("evt_1", datetime.now(UTC), BODY, SECRET)
    answer = marketplace.post(BODY.replace(b"Lumen", b"Lemon"), headers={"webhook-signature": signature})
    assert_problem(answer, 401, "signature_mismatch")
    assert stored(marketplace) == 0


@pytest.mark.parametrize(
    ("age_s", "status"), [(301, 401), (300, 202), (0, 202), (-300, 202), (-301, 401)], ids=lambda value: str(value)
)
def test_a_signature_is_good_for_five_minutes_both_ways(
    clock: time_machine.Traveller, marketplace: Marketplace, age_s: int, status: int
) -> None:
    answer = marketplace.post(BODY, at=datetime.now(UTC) - timedelta(seconds=age_s))
    assert answer.status_code == status


def test_an_unknown_source_is_refused_exactly_as_a_wrong_signature_is(marketplace: Marketplace) -> None:
    unknown = marketplace.post(BODY, source="elsewhere")
    wrong = marketplace.post(BODY, secrets=[OTHER_SECRET])
    assert_problem(unknown, 401, "signature_mismatch")
    assert unknown.json == wrong.json
    assert stored(marketplace) == 0


def test_a_secret_of_another_source_is_no_good(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={OTHER_SECRET}")
    assert_problem(marketplace.post(BODY, source="partner", secrets=[SECRET]), 401)
    assert marketplace.post(BODY, source="partner", secrets=[OTHER_SECRET]).status_code == 202


def test_without_any_secret_nobody_is_believed(make_marketplace: Opens) -> None:
    assert_problem(make_marketplace(WEBHOOK_SECRETS="").post(BODY), 401)


# --- 400


def nested(depth: int) -> bytes:
    """An envelope nested so deep, itself and its data counted."""
    inner = "[" * (depth - 2) + "]" * (depth - 2)
    return f'{{"type":"a.b","timestamp":"2026-03-02T09:30:00Z","data":{{"a":{inner}}}}}'.encode()


def with_data(data: str) -> bytes:
    return f'{{"type":"product.upserted","timestamp":"2026-03-02T09:30:00Z","data":{data}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{",
        b"not json",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf" + BODY,
        BODY + BODY,
        BODY.replace(b'"name"', b"'name'"),
        with_data('{"a":1,"a":2}'),
        with_data('{"a":{"b":1,"b":1}}'),
        with_data('{"a":NaN}'),
        with_data('{"a":Infinity}'),
        with_data('{"a":-Infinity}'),
        with_data('{"a":1e999}'),
        with_data('{"a":' + "9" * 5000 + "}"),
        with_data('{"a":01}'),
        with_data('{"a":"\\u0000"}'),
        with_data('{"a\\u0000":1}'),
        with_data('{"a":"\0"}'),
        with_data('{"a":"\\ud800"}'),
        with_data('{"a":"\\udbff"}'),
        with_data('{"a":"\\udc00"}'),
        with_data('{"a":"\\udfff"}'),
        with_data('{"a":"\\uDEAD"}'),
        with_data('{"product_id":"\\udc00"}'),
        with_data('{"\\udead":1}'),
        with_data('{"a":"\\ude00\\ud83d"}'),
        b'{"type":"a.b","timestamp":"2026-03-02T09:30:00Z","data":{"a":"\xed\xa0\x80"}}',
        nested(DEEPEST + 1),
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: str(body[:60]),
)
def test_what_is_not_strict_json_is_refused(inbox: Marketplace, body: bytes) -> None:
    before = stored(inbox)
    assert_problem(inbox.post(body), 400, "not_an_envelope" if body == b"null" else "not_json")
    assert stored(inbox) == before


def test_the_deepest_nesting_that_is_taken(inbox: Marketplace) -> None:
    assert inbox.post(nested(DEEPEST), event_id="evt_deep").status_code == 202


def test_brackets_inside_strings_are_no_depth(inbox: Marketplace) -> None:
    body = with_data(json.dumps({"a": '[{"\\' * 500}))
    assert inbox.post(body, event_id="evt_brackets").status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"type":"a.b","timestamp":"2026-03-02T09:30:00Z"}',
        b'{"type":"a.b","data":{}}',
        b'{"timestamp":"2026-03-02T09:30:00Z","data":{}}',
        envelope(type=""),
        envelope(type=None),
        envelope(type=7),
        envelope(type="product upserted"),
        envelope(type=".upserted"),
        envelope(type="product."),
        envelope(type="product..upserted"),
        envelope(type="product.upserted\n"),
        envelope(type="t" * (LONGEST_TYPE + 1)),
        envelope(timestamp=None),
        envelope(timestamp=1_772_443_800),
        envelope(timestamp="2026-03-02"),
        envelope(timestamp="2026-03-02T09:30:00"),
        envelope(timestamp="yesterday"),
        envelope(data=None),
        envelope(data=[]),
        envelope(data="text"),
    ],
    ids=lambda body: str(body[:60]),
)
def test_json_that_is_no_envelope_is_refused(inbox: Marketplace, body: bytes) -> None:
    before = stored(inbox)
    assert_problem(inbox.post(body), 400, "not_an_envelope")
    assert stored(inbox) == before


# --- 405, 413, 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_events_are_posted_and_nothing_else(inbox: Marketplace, method: str) -> None:
    answer = inbox.app.test_client().open("/webhooks/marketplace", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert_problem(answer, 405, "method_not_allowed")


def sized(size: int) -> bytes:
    """A good envelope of exactly so many bytes."""
    empty = with_data('{"a":""}')
    return with_data('{"a":"' + "x" * (size - len(empty)) + '"}')


@pytest.mark.parametrize(("size", "status"), [(MIB, 202), (MIB + 1, 413)])
def test_a_body_may_have_one_mebibyte(inbox: Marketplace, size: int, status: int) -> None:
    body = sized(size)
    assert len(body) == size
    answer = inbox.post(body, event_id=f"evt_{size}")
    if status == 413:
        assert_problem(answer, 413, "too_large")
    assert answer.status_code == status


class Endless(io.RawIOBase):
    """A body that does not end; counts what was read of it, and gives up where nobody else would."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        into[:] = b"x" * len(into)
        self.given += len(into)
        return len(into) if self.given < 100 * MIB else 0


def post_stream(inbox: Marketplace, stream: io.RawIOBase, **server: Any) -> Response:
    """Post a body as a server hands it on, announcing its length or not."""
    environ = EnvironBuilder(path="/webhooks/marketplace", method="POST", content_type="application/json").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    return Response.from_app(inbox.app, {**environ, "wsgi.input": stream, **server}, buffered=True)


@pytest.mark.parametrize("server", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "plenty"}], ids=str)
def test_a_body_without_announced_length_is_read_no_further_than_the_limit(
    inbox: Marketplace, server: dict[str, str]
) -> None:
    endless = Endless()
    answer = post_stream(inbox, endless, **server, **{"wsgi.input_terminated": True})
    assert_problem(answer, 413, "too_large")
    assert endless.given <= 2 * MIB


def test_a_body_that_only_claims_to_be_large_is_refused_unread(inbox: Marketplace) -> None:
    endless = Endless()
    assert_problem(post_stream(inbox, endless, CONTENT_LENGTH=str(10**12)), 413, "too_large")
    assert endless.given == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": ""},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonp"},
        {"content-encoding": "gzip"},
        {"content-encoding": "br"},
        {"content-encoding": "identity, gzip"},
    ],
    ids=str,
)
def test_what_is_not_plain_json_is_refused(inbox: Marketplace, headers: dict[str, str]) -> None:
    body = gzip.compress(BODY) if "gzip" in str(headers) else BODY
    assert_problem(inbox.post(body, headers=headers), 415)


def test_a_body_with_the_identity_encoding_is_accepted(inbox: Marketplace) -> None:
    answer = inbox.post(BODY, event_id="evt_identity", headers={"content-encoding": "identity"})
    assert answer.status_code == 202


# --- 429


def test_a_source_that_posts_too_fast_learns_when_to_come_back(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    clock.shift(20)  # of the minute
    marketplace = make_marketplace(WEBHOOK_RATE_PER_MINUTE=2)
    for number in (1, 2):
        assert marketplace.post(BODY, event_id=f"evt_{number}").status_code == 202
    refused = marketplace.post(BODY, event_id="evt_3")
    assert_problem(refused, 429, "too_many_requests")
    assert refused.headers["Retry-After"] == "40"
    assert stored(marketplace) == 2
    clock.shift(int(refused.headers["Retry-After"]))
    assert marketplace.post(BODY, event_id="evt_3").status_code == 202


def test_one_source_does_not_spend_the_rate_of_another(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(
        WEBHOOK_RATE_PER_MINUTE=1, WEBHOOK_SECRETS=f"marketplace={SECRET} partner={OTHER_SECRET}"
    )
    assert marketplace.post(BODY).status_code == 202
    assert marketplace.post(BODY, source="partner", secrets=[OTHER_SECRET]).status_code == 202


def test_requests_that_fail_to_prove_their_source_do_not_spend_its_rate(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(WEBHOOK_RATE_PER_MINUTE=1)
    for _ in range(5):
        assert marketplace.post(BODY, secrets=[OTHER_SECRET]).status_code == 401
    assert marketplace.post(BODY).status_code == 202


def test_failures_are_counted_for_each_client_address(clock: time_machine.Traveller, make_marketplace: Opens) -> None:
    marketplace = make_marketplace(FAILURE_RATE_PER_MINUTE=2)

    def fail_from(address: str) -> TestResponse:
        return marketplace.post(BODY, secrets=[OTHER_SECRET], environ_overrides={"REMOTE_ADDR": address})

    assert [fail_from("192.0.2.1").status_code for _ in range(3)] == [401, 401, 429]
    assert_problem(fail_from("192.0.2.1"), 429)
    assert int(fail_from("192.0.2.1").headers["Retry-After"]) == 60
    assert fail_from("192.0.2.2").status_code == 401
    same_address = {"REMOTE_ADDR": "192.0.2.1"}
    assert marketplace.post(BODY, event_id="evt_9", environ_overrides=same_address).status_code == 202
    assert marketplace.post(BODY, environ_overrides={"REMOTE_ADDR": "192.0.2.3"}).status_code == 202
    clock.shift(60)
    assert fail_from("192.0.2.1").status_code == 401


@pytest.mark.usefixtures("clock")
def test_an_ipv6_client_is_its_network_whatever_address_of_it_it_uses(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(FAILURE_RATE_PER_MINUTE=1)
    addresses = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"]
    statuses = [
        marketplace.post(BODY, secrets=[OTHER_SECRET], environ_overrides={"REMOTE_ADDR": address}).status_code
        for address in addresses
    ]
    assert statuses == [401, 429, 401]


def test_a_rate_of_zero_is_no_limit(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(WEBHOOK_RATE_PER_MINUTE=0, FAILURE_RATE_PER_MINUTE=0)
    assert {marketplace.post(BODY, event_id=f"evt_{number}").status_code for number in range(20)} == {202}
    assert {marketplace.post(BODY, secrets=[OTHER_SECRET]).status_code for _ in range(20)} == {401}


# --- 503, and Redis


def test_while_the_database_is_away_the_marketplace_is_asked_to_come_back(tmp_path: Any) -> None:
    gone = f"sqlite:///{tmp_path / 'folder' / 'gone.db'}"
    with open_marketplace(gone, tmp_path) as marketplace:
        (tmp_path / "folder").rename(tmp_path / "elsewhere")
        answer = marketplace.post(BODY)
    assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_while_postgresql_does_not_answer_the_marketplace_is_asked_to_come_back(tmp_path: Any) -> None:
    with open_marketplace("postgresql://nobody@127.0.0.1:1/nothing", tmp_path) as marketplace:
        answer = marketplace.post(BODY)
    assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("redis_url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def test_without_redis_the_answer_is_the_same(make_marketplace: Opens, redis_url: str) -> None:
    marketplace = make_marketplace(REDIS_URL=redis_url)
    marketplace.runtime.redis_names.deployment_id()  # read now: the thread that wakes workers may outlive the test.
    for number in range(3):
        answer = marketplace.post(BODY, event_id=f"evt_{number}")
        assert (answer.status_code, answer.json) == (202, {"event_id": f"evt_{number}", "duplicate": False})
    assert stored(marketplace) == 3


def test_a_worker_that_cannot_be_woken_does_not_change_the_answer(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert marketplace.app.extensions[EXTENSION].runtime is marketplace.runtime

    def broken(kind: object) -> bool:
        return False

    monkeypatch.setattr(type(marketplace.runtime.wakeups), "wake_worker", lambda self, kind: broken(kind))
    assert marketplace.post(BODY).status_code == 202
    assert stored(marketplace) == 1


# --- whatever is sent

junk_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)
junk_headers = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "content-encoding"]),
    junk_text,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(body=st.binary(max_size=300), headers=junk_headers)
def test_no_headers_and_no_body_give_a_500(inbox: Marketplace, body: bytes, headers: dict[str, str]) -> None:
    answer = inbox.post(body, headers=headers)
    assert answer.status_code in (202, 400, 401, 413, 415)
    if answer.status_code != 202:
        assert_problem(answer, answer.status_code)


@given(value=json_values)
def test_no_signed_json_gives_a_500(inbox: Marketplace, value: object) -> None:
    answer = inbox.post(json.dumps(value).encode())
    assert answer.status_code in (202, 400)


@settings(max_examples=50)  # each is applied as well.
@given(
    type_=st.sampled_from(["product.upserted", "seller.upserted", "pack.upserted", "product.status_changed"])
    | st.text(max_size=20),
    timestamp=st.sampled_from(["2026-03-02T09:30:00Z"]) | st.text(max_size=30),
    data=st.dictionaries(
        st.sampled_from(sorted(sample("product.upserted")["data"])) | st.text(max_size=8), json_values, max_size=6
    ),
    number=st.integers(0, 10**9),
)
def test_no_signed_envelope_gives_a_500_and_what_is_taken_can_be_applied(
    inbox: Marketplace, type_: str, timestamp: str, data: dict[str, object], number: int
) -> None:
    body = json.dumps({"type": type_, "timestamp": timestamp, "data": data}).encode()
    answer = inbox.post(body, event_id=f"evt_any_{number}")
    assert answer.status_code in (202, 400)
    inbox.run_all_now()
    unfinished = select(func.count()).select_from(InboxEvent).where(InboxEvent.state.in_(["received", "failed"]))
    assert inbox.all(unfinished) == [0]
