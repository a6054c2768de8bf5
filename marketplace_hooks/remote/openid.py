"""OpenID Connect client: the authorization code flow with PKCE, by Authlib.

The one provider that an operator has configured, so it may stand in the operator's own network. But it is asked in
bounded time and size, by few threads at once (`bounded_calls.py`), over https beyond this machine, and what it says is
believed only with its signature, for us, for this sign-in.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from ..config.parsers import is_secure_or_local
from ..domain.instants import parse_http_date
from ..errors import OutboundFailed, OutboundRefused, SignInFailed
from .bounded_calls import BoundedCalls, CircuitBreaker
from .http.client import OutboundClient, OutboundPolicy
from .http.requests_adapter import OutboundAdapter

DISCOVERY = "/.well-known/openid-configuration"
POLICY = OutboundPolicy(connect_s=3.0, total_s=10.0, max_body_bytes=256 * 1024)
ANY_NETWORK = ("0.0.0.0/0", "::/0")
"""The provider may be anywhere: an operator names it, and `is_secure_or_local` has checked its addresses."""
TOKENS_AT_ONCE = 2
"""Sign-ins that are completed at the same time, in one process."""
DESCRIPTION_LASTS_S = 3_600.0
LEEWAY_S = 60
CLOCK_WITHIN_S = 3.0
# Signatures that only the provider can make; a shared secret's (HS256) could be made by whoever knows it.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, kw_only=True)
class _Published:
    """What the provider publishes of itself, when it was fetched (`time.monotonic`), and its keys once fetched."""

    fetched_s: float
    description: Mapping[str, Any]
    keys: KeySet | None = None


class OpenIdProvider:
    """One provider and our registration with it. Threads may share it; it stores only what the provider publishes."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str | None, scope: str) -> None:
        self.issuer = issuer
        self.leeway_s = LEEWAY_S
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope
        self._adapter = OutboundAdapter(OutboundClient(POLICY, ANY_NETWORK))
        breaker = CircuitBreaker()
        self._publications = BoundedCalls(breaker, at_once=1)
        self._tokens = BoundedCalls(breaker, at_once=TOKENS_AT_ONCE)
        self._published: _Published | None = None

    def address(
        self,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        verifier: str,
        language: str,
        max_age_s: int,
        ask_again: bool = False,
    ) -> str:
        """Where the browser is to go to sign in. Raises `OutboundFailed` when the provider is away.

        The provider asks who it is where it last did so more than `max_age_s` ago, or in any case (`ask_again`).
        """
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self.description()["authorization_endpoint"],
                state=state,
                nonce=nonce,
                code_verifier=verifier,
                ui_locales=language,
                max_age=max_age_s,
                **({"prompt": "login"} if ask_again else {}),
            )
        return str(url)

    def claims(
        self, *, code: str, redirect_uri: str, nonce: str, verifier: str, needed: Collection[str]
    ) -> dict[str, Any]:
        """What the provider says of who signed in: the ID token's claims, and where `needed` ones lack, userinfo's.

        Raises `SignInFailed` when it cannot be believed, `OutboundFailed` when the provider is away.
        """
        known = self.description()
        with self._tokens.call(), self._session(redirect_uri) as session:
            try:
                token = session.fetch_token(
                    known["token_endpoint"], code=code, code_verifier=verifier, allow_redirects=False
                )
                claims = self._validated_claims(token, nonce)
                if known.get("userinfo_endpoint") and not set(needed) <= claims.keys():
                    userinfo = self._json(session.get(known["userinfo_endpoint"], allow_redirects=False))
                    if userinfo.get("sub") != claims["sub"]:
                        raise SignInFailed("userinfo speaks of somebody else", code="sign_in_not_believed")
                    userinfo.pop("auth_time", None)  # when they were asked is only believed of the signed token.
                    claims = {**userinfo, **claims}
            except (requests.RequestException, OutboundRefused) as failure:
                raise _not_a_provider(self.issuer, failure) from failure
            except (AuthlibBaseError, JoseError, ValueError, KeyError) as invalid:
                raise SignInFailed(f"the provider's answer: {invalid}", code="sign_in_not_believed") from invalid
        return claims

    def sign_out_address(self, return_to: str) -> str | None:
        """Where the browser may also sign out of the provider; None when it offers that nowhere, or is away."""
        try:
            endpoint = self.description().get("end_session_endpoint")
        except OutboundFailed:
            return None
        back = {"client_id": self._client_id, "post_logout_redirect_uri": return_to}
        return str(add_params_to_uri(endpoint, back.items())) if endpoint and is_secure_or_local(endpoint) else None

    def description(self) -> Mapping[str, Any]:
        """What the provider publishes of itself, asked for once an hour. Raises `OutboundFailed`."""
        return self._current().description

    def _current(self) -> _Published:
        """What was published last; it still holds while the provider is away, or while another thread asks."""
        known = self._published
        if known is not None and time.monotonic() - known.fetched_s < DESCRIPTION_LASTS_S:
            return known
        try:
            with self._publications.call():
                current = self._published
                if current is None or current is known:  # else another thread has fetched it while we waited.
                    current = _Published(fetched_s=time.monotonic(), description=self._fetch_description())
                    self._published = current
                return current
        except OutboundFailed:
            if known is None:
                raise
            return known

    def _fetch_description(self) -> dict[str, Any]:
        description = self._fetch(f"{self.issuer.rstrip('/')}{DISCOVERY}")
        if description.get("issuer") != self.issuer:
            raise OutboundFailed(f"{self.issuer} says that it is {description.get('issuer')!r}.", reason="protocol")
        for name in _ENDPOINTS:
            if not is_secure_or_local(description.get(name)):
                raise OutboundFailed(f"{self.issuer} has no {name} that is https.", reason="protocol")
        return description

    def _validated_claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is signed by the provider, for us, for this sign-in, and not over."""
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            decoded = jwt.decode(token["id_token"], self._key_set(), registry=registry)
        except InvalidKeyIdError:  # keys are renewed now and then.
            decoded = jwt.decode(token["id_token"], self._key_set(again=True), registry=registry)
        expected = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            expected,
            {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_S)
        return dict(claims)

    def _key_set(self, *, again: bool = False) -> KeySet:
        known = self._current()
        if known.keys is not None and not again:
            return known.keys
        with self._publications.call():
            latest = self._published or known
            keys = latest.keys
            if keys is None or keys is known.keys:  # else another thread has fetched them while we waited.
                content = self._fetch(latest.description["jwks_uri"])
                keys = KeySet.import_key_set(content)  # type: ignore[arg-type] # checked by the import
                self._published = replace(latest, keys=keys)
        return keys

    def _fetch(self, url: str) -> dict[str, Any]:
        try:
            with self._session(None) as session:
                return self._json(session.get(url, withhold_token=True, allow_redirects=False))
        except (requests.RequestException, ValueError, OutboundRefused) as failure:
            raise _not_a_provider(self.issuer, failure) from failure

    def _json(self, answer: requests.Response) -> dict[str, Any]:
        if answer.status_code != 200:
            raise requests.HTTPError(f"{answer.status_code} from {answer.url}")
        content = answer.json()
        if not isinstance(content, dict):
            raise requests.JSONDecodeError("not an object", "", 0)
        return content

    def _session(self, redirect_uri: str | None) -> OAuth2Session:
        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope=self._scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method=self._authentication(),
        )
        session.trust_env = False  # neither proxies, nor netrc, nor certificate files from the environment.
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        return session

    def _authentication(self) -> str:
        """How we prove to the provider that we are its client: as the standard's default, where it is offered."""
        if self._client_secret is None:
            return "none"
        offered = (self._published.description if self._published else {}).get("token_endpoint_auth_methods_supported")
        posts = offered and "client_secret_basic" not in offered and "client_secret_post" in offered
        return "client_secret_post" if posts else "client_secret_basic"


def read_clock(issuer: str) -> datetime | None:
    """The provider's time, by the `Date` of its answer, to the second; None where it does not say."""
    try:
        answer = OutboundClient(POLICY, ANY_NETWORK).get(f"{issuer.rstrip('/')}{DISCOVERY}", total_s=CLOCK_WITHIN_S)
    except (OutboundRefused, OutboundFailed):
        return None
    return parse_http_date(answer.headers.get("date", ""))


def _not_a_provider(issuer: str, failure: Exception) -> OutboundFailed:
    return OutboundFailed(f"{issuer} did not answer as a provider does: {failure}", reason="protocol")
