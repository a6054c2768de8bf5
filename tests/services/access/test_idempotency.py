"""A call under a key runs once; what it was answered is given again, and a refusal only where it is an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from marketplace_hooks.errors import Conflict, PayloadRejected, Refused
from marketplace_hooks.models.access import Role, Token
from marketplace_hooks.services.access.idempotency import Call, StoredAnswer, person_scope, run_once
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.unit_of_work import UnitOfWork

CALL = Call(scope="token:one", route="POST /things", key="k", body_sha256="0" * 64)


def add_token(id_: str) -> Callable[[UnitOfWork], StoredAnswer]:
    """An effect that can be seen: a row."""

    def act(uow: UnitOfWork) -> StoredAnswer:
        uow.session.add(Token(id=id_, secret_sha256=id_, role=Role.OPERATOR, label="", created_at=uow.now))
        return StoredAnswer(status=201, body=id_.encode())

    return act


def refuse(uow: UnitOfWork) -> StoredAnswer:
    uow.session.add(Token(id="never", secret_sha256="never", role=Role.OPERATOR, label="", created_at=uow.now))
    raise Conflict("not now")


def refusal(refused: Refused) -> StoredAnswer:
    return StoredAnswer(status=409, body=refused.code.encode())


def effects(runtime: Runtime) -> set[str]:
    with runtime.database.read_session() as session:
        return {token.id for token in session.query(Token)}


def test_the_second_run_does_nothing_and_gives_the_first_answer(runtime: Runtime) -> None:
    first = run_once(runtime, CALL, add_token("a"))
    second = run_once(runtime, CALL, add_token("b"))
    assert (first.status, first.body, first.is_replay) == (201, b"a", False)
    assert (second.status, second.body, second.is_replay) == (201, b"a", True)
    assert effects(runtime) == {"a"}


def test_a_key_with_another_body_is_refused(runtime: Runtime) -> None:
    run_once(runtime, CALL, add_token("a"))
    other = Call(scope=CALL.scope, route=CALL.route, key=CALL.key, body_sha256="1" * 64)
    with pytest.raises(PayloadRejected):
        run_once(runtime, other, add_token("b"))


def test_a_refusal_that_is_an_answer_is_stored_and_changes_nothing(runtime: Runtime) -> None:
    first = run_once(runtime, CALL, refuse, answer_refusal=refusal)
    second = run_once(runtime, CALL, add_token("a"), answer_refusal=refusal)
    assert (first.status, first.body) == (second.status, second.body) == (409, b"conflict")
    assert effects(runtime) == set()


def test_a_refusal_that_is_no_answer_leaves_the_key_free(runtime: Runtime) -> None:
    with pytest.raises(Conflict):
        run_once(runtime, CALL, refuse)
    assert run_once(runtime, CALL, add_token("a")).is_replay is False
    assert effects(runtime) == {"a"}


def test_a_mistake_leaves_the_key_free(runtime: Runtime) -> None:
    def fail(uow: UnitOfWork) -> StoredAnswer:
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError):
        run_once(runtime, CALL, fail)
    assert run_once(runtime, CALL, add_token("a")).status == 201


def test_people_of_one_role_have_scopes_of_their_own() -> None:
    scopes = {person_scope(Role.CUSTOMER, "1"), person_scope(Role.CUSTOMER, "2"), person_scope(Role.SELLER, "1")}
    assert len(scopes) == 3
    assert person_scope(Role.OPERATOR, None) == person_scope(Role.OPERATOR, "")
