"""HTTP client with hostile peers: each answers from a real socket."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace_hooks.errors import OutboundFailed
from marketplace_hooks.remote.http.client import (
    DELIVERIES,
    INSPECTIONS,
    OutboundClient,
    OutboundPolicy,
    OutboundResponse,
)

from ...support.hostile_server import Behaviour, Conversation, HostileServer, after_a_request, answering, once, reply

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CAP = DELIVERIES.max_body_bytes

# Long enough for an honest answer on a busy machine, short enough to wait for.
SHORT = replace(DELIVERIES, connect_s=0.2, total_s=0.3)
# A deadline that is met ends within this, on a busy machine too; one that is not takes many seconds more.
SOON_S = 3.0


def deliver(behave: Behaviour, policy: OutboundPolicy = DELIVERIES) -> OutboundResponse:
    outbound = OutboundClient(policy, ["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    with HostileServer(behave) as server:
        if policy.max_redirects:
            return outbound.get(server.url())
        return outbound.post(server.url(), body=b"{}", headers={})


def failure_of(behave: Behaviour, policy: OutboundPolicy = DELIVERIES) -> str:
    with pytest.raises(OutboundFailed) as failure:
        deliver(behave, policy)
    return failure.value.reason


def dripping(before: bytes, piece: bytes) -> Behaviour:
    def drip(talk: Conversation) -> None:
        talk.send(before)
        talk.send_for_ever(piece, every_s=0.02)

    return after_a_request(drip)


def endless(before: bytes, piece: bytes) -> Behaviour:
    def pour(talk: Conversation) -> None:
        talk.send(before)
        talk.send_for_ever(piece)

    return after_a_request(pour)


# --- time


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda talk: talk.server.stopping.wait(), id="silence"),
        pytest.param(dripping(b"", b"H"), id="status line"),
        pytest.param(dripping(OK, b"x"), id="one header"),
        pytest.param(dripping(OK, b"X-A: 1\r\n"), id="headers"),
        pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="100 Continue"),
        pytest.param(dripping(OK + b"Content-Length: 10000\r\n\r\n", b"x"), id="body"),
        pytest.param(dripping(OK + b"\r\n", b"x"), id="body without a length"),
        pytest.param(dripping(CHUNKED, b"1\r\nx\r\n"), id="chunks"),
        pytest.param(dripping(CHUNKED, b"0"), id="chunk size"),
        pytest.param(dripping(CHUNKED + b"0\r\n", b"X-A: 1\r\n"), id="trailers"),
    ],
)
def test_a_dripping_peer_is_left_at_the_deadline(behave: Behaviour) -> None:
    began = time.monotonic()
    assert failure_of(behave, SHORT) == "timeout"
    assert SHORT.total_s <= time.monotonic() - began < SOON_S


def test_a_peer_that_does_not_read_is_left_at_the_deadline() -> None:
    outbound = OutboundClient(SHORT, ["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    with HostileServer(lambda talk: talk.server.stopping.wait()) as server:
        began = time.monotonic()
        with pytest.raises(OutboundFailed) as failure:
            outbound.post(server.url(), body=bytes(50_000_000), headers={})
        assert failure.value.reason == "timeout"
        assert SHORT.total_s <= time.monotonic() - began < SOON_S


def test_a_caller_may_give_less_time_and_never_more() -> None:
    outbound = OutboundClient(SHORT, ["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    with HostileServer(lambda talk: talk.server.stopping.wait()) as server:
        for total_s, expected_s in ((0.1, 0.1), (60.0, SHORT.total_s)):
            began = time.monotonic()
            with pytest.raises(OutboundFailed):
                outbound.get(server.url(), total_s=total_s)
            assert expected_s <= time.monotonic() - began < expected_s + SOON_S


def test_redirects_share_one_deadline() -> None:
    def behave(talk: Conversation) -> None:
        if talk.read() is not None and not talk.server.stopping.wait(0.3):
            talk.send(reply(302, b"", ("Location", "/")))

    began = time.monotonic()
    assert failure_of(behave, replace(INSPECTIONS, total_s=0.5)) == "timeout"
    assert time.monotonic() - began < SOON_S


def test_a_redirect_whose_body_drips_is_followed_all_the_same() -> None:
    def behave(talk: Conversation) -> None:
        request = talk.read()
        if request is not None and request.line.startswith("GET /home"):
            talk.send(reply(200, b"home"))
            return
        talk.send(b"HTTP/1.1 301 Moved\r\nLocation: /home\r\nContent-Length: 9999\r\n\r\n")
        talk.send_for_ever(b"x", every_s=0.02)

    assert deliver(behave, INSPECTIONS).body == b"home"


# --- size


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(endless(OK + b"\r\n", b"x" * 65536), id="without a length"),
        pytest.param(endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), id="chunked"),
        pytest.param(endless(OK + b"Content-Length: 1000000000000\r\n\r\n", b"x" * 65536), id="content length lie"),
        pytest.param(endless(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"x" * 65536), id="redirect"),
        pytest.param(endless(OK + b"Content-Encoding: br\r\n\r\n", b"x" * 65536), id="unknown encoding"),
    ],
)
def test_an_endless_body_is_cut_at_the_cap(behave: Behaviour) -> None:
    tracemalloc.start()
    answer = deliver(behave)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.body, answer.truncated) == (b"x" * CAP, True)
    assert peak_bytes < 8_000_000


@pytest.mark.parametrize(
    ("size", "read", "truncated"),
    [
        (0, 0, False),
        (CAP - 1, CAP - 1, False),
        (CAP, CAP, False),
        (CAP + 1, CAP, True),
    ],
)
@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_the_cap_falls_between_two_bytes(size: int, read: int, truncated: bool, framing: str) -> None:
    body = b"x" * size
    raw_answer = {
        "length": reply(200, body),
        "close": OK + b"\r\n" + body,
        "chunked": CHUNKED + (b"%x\r\n%b\r\n" % (size, body) if size else b"") + b"0\r\n\r\n",
    }[framing]
    answer = deliver(once(raw_answer))
    assert (len(answer.body), answer.truncated) == (read, truncated)


def test_a_body_in_chunks_of_one_byte_with_long_extensions_is_cut() -> None:
    answer = deliver(endless(CHUNKED, b"1;" + b"e" * 5000 + b"\r\nx\r\n"))
    assert answer.truncated
    assert 0 < len(answer.body) < CAP


@pytest.mark.parametrize(
    ("behave", "reasons"),
    [
        pytest.param(endless(OK, b"X-A: " + b"a" * 5000 + b"\r\n"), {"too_large"}, id="long headers"),
        pytest.param(endless(OK, b"X-A: 1\r\n"), {"too_large", "protocol"}, id="many headers"),
        pytest.param(endless(OK + b"X-A: ", b"a" * 65536), {"too_large", "protocol"}, id="one endless header"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"a" * 65536), {"too_large", "protocol"}, id="endless status line"),
        pytest.param(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), {"too_large"}, id="endless 100 Continue"),
    ],
)
def test_a_flood_of_headers_is_bounded(behave: Behaviour, reasons: set[str]) -> None:
    tracemalloc.start()
    assert failure_of(behave) in reasons
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 8_000_000


def compressed(plain: bytes, window: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, window)
    return compressor.compress(plain) + compressor.flush()


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("x-GZIP ", 31), ("deflate", 15), ("deflate", -15)])
def test_a_body_compressed_against_our_wish_is_read(encoding: str, window: int) -> None:
    raw_answer = reply(200, compressed(b"<html>home</html>", window), ("Content-Encoding", encoding))
    answer = deliver(once(raw_answer), INSPECTIONS)
    assert (answer.body, answer.truncated) == (b"<html>home</html>", False)


@pytest.mark.parametrize(("size", "truncated"), [(CAP, False), (CAP + 1, True), (200_000_000, True)])
def test_decompression_stops_at_the_cap(size: int, truncated: bool) -> None:
    bomb = gzip.compress(bytes(size))
    policy = replace(DELIVERIES, max_body_bytes=max(CAP, len(bomb))) if size > 10**6 else DELIVERIES
    tracemalloc.start()
    answer = deliver(once(reply(200, bomb, ("Content-Encoding", "gzip"))), policy)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.body, answer.truncated) == (bytes(min(size, policy.max_body_bytes)), truncated)
    assert peak_bytes < 8_000_000


def test_a_compressed_body_cut_at_the_cap_is_said_to_be_cut() -> None:
    noise = bytes(range(256)) * 4
    plain = b"".join(noise[shift:] + noise[:shift] for shift in range(0, 256, 3)) * 4
    packed = zlib.compress(plain, 1)
    policy = replace(INSPECTIONS, max_body_bytes=len(packed) - 10)
    answer = deliver(once(reply(200, packed, ("Content-Encoding", "deflate"))), policy)
    assert answer.truncated
    assert plain.startswith(answer.body)
    assert answer.body


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "identity", "utf-8"])
def test_a_body_that_is_not_what_its_encoding_says_is_kept_as_it_came(encoding: str) -> None:
    answer = deliver(once(reply(200, b"plain words", ("Content-Encoding", encoding))))
    assert (answer.body, answer.truncated) == (b"plain words", False)


# --- breakage


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        pytest.param(lambda talk: talk.reset(), "connection", id="reset at once"),
        pytest.param(after_a_request(lambda talk: talk.reset()), "connection", id="reset after the request"),
        pytest.param(once(b""), "connection", id="closed without a word"),
        pytest.param(once(reply(200, b"short", length=10)), "connection", id="body shorter than its length"),
        pytest.param(once(reply(200, b"x", length=10**12)), "connection", id="length of a terabyte"),
        pytest.param(once(CHUNKED + b"5\r\nab"), "connection", id="chunk cut short"),
        pytest.param(once(CHUNKED + b"zz\r\nab"), "connection", id="chunk size is no number"),
        pytest.param(once(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol", id="another protocol"),
        pytest.param(once(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol", id="status is no number"),
        pytest.param(once(b"HTTP/1.1 99999 OK\r\n\r\n"), "protocol", id="status out of range"),
        pytest.param(once(OK + b"Content-Length: 1, 2\r\n\r\nab"), "protocol", id="two lengths"),
    ],
)
def test_a_broken_answer_is_a_failure_that_says_how(behave: Behaviour, reason: str) -> None:
    assert failure_of(behave) == reason


def test_a_reset_in_the_middle_of_the_body_is_a_failed_connection() -> None:
    def behave(talk: Conversation) -> None:
        talk.send(reply(200, b"half", length=8))
        talk.reset()

    assert failure_of(after_a_request(behave)) == "connection"


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 5000, ""])
def test_a_senseless_length_is_ignored(length: str) -> None:
    answer = deliver(once(OK + b"Content-Length: " + length.encode() + b"\r\n\r\nwords"))
    assert answer.body in (b"words", b"")


def test_a_peer_that_speaks_no_tls_is_a_failure_of_tls() -> None:
    outbound = OutboundClient(DELIVERIES, ["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    with HostileServer(lambda talk: talk.send(reply())) as server:
        with pytest.raises(OutboundFailed) as failure:
            outbound.post(server.url().replace("http:", "https:"), body=b"{}", headers={})
        assert failure.value.reason == "tls"


def test_a_failure_is_named_by_its_own_cause_and_not_by_what_the_caller_was_handling() -> None:
    try:
        raise TimeoutError
    except TimeoutError:
        assert failure_of(once(b"")) == "connection"


def test_what_a_body_cannot_say_in_text_is_replaced() -> None:
    answer = deliver(once(reply(500, b"a\x00b\xff\xed\xa0\x80<script>")))
    assert answer.body == b"a\x00b\xff\xed\xa0\x80<script>"
    assert answer.text.startswith("ab\ufffd")
    assert answer.text.endswith("<script>")
    assert answer.text.encode("utf-8").find(b"\0") == -1


hostile_bytes = st.lists(
    st.one_of(
        st.sampled_from(
            [OK, CHUNKED, b"HTTP/1.1 302 F\r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 101 S\r\n"]
        ),
        st.sampled_from([b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b": ", b"Content-Length: ", b"Location: ", b"\0"]),
        st.sampled_from(
            [b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Set-Cookie: ", b"5\r\nhello"]
        ),
        st.binary(max_size=20),
    )
).map(b"".join)


@given(raw_answer=hostile_bytes)
@example(raw_answer=OK + b"Set-Cookie: \xff=\xff; Expires=x; Max-Age=9e9\r\n\r\n")
@example(raw_answer=b"HTTP/1.1 302 F\r\nLocation: http://[::1\r\n\r\n")
@example(raw_answer=OK + b" folded\r\n: nameless\r\nX\r\n\r\n")
@settings(max_examples=200)
def test_whatever_is_said_is_an_answer_or_a_failure_and_nothing_else(raw_answer: bytes, fuzzed: Any) -> None:
    fuzzed.say(raw_answer)
    try:
        answer = fuzzed.outbound.post(fuzzed.server.url(), body=b"{}", headers={})
    except OutboundFailed as failure:
        outcome = failure.reason
    else:
        outcome = "answer"
        assert len(answer.body) <= CAP
    assert outcome in {"answer", "connection", "protocol", "too_large"}


@pytest.fixture(scope="module")
def fuzzed() -> Any:
    """One server for every example, which says what the example wants and hangs up."""

    class Fuzzed:
        outbound = OutboundClient(DELIVERIES, ["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])

        def say(self, raw_answer: bytes) -> None:
            self.server.behave = once(raw_answer)

    fuzzed = Fuzzed()
    with HostileServer(answering(reply())) as fuzzed.server:
        yield fuzzed
