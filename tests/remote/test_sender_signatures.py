"""Signatures of senders: the vendors' own documented examples verify, and nothing that is not signed does."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.config.senders import Sender, as_senders
from marketplace_hooks.errors import SignatureRejected
from marketplace_hooks.remote.sender_signatures import sign_as, verify_sender

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BODY = b'{"id": "evt_1", "type": "a"}'
SECRET = "shpss_3b1f0c7e9a2d4c58"
OTHER = "shpss_a7c2e9f01d3b4856"


def sender(scheme: str, **more: Any) -> Sender:
    return as_senders({"shop": {"scheme": scheme, **more}})["shop"]


def hex_hmac(signed: bytes, secret: str = SECRET, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), signed, algorithm).hexdigest()


def code_of(one: Sender, headers: dict[str, str], body: bytes = BODY, *secrets: str) -> str:
    """The code of the refusal; empty when the message verifies."""
    try:
        verify_sender(one, headers, body, secrets or (SECRET,), NOW)
    except SignatureRejected as refusal:
        return refusal.code
    return ""


def test_the_example_of_githubs_documentation_verifies() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    secret = "It's a Secret to Everybody"
    assert code_of(sender("github"), {"X-Hub-Signature-256": signature}, b"Hello, World!", secret) == ""
    assert code_of(sender("github"), {"X-Hub-Signature-256": signature}, b"Hello, World?", secret) != ""


EPOCH = int(NOW.timestamp())
STRIPE_SIGNED = b"%d.%b" % (EPOCH, BODY)
SLACK = {"scheme": "hmac", "header": "X-Slack-Signature", "encoding": "hex", "prefix": "v0=", "event_id": "body"}
SLACK |= {"signed": "v0:{timestamp}:{body}", "timestamp": "header:X-Slack-Request-Timestamp"}
IN_BASE64 = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
STRIPE = f"t={EPOCH},v0=1,v1={hex_hmac(STRIPE_SIGNED, OTHER)},v1={hex_hmac(STRIPE_SIGNED)}"
BY_HAND = {
    "shopify": (sender("shopify"), {"X-Shopify-Hmac-Sha256": IN_BASE64}),
    "stripe": (sender("stripe"), {"Stripe-Signature": STRIPE}),
    "github": (sender("github"), {"x-hub-signature-256": f"sha256={hex_hmac(BODY).upper().lower()}"}),
    "prestashop": (sender("prestashop"), {"X-PrestaShop-Signature": hex_hmac(BODY).upper()}),
    "slack": (
        sender(**SLACK),
        {
            "X-Slack-Signature": f"v0={hex_hmac(b'v0:%d:%b' % (EPOCH, BODY))}",
            "X-Slack-Request-Timestamp": str(EPOCH),
        },
    ),
    "sha512 and id": (
        sender(
            "hmac", header="X-Sig", algorithm="sha512", encoding="hex", signed="{id}/{body}", event_id="header:X-Id"
        ),
        {"X-Sig": hex_hmac(b"e-1/" + BODY, algorithm="sha512"), "X-Id": "e-1"},
    ),
    "bearer": (sender("bearer", event_id="json:id"), {"Authorization": f"Bearer {SECRET}"}),
    "bearer in its own header": (sender("bearer", header="X-Token", prefix="", event_id="body"), {"X-Token": SECRET}),
    "basic": (
        sender("basic", event_id="json:id"),
        {"authorization": "basic " + base64.b64encode(SECRET.encode()).decode()},
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_a_sender_signs_verifies_with_either_secret_and_with_no_other(name: str) -> None:
    one, headers = BY_HAND[name]
    assert code_of(one, headers) == ""
    assert code_of(one, headers, BODY, "another-secret-1", SECRET) == ""
    assert code_of(one, headers, BODY, "another-secret-1") == "signature_mismatch"
    for header, value in headers.items():
        assert code_of(one, {**headers, header: ""}) in ("signature_header_missing", "signature_mismatch")
        assert code_of(one, {**headers, header: value.replace("=", "é")[:-1]}) != ""
    if "body" in one.signed and one.method == "hmac":
        assert code_of(one, headers, BODY + b" ") == "signature_mismatch"


@pytest.mark.parametrize("name", BY_HAND)
def test_a_trial_is_signed_as_the_sender_signs(name: str) -> None:
    one, _ = BY_HAND[name]
    headers = sign_as(one, BODY, SECRET, event_id="e-1", topic="a", now=NOW)
    assert code_of(one, headers) == ""


@pytest.mark.parametrize(
    ("age_s", "tolerance_s", "code"),
    [
        (300, None, ""),
        (301, None, "signature_too_old"),
        (-301, None, "signature_too_new"),
        (61, 60, "signature_too_old"),
        (3000, 3600, ""),
    ],
)
def test_a_signed_timestamp_bounds_when_a_request_may_be_repeated(age_s: int, tolerance_s: Any, code: str) -> None:
    at = EPOCH - age_s
    headers = {"Stripe-Signature": f"t={at},v1={hex_hmac(b'%d.%b' % (at, BODY))}"}
    assert code_of(sender("stripe", **({"tolerance_s": tolerance_s} if tolerance_s else {})), headers) == code


@pytest.mark.parametrize("value", ["", "t=1", "v1=abc", "t=,v1=", f"t={EPOCH}", "t=1e9,v1=a", "t=²,v1=a", "," * 9000])
def test_garbage_in_a_header_is_a_refusal(value: str) -> None:
    assert code_of(sender("stripe"), {"Stripe-Signature": value}).startswith("signature_")


@given(value=st.text(max_size=60), name=st.sampled_from(sorted(BY_HAND)))
def test_no_text_in_a_header_raises_anything_else(value: str, name: str) -> None:
    one, headers = BY_HAND[name]
    assert code_of(one, dict.fromkeys(headers, value)) != ""


def test_a_repeated_digest_is_no_signature() -> None:
    assert code_of(sender("prestashop"), {"X-PrestaShop-Signature": hashlib.sha256(BODY).hexdigest()}) != ""
