"""Sessions are rows: one that has ended is over for every copy of its cookie, and nothing personal outlives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import NotFound, SignInFailed
from marketplace_hooks.models.access import PersonSession, Role, SignInMethod
from marketplace_hooks.services.access import sessions
from marketplace_hooks.services.access.sessions import SignIn
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ...support.bulk_purchases import copy_rows, gather_statistics
from ...support.customers import publish_customer
from ...support.marketplace import Marketplace
from ...support.recorded_statements import assert_no_table_scan, counting_queries, recorded_statements


@pytest.fixture(autouse=True)
def _stopped(clock: time_machine.Traveller) -> None:
    """Time stands still until a test moves it."""


def begins(runtime: Runtime, role: Role = Role.SELLER, *, replaces: str | None = None, **facts: Any) -> str:
    given = {"subject": "seller-1", "account": "acc-1", "name": "Pixelune", "address": "192.0.2.7", **facts}
    sign_in = SignIn(method=SignInMethod.OPENID, role=role, **given)
    return run_in_transaction(runtime, lambda uow: sessions.begin(uow, sign_in, replaces=replaces))


def found(runtime: Runtime, secret: str) -> PersonSession | None:
    with runtime.database.read_session() as session:
        return sessions.find(session, secret, runtime.settings, runtime.now())


def alive(runtime: Runtime, **narrowed: Any) -> list[str | None]:
    with runtime.database.read_session() as session:
        return [one.subject for one in sessions.list_sessions(session, runtime.settings, runtime.now(), **narrowed)]


def test_a_session_is_found_by_its_secret_alone_which_is_stored_nowhere(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    secret = begins(runtime)
    row = found(runtime, secret)
    assert row is not None
    assert (row.role, row.subject, row.name, row.ended_at) == (Role.SELLER, "seller-1", "Pixelune", None)
    for other in (secret[:-1], secret.swapcase(), row.id, row.secret_sha256, "", "\0", "\udc80"):
        assert found(runtime, other) is None
    stored = [repr(vars(one)) for one in marketplace.all(select(PersonSession))]
    assert not any(secret in row for row in stored)


def test_a_session_is_over_after_its_lifetime_and_after_its_idle_time(
    runtime: Runtime, clock: time_machine.Traveller
) -> None:
    secret = begins(runtime)
    for _ in range(7):
        clock.shift(6_000)
        row = found(runtime, secret)
        assert row is not None
        sessions.note_seen(runtime, row)
    clock.shift(43_200 - 7 * 6_000)
    assert found(runtime, secret) is None
    idle = begins(runtime)
    clock.shift(7_199)
    assert found(runtime, idle) is not None
    clock.shift(1)
    assert found(runtime, idle) is None


def test_when_somebody_was_seen_is_written_once_a_minute(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    runtime = marketplace.runtime
    secret = begins(runtime)

    def statements_of_a_page() -> int:
        row = found(runtime, secret)
        assert row is not None
        with counting_queries(marketplace) as queries:
            sessions.note_seen(runtime, row)
        return len(queries)

    clock.shift(59)
    assert statements_of_a_page() == 0
    clock.shift(1)
    assert statements_of_a_page() == 1
    assert statements_of_a_page() == 0
    [row] = marketplace.all(select(PersonSession))
    assert row.last_seen_at == runtime.now()


def test_a_new_sign_in_ends_the_session_that_it_replaces(runtime: Runtime) -> None:
    first = begins(runtime)
    second = begins(runtime, replaces=first)
    assert found(runtime, first) is None
    assert found(runtime, second) is not None


def test_a_form_waits_for_the_same_person_only(runtime: Runtime) -> None:
    form = {"path": "/operator", "fields": [["a", "b"]]}
    for account, expected in (("acc-1", form), ("acc-2", None)):
        first = begins(runtime)
        row = found(runtime, first)
        assert row is not None
        id_ = row.id
        run_in_transaction(runtime, lambda uow, id_=id_: sessions.store_unsent_form(uow, id_, form))  # type: ignore[misc] # bound at once
        after = found(runtime, begins(runtime, replaces=first, account=account))
        assert after is not None
        assert after.unsent_form == expected
        assert found(runtime, first) is None


def test_an_account_that_comes_with_another_role_loses_the_sessions_of_the_one_before(runtime: Runtime) -> None:
    before = begins(runtime, Role.OPERATOR, subject=None)
    other = begins(runtime, Role.OPERATOR, subject=None, account="acc-2")
    begins(runtime, Role.SELLER)
    assert found(runtime, before) is None
    assert found(runtime, other) is not None
    again = begins(runtime, Role.SELLER)
    moved = begins(runtime, Role.SELLER, subject="seller-2")
    assert found(runtime, again) is None
    run_in_transaction(runtime, lambda uow: sessions.end_changed_roles(uow, "acc-1"))
    assert found(runtime, moved) is None


def test_an_erased_customer_has_no_session_and_gets_none(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    publish_customer(marketplace)
    marketplace.run_all_now()
    secret = begins(runtime, Role.CUSTOMER, subject="customer-1", name="Odile", user_agent="Firefox")
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    assert found(runtime, secret) is None
    [row] = marketplace.all(select(PersonSession))
    assert (row.name, row.address, row.user_agent, row.account) == ("", "", "", None)
    with pytest.raises(SignInFailed) as refused:
        begins(runtime, Role.CUSTOMER, subject="customer-1")
    assert refused.value.code == "no_role"


def test_sessions_are_listed_and_ended_one_by_one_or_of_a_person(
    runtime: Runtime, clock: time_machine.Traveller
) -> None:
    for subject in ("seller-1", "seller-2", "seller-2"):
        clock.shift(1)
        begins(runtime, subject=subject, account=None)
    clock.shift(1)
    begins(runtime, Role.OPERATOR, subject=None, account=None)
    assert alive(runtime) == [None, "seller-2", "seller-2", "seller-1"]
    assert alive(runtime, role=Role.SELLER, subject="seller-2", limit=1) == ["seller-2"]
    with runtime.database.read_session() as session:
        first = sessions.list_sessions(session, runtime.settings, runtime.now(), limit=1)[0]
    position = (first.created_at, first.id)
    assert alive(runtime, before=position) == ["seller-2", "seller-2", "seller-1"]
    run_in_transaction(runtime, lambda uow: sessions.end_session(uow, first.id))
    run_in_transaction(runtime, lambda uow: sessions.end_session(uow, first.id))
    assert run_in_transaction(runtime, lambda uow: sessions.end_sessions_of(uow, Role.SELLER, "seller-2")) == 2
    assert alive(runtime) == ["seller-1"]
    with pytest.raises(NotFound):
        run_in_transaction(runtime, lambda uow: sessions.end_session(uow, "ses_x"))


def test_a_session_that_is_over_is_purged_a_month_later_and_its_form_at_once(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    runtime = marketplace.runtime
    row = found(runtime, begins(runtime))
    assert row is not None
    id_ = row.id
    run_in_transaction(runtime, lambda uow: sessions.store_unsent_form(uow, id_, {"path": "/", "fields": []}))

    def purged() -> int:
        return runtime.database.retrying(
            lambda session: sessions.purge_sessions(session, runtime.settings, runtime.now(), limit=10)
        )

    assert purged() == 0
    [alive_row] = marketplace.all(select(PersonSession))
    assert alive_row.unsent_form is not None
    clock.shift(7_201)
    assert purged() == 0
    [over] = marketplace.all(select(PersonSession))
    assert over.unsent_form is None
    clock.shift(timedelta(days=31))
    assert purged() == 1


def test_every_look_at_sessions_is_by_an_index(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    row = found(runtime, begins(runtime))
    assert row is not None
    with runtime.database.session() as session:
        copy_rows(session, "mh_sessions", "id", row.id, 3_000, **_OLD)
    gather_statistics(runtime.database)
    with recorded_statements(runtime.database.engine) as heard:
        begins(runtime, replaces=begins(runtime))
        for narrowed in ({}, {"role": Role.SELLER, "subject": "seller-9"}, {"before": (runtime.now(), "ses_x")}):
            alive(runtime, limit=26, **narrowed)
        run_in_transaction(runtime, lambda uow: sessions.end_session(uow, row.id))
    assert_no_table_scan(runtime, heard, "mh_sessions", generic=False)


_OLD = {"secret_sha256": "'copy-' || i", "account": "'copy-' || i", "created_at": "'2020-01-01 00:00:00.000000'"}
