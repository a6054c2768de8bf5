"""OpenID Connect: an id token is accepted only with its provider's signature, for us and for this sign-in.

The provider here is ours to spoil: it answers what the test tells it to. That the way works with a real one is
`tests/web/sign_in/test_openid.py`'s to show.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from marketplace_hooks.errors import OutboundFailed, SignInFailed
from marketplace_hooks.remote.bounded_calls import NOT_ASKED
from marketplace_hooks.remote.openid import POLICY, OpenIdProvider

from ..support.hostile_server import Behaviour, Conversation, HostileServer, after_a_request, once

OURS = RSAKey.generate_key(2048, {"kid": "k1"})
THEIRS = RSAKey.generate_key(2048, {"kid": "k1"})
BACK = "http://127.0.0.1:8000/sign-in/openid/return"


def greeting(head: bytes, data: bytes, every_s: float) -> Behaviour:
    """Read one request, say `head`, then `data` again and again."""

    def behave(talk: Conversation) -> None:
        talk.send(head)
        talk.send_for_ever(data, every_s)

    return after_a_request(behave)


class Spoilt:
    """A provider that says what it is told to say: `claims` and `key` make the ID token, `answers` replace any page."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "k1"}
        self.key: Any = OURS
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.more: dict[str, Any] = {}
        spoilt = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(parse_qs(body))

            def _answer(self, sent: dict[str, list[str]]) -> None:
                path = urlsplit(self.path).path
                spoilt.asked.append((path, dict(self.headers), sent))
                status, body = spoilt.answers.get(path) or (200, json.dumps(spoilt.page(path)).encode())
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if 300 <= status < 400:
                    self.send_header("Location", body.decode())
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def page(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {"issuer": self.url, **{name: self.url + place for name, place in names.items()}, **self.more}
        if path == "/keys":
            return {"keys": [OURS.as_dict(private=False)]}
        if path == "/token":
            now = int(time.time())
            claims = {"iss": self.url, "aud": "shop", "sub": "s", "iat": now, "exp": now + 60, "nonce": "n"}
            sent_claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
            token = jwt.encode(self.header, sent_claims, self.key, algorithms=[self.header["alg"]])
            return {"access_token": "at", "token_type": "Bearer", "id_token": token}
        return {"sub": "s", "role": "seller"}

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def spoilt() -> Iterator[Spoilt]:
    server = Spoilt()
    yield server
    server.close()


def provider_of(spoilt: Spoilt, secret: str | None = "s3cret") -> OpenIdProvider:
    return OpenIdProvider(issuer=spoilt.url, client_id="shop", client_secret=secret, scope="openid")


def claims(
    spoilt: Spoilt, provider: OpenIdProvider | None = None, needed: tuple[str, ...] = ("sub",)
) -> dict[str, Any]:
    asked = provider or provider_of(spoilt)
    return asked.claims(code="c", redirect_uri=BACK, nonce="n", verifier="v" * 64, needed=needed)


def test_a_token_as_it_should_be_is_believed(spoilt: Spoilt) -> None:
    assert claims(spoilt)["sub"] == "s"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": None},
        {"aud": ["shop", "another"], "azp": "another"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": 1_000},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
def test_a_token_for_somebody_or_something_else_is_not_believed(spoilt: Spoilt, wrong: dict[str, Any]) -> None:
    spoilt.claims = wrong
    with pytest.raises(SignInFailed) as failed:
        claims(spoilt)
    assert failed.value.code == "sign_in_not_believed"


def test_a_token_that_the_provider_did_not_sign_is_not_believed(spoilt: Spoilt) -> None:
    spoilt.key = THEIRS
    with pytest.raises(SignInFailed):
        claims(spoilt)


def test_a_token_signed_with_what_everybody_knows_is_not_believed(spoilt: Spoilt) -> None:
    spoilt.header = {"alg": "HS256"}
    spoilt.key = OctKey.import_key("s3cret-of-more-than-fourteen-bytes")
    with pytest.raises(SignInFailed):
        claims(spoilt)


def test_a_token_that_is_not_signed_at_all_is_not_believed(spoilt: Spoilt) -> None:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    good = {"iss": spoilt.url, "aud": "shop", "sub": "s", "iat": 1, "exp": 9_999_999_999, "nonce": "n"}
    bare = f"{part({'alg': 'none'})}.{part(good)}."
    spoilt.answers["/token"] = (
        200,
        json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": bare}).encode(),
    )
    with pytest.raises(SignInFailed):
        claims(spoilt)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"{}"),
        (200, b'{"access_token": "a", "token_type": "Bearer"}'),
        (200, b'{"access_token": "a", "token_type": "Bearer", "id_token": "x"}'),
        (200, b'{"access_token": "a", "token_type": "Bearer", "id_token": 7}'),
        (400, b'{"error": "invalid_grant"}'),
        (401, b'{"error": "invalid_client"}'),
    ],
    ids=str,
)
def test_an_answer_without_a_token_signs_nobody_in(spoilt: Spoilt, answer: tuple[int, bytes]) -> None:
    spoilt.answers["/token"] = answer
    with pytest.raises(SignInFailed):
        claims(spoilt)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize("answer", [(500, b"{}"), (503, b""), (200, b"<html>"), (200, b"[]")], ids=str)
def test_a_provider_that_does_not_answer_as_one_signs_nobody_in(
    spoilt: Spoilt, path: str, answer: tuple[int, bytes]
) -> None:
    spoilt.answers[path] = answer
    with pytest.raises((OutboundFailed, SignInFailed)):
        claims(spoilt)


