"""Bearer tokens: shown once, kept as hashes, found by one look at an index."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from marketplace_hooks.errors import NotFound, PayloadRejected
from marketplace_hooks.services import tokens
from marketplace_hooks.services.installation import Installation
from marketplace_hooks.store.access import Role, Token


def found(installation: Installation, text: str) -> Token | None:
    with installation.database.reading() as session:
        return tokens.find(session, text)


def test_a_token_is_found_by_its_plain_text_alone(installation: Installation) -> None:
    token, text = tokens.create(installation, "seller", subject="seller-1", label="the shop's robot")
    kept = found(installation, text)
    assert kept is not None
    assert (kept.id, kept.role, kept.subject, kept.label) == (token.id, Role.SELLER, "seller-1", "the shop's robot")
    id_part = token.id.removeprefix("tok_")
    assert text.startswith(f"mht_{id_part}_")
    for other in (text[:-1], text + "a", text.swapcase(), f"mht_{id_part}_{'a' * 43}", f" {text}", ""):
        assert found(installation, other) is None


def test_nothing_kept_would_let_anybody_in(installation: Installation) -> None:
    _, text = tokens.create(installation, "operator")
    secret = text.split("_", 2)[2]
    with installation.database.reading() as session:
        [token] = tokens.list_tokens(session)
    kept = " ".join(str(value) for value in vars(token).values())
    assert secret not in kept
    assert token.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()


def test_two_tokens_of_one_subject_are_revoked_apart(installation: Installation) -> None:
    (first, first_text), (second, second_text) = (
        tokens.create(installation, "customer", subject="customer-1") for _ in range(2)
    )
    revoked = tokens.revoke(installation, first.id)
    assert revoked.revoked_at is not None
    assert (found(installation, first_text), found(installation, second_text) is not None) == (None, True)
    assert tokens.revoke(installation, first.id).revoked_at == revoked.revoked_at
    with installation.database.reading() as session:
        assert {token.id: token.revoked_at is None for token in tokens.list_tokens(session)} == {
            first.id: False,
            second.id: True,
        }


def test_an_unknown_token_cannot_be_revoked(installation: Installation) -> None:
    with pytest.raises(NotFound):
        tokens.revoke(installation, "tok_0123456789abcdef")


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
    installation: Installation, role: str, subject: str | None, label: str, paths: list[str]
) -> None:
    with pytest.raises(PayloadRejected) as refused:
        tokens.create(installation, role, subject=subject, label=label)
    assert [error["path"] for error in refused.value.errors] == paths
    with installation.database.reading() as session:
        assert tokens.list_tokens(session) == []


def test_a_token_is_found_by_one_look_and_a_malformed_one_by_none(installation: Installation) -> None:
    _, text = tokens.create(installation, "operator")
    statements: list[str] = []
    engine = installation.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert found(installation, text) is not None
    assert found(installation, "mht_nonsense") is None
    looks = [statement for statement in statements if "mh_tokens" in statement]
    assert len(looks) == 1
    assert "mh_tokens.id =" in looks[0]


@given(text=st.text())
def test_no_text_is_mistaken_for_a_token(text: str) -> None:
    assert tokens._TEXT.fullmatch(text) is None or text.startswith("mht_")
