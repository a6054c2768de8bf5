"""Bearer tokens: shown once, kept as hashes, found by one look at an index."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from marketplace_hooks.errors import NotFound, PayloadRejected
from marketplace_hooks.models.access import Role, Token
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.unit_of_work import run_in_transaction


def found(runtime: Runtime, text: str) -> Token | None:
    with runtime.database.read_session() as session:
        return tokens.find(session, text, runtime.now())


def revoked(runtime: Runtime, token_id: str) -> Token:
    return run_in_transaction(runtime, lambda uow: tokens.revoke(uow, token_id))


def test_a_token_is_found_by_its_plain_text_alone(runtime: Runtime) -> None:
    token, text = tokens.create(runtime, "seller", subject="seller-1", label="the shop's robot")
    valid = found(runtime, text)
    assert valid is not None
    assert (valid.id, valid.role, valid.subject, valid.label) == (token.id, Role.SELLER, "seller-1", "the shop's robot")
    id_part = token.id.removeprefix("tok_")
    assert text.startswith(f"mht_{id_part}_")
    for other in (text[:-1], text + "a", text.swapcase(), f"mht_{id_part}_{'a' * 43}", f" {text}", ""):
        assert found(runtime, other) is None


def test_nothing_kept_would_let_anybody_in(runtime: Runtime) -> None:
    _, text = tokens.create(runtime, "operator")
    secret = text.split("_", 2)[2]
    with runtime.database.read_session() as session:
        [token] = tokens.list_tokens(session)
    stored = " ".join(str(value) for value in vars(token).values())
    assert secret not in stored
    assert token.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()


def test_two_tokens_of_one_subject_are_revoked_apart(runtime: Runtime) -> None:
    (first, first_text), (second, second_text) = (
        tokens.create(runtime, "customer", subject="customer-1") for _ in range(2)
    )
    first_time = revoked(runtime, first.id)
    assert first_time.revoked_at is not None
    assert (found(runtime, first_text), found(runtime, second_text) is not None) == (None, True)
    assert revoked(runtime, first.id).revoked_at == first_time.revoked_at
    with runtime.database.read_session() as session:
        assert {token.id: token.revoked_at is None for token in tokens.list_tokens(session)} == {
            first.id: False,
            second.id: True,
        }


def test_a_token_opens_nothing_after_its_end(runtime: Runtime, clock: time_machine.Traveller) -> None:
    _, text = tokens.create(runtime, "operator", expires_at=runtime.now() + timedelta(days=1))
    clock.shift(86_399)
    assert found(runtime, text) is not None
    clock.shift(1)
    assert found(runtime, text) is None


def test_when_a_token_was_used_is_written_once_a_minute_and_while_nobody_else_writes(
    runtime: Runtime, clock: time_machine.Traveller
) -> None:
    _, text = tokens.create(runtime, "operator")

    def used_at() -> datetime | None:
        token = found(runtime, text)
        assert token is not None
        tokens.note_used(runtime, token)
        again = found(runtime, text)
        assert again is not None
        return again.last_used_at

    first = used_at()
    assert first == runtime.now()
    clock.shift(59)
    assert used_at() == first
    clock.shift(1)
    assert used_at() == runtime.now()
    if runtime.database.is_sqlite:
        clock.shift(60)
        with runtime.database.begin():
            assert used_at() == runtime.now() - timedelta(seconds=60)


def test_an_unknown_token_cannot_be_revoked(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        revoked(runtime, "tok_0123456789abcdef")


@pytest.mark.parametrize(
    ("role", "subject", "label", "paths"),
    [
        ("seller", None, "", ["subject"]),
        ("customer", "", "", ["subject"]),
        ("platform", "seller-1", "", ["subject"]),
        ("operator", "ada", "", ["subject"]),
        ("admin", None, "", ["role"]),
        ("seller", "s" * 101, "l" * 201, ["subject", "label"]),
        ("seller", "a\0b", "a\nb", ["subject", "label"]),
    ],
)
def test_a_token_that_would_stand_for_nobody_is_not_made(
    runtime: Runtime, role: str, subject: str | None, label: str, paths: list[str]
) -> None:
    with pytest.raises(PayloadRejected) as refused:
        tokens.create(runtime, role, subject=subject, label=label)
    assert [error["path"] for error in refused.value.errors] == paths
    with runtime.database.read_session() as session:
        assert tokens.list_tokens(session) == []


@pytest.mark.parametrize(
    ("more", "path"),
    [({"scopes": ["read", "all"]}, "scopes"), ({"expires_at": datetime.now(UTC)}, "expires_at")],
)
def test_a_token_without_use_is_not_made(runtime: Runtime, more: dict[str, Any], path: str) -> None:
    with pytest.raises(PayloadRejected) as refused:
        tokens.create(runtime, "operator", **more)
    assert [error["path"] for error in refused.value.errors] == [path]


def test_a_token_is_found_by_one_look_and_a_malformed_one_by_none(runtime: Runtime) -> None:
    _, text = tokens.create(runtime, "operator")
    statements: list[str] = []
    engine = runtime.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert found(runtime, text) is not None
    assert found(runtime, "mht_nonsense") is None
    reads = [statement for statement in statements if "mh_tokens" in statement]
    assert len(reads) == 1
    assert "mh_tokens.id =" in reads[0]


@given(text=st.text())
def test_no_text_is_mistaken_for_a_token(text: str) -> None:
    assert tokens._TEXT.fullmatch(text) is None or text.startswith("mht_")