def test_a_redirect_is_not_followed_with_our_secret(spoilt: Spoilt) -> None:
    spoilt.answers["/token"] = (307, f"{spoilt.url}/elsewhere".encode())
    with pytest.raises((OutboundFailed, SignInFailed)):
        claims(spoilt)
    assert "/elsewhere" not in [path for path, _, _ in spoilt.asked]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (after_a_request(lambda talk: talk.server.stopping.wait(30)), "timeout"),
        (after_a_request(lambda talk: talk.send_for_ever(b"HTTP/1.1 200 OK\r\nX: ", 0.1)), "timeout"),
        (greeting(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", 0.1), "timeout"),
        (greeting(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65_536, 0), "too_large"),
        (once(b"\x00" * 4_096), "protocol"),
    ],
    ids=["silent", "drips headers", "drips a body", "endless body", "no HTTP"],
)
def test_a_provider_cannot_hold_us_longer_or_make_us_read_more_than_the_limits(
    behaviour: Behaviour, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace_hooks.remote.openid.POLICY", replace(POLICY, total_s=1.0))
    with HostileServer(behaviour) as server:
        provider = OpenIdProvider(
            issuer=server.url(name="localhost"), client_id="shop", client_secret=None, scope="openid"
        )
        reasons = [failure_of(provider), failure_of(provider)]
        assert reasons == [reason, NOT_ASKED]  # the second is answered from memory.
        assert server.connections == 1


def test_a_provider_that_failed_is_asked_again_after_some_seconds(
    spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = provider_of(spoilt)
    spoilt.answers["/.well-known/openid-configuration"] = (503, b"")
    assert [failure_of(provider) for _ in range(2)] == ["protocol", NOT_ASKED]
    spoilt.answers.clear()
    monkeypatch.setattr("marketplace_hooks.remote.bounded_calls.FAILURE_LASTS_S", 0.0)
    assert failure_of(provider) is None


def test_what_was_published_an_hour_ago_holds_while_the_provider_is_away(
    spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = provider_of(spoilt)
    assert failure_of(provider) is None
    spoilt.answers["/.well-known/openid-configuration"] = (503, b"")
    monkeypatch.setattr("marketplace_hooks.remote.openid.DESCRIPTION_LASTS_S", 0.0)
    assert [failure_of(provider) for _ in range(2)] == [None, None]


def failure_of(provider: OpenIdProvider) -> str | None:
    """Why a sign-in cannot begin at this provider; None when it can."""
    try:
        provider.address(redirect_uri=BACK, state="s", nonce="n", verifier="v" * 64, language="fr", max_age_s=60)
    except OutboundFailed as failure:
        return failure.reason
    return None


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:x(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_description_of_somebody_else_or_of_open_ways_is_refused(spoilt: Spoilt, described: dict[str, Any]) -> None:
    spoilt.more = described
    with pytest.raises(OutboundFailed):
        provider_of(spoilt).address(
            redirect_uri=BACK, state="s", nonce="n", verifier="v" * 64, language="fr", max_age_s=60
        )


def test_new_keys_are_fetched_when_a_token_names_one_that_is_not_known(spoilt: Spoilt) -> None:
    provider = provider_of(spoilt)
    claims(spoilt, provider)
    spoilt.header = {"alg": "RS256", "kid": "k2"}
    spoilt.key = THEIRS
    renewed = {**THEIRS.as_dict(private=False), "kid": "k2"}
    spoilt.answers["/keys"] = (200, json.dumps({"keys": [renewed]}).encode())
    assert claims(spoilt, provider)["sub"] == "s"


def test_the_verifier_that_only_we_know_is_sent_with_the_code(spoilt: Spoilt) -> None:
    provider = provider_of(spoilt)
    verifier = "v" * 64
    url = provider.address(redirect_uri=BACK, state="s", nonce="n", verifier=verifier, language="fr", max_age_s=60)
    asked = parse_qs(urlsplit(url).query)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert asked["code_challenge"] == [digest]
    claims(spoilt, provider)
    [(_, headers, sent)] = [one for one in spoilt.asked if one[0] == "/token"]
    assert (sent["code_verifier"], sent["redirect_uri"]) == ([verifier], [BACK])
    assert headers["Authorization"].startswith("Basic ")


def test_the_secret_goes_where_the_provider_takes_it(spoilt: Spoilt) -> None:
    spoilt.more = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    claims(spoilt)
    [(_, headers, sent)] = [one for one in spoilt.asked if one[0] == "/token"]
    assert (sent["client_secret"], "Authorization" in headers) == (["s3cret"], False)


def test_a_public_client_sends_no_secret(spoilt: Spoilt) -> None:
    claims(spoilt, provider_of(spoilt, None))
    [(_, headers, sent)] = [one for one in spoilt.asked if one[0] == "/token"]
    assert (sent["client_id"], "client_secret" in sent, "Authorization" in headers) == (["shop"], False, False)


def test_what_the_token_does_not_tell_is_asked_for_and_must_be_of_the_same_person(spoilt: Spoilt) -> None:
    spoilt.more = {"userinfo_endpoint": f"{spoilt.url}/userinfo"}
    assert claims(spoilt, needed=("sub", "role"))["role"] == "seller"
    spoilt.answers["/userinfo"] = (200, b'{"sub": "another", "role": "operator"}')
    with pytest.raises(SignInFailed):
        claims(spoilt, needed=("sub", "role"))


def test_what_the_provider_publishes_is_asked_for_once(spoilt: Spoilt) -> None:
    provider = provider_of(spoilt)
    for _ in range(3):
        claims(spoilt, provider)
    paths = [path for path, _, _ in spoilt.asked]
    assert (paths.count("/keys"), paths.count("/.well-known/openid-configuration")) == (1, 1)
