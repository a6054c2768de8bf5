"""The command that verifies a captured message: what travelled is taken as it is, and a refusal is explained."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.remote.signatures import new_secret, signed_headers
from marketplace_hooks.services.outbox.endpoints import add_endpoint, rotate_secret

from ..support.marketplace import SECRET, Marketplace
from ..support.support_desk import in_transaction

BODY = b'{"type":"product.hidden","data":{"name":"caf\xc3\xa9"}}'
PARTNER = new_secret()
OF_ANOTHER_AGE = b"webhook-id: 1\nwebhook-timestamp: 999999999999\nwebhook-signature: v1,x\n\n{}"


@pytest.fixture
def marketplace(make_marketplace: Any) -> Marketplace:
    made: Marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={PARTNER}")
    return made


def verifies(marketplace: Marketplace, tmp_path: Path, content: bytes, *options: str) -> tuple[int, dict[str, Any]]:
    captured = tmp_path / "captured"
    captured.write_bytes(content)
    arguments = ["verify", str(captured), "--json", *options]
    result = CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))
    return result.exit_code, json.loads(result.stdout) if result.stdout else {"sentence": result.stderr}


def message(
    body: bytes = BODY, *secrets: str, at: datetime | None = None, line_end: bytes = b"\r\n", sent: bytes | None = None
) -> bytes:
    """A captured message; `sent` is the body that arrived, if it is not the one that was signed."""
    headers = signed_headers("evt_1", at or datetime.now(UTC), body, secrets or (SECRET,))
    lines = [b"POST /hooks HTTP/1.1", *(f"{name.title()}: {value}".encode() for name, value in headers.items())]
    return line_end.join([*lines, b"", body if sent is None else sent])


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize("prefix", [b"", b"> "], ids=["plain", "curl"])
@pytest.mark.parametrize("name", [b"Webhook-", b"Svix-"])
def test_a_whole_message_verifies(
    marketplace: Marketplace, tmp_path: Path, line_end: bytes, prefix: bytes, name: bytes
) -> None:
    head, _, body = message(line_end=line_end).replace(b"Webhook-", name).partition(line_end * 2)
    head = line_end.join(prefix + line for line in head.split(line_end))
    status, facts = verifies(marketplace, tmp_path, head + line_end * 2 + body)
    assert (status, facts["verified"], facts["id"], facts["secret"]) == (0, True, "evt_1", "1 of 1")


def test_a_delivery_of_ours_verifies_by_its_endpoint_with_both_secrets(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    endpoint, old = add_endpoint(marketplace.runtime, "https://93.184.215.14/hooks")
    in_transaction(marketplace, lambda uow: rotate_secret(marketplace.runtime, uow, endpoint.id))
    status, facts = verifies(marketplace, tmp_path, message(BODY, old), "--endpoint", endpoint.id)
    assert (status, facts["secret"]) == (0, "2 of 2")
    assert verifies(marketplace, tmp_path, message(BODY, old), "--endpoint", "end_nowhere")[0] == 1


def literal_key(text: str) -> str:
    return "whsec_" + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("make", "code", "hint"),
    [
        (lambda: message(sent=BODY + b"\n"), "signature_mismatch", "without the line end after the body"),
        (lambda: message(BODY + b"\n", sent=BODY), "signature_mismatch", "with a line end after the body"),
        (
            lambda: message(b'{"a": 1,\n"b": 2}', sent=b'{"a": 1,\r\n"b": 2}'),
            "signature_mismatch",
            "line ends as `\\n`",
        ),
        (lambda: message(sent=b"\xef\xbb\xbf" + BODY), "signature_mismatch", "without a byte order mark"),
        (
            lambda: message(sent=json.dumps(json.loads(BODY), indent=2).encode()),
            "signature_mismatch",
            "JSON is written anew",
        ),
        (lambda: message(BODY, PARTNER), "signature_mismatch", "a secret of the source partner"),
        (lambda: message(BODY, literal_key(SECRET)), "signature_mismatch", "the text of the secret"),
        (lambda: message(BODY, literal_key(SECRET[6:])), "signature_mismatch", "the text of the secret"),
        (lambda: message(sent=BODY.replace(b"hidden", b"shown")), "signature_mismatch", "Neither the usual changes"),
        (lambda: message(sent=b"[" * 100_000), "signature_mismatch", "Neither the usual changes"),
        (lambda: message(at=datetime.now(UTC) - timedelta(hours=1)), "signature_too_old", "Its signature is right."),
        (lambda: message(at=datetime.now(UTC) + timedelta(hours=1)), "signature_too_new", "after the instant"),
        (lambda: message(at=datetime.now(UTC) - timedelta(hours=1), sent=b"{}"), "signature_too_old", "wrong as well"),
        (lambda: OF_ANOTHER_AGE, "signature_too_new", "wrong"),
        (lambda: b"webhook-id: evt_1\nhost: a\n\n{}", "signature_header_missing", "The headers are: host, webhook-id."),
        (lambda: message().replace(b"v1,", b"v1a,"), "signature_unreadable", "44 characters of base64"),
        (lambda: message().replace(b"Webhook-Id", b"svix-id: evt_2\r\nWebhook-Id"), "signature_headers_contradict", ""),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_a_message_that_does_not_verify_is_explained(
    marketplace: Marketplace, tmp_path: Path, make: Callable[[], bytes], code: str, hint: str
) -> None:
    status, facts = verifies(marketplace, tmp_path, make())
    assert (status, facts["verified"], facts["code"]) == (1, False, code)
    assert hint in " ".join(facts["hints"])
    assert SECRET[6:] not in json.dumps(facts)


def test_a_body_alone_is_judged_by_the_headers_that_are_given(marketplace: Marketplace, tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    signed = signed_headers("evt_1", at, BODY, [SECRET])
    options = [part for name, value in signed.items() for part in (f"--{name.removeprefix('webhook-')}", value)]
    assert verifies(marketplace, tmp_path, BODY, *options)[1]["code"] == "signature_too_old"
    status, facts = verifies(marketplace, tmp_path, BODY, *options, "--at", at.isoformat())
    assert (status, facts["age_s"]) == (0, 0)
    assert verifies(marketplace, tmp_path, BODY, *options[:2])[0] == 2


@pytest.mark.parametrize("content", [b"", BODY, b"\n\n", b"\xff\xfe", b"no colon\n\nbody"])
def test_what_is_no_message_is_a_mistake_of_usage(marketplace: Marketplace, tmp_path: Path, content: bytes) -> None:
    status, facts = verifies(marketplace, tmp_path, content)
    assert (status, "FILE is not a message" in facts["sentence"]) == (2, True)
