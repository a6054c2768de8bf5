"""The audit log is searched by who, what, on what and when; it is kept as long as the policy says, and not changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace_hooks.domain.audit_actions import AuditAction
from marketplace_hooks.models.access import Role
from marketplace_hooks.models.audit import AuditChannel, AuditEntry
from marketplace_hooks.services.access.audit_log import AuditFilter, find_entries
from marketplace_hooks.services.core.actor import Actor, acting_as
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.privacy import retention

from ...support.audit_log import audit_entries
from ...support.marketplace import Marketplace
from ...support.retention import change, days_ago, purged


def record(marketplace: Marketplace, actor_id: str, action: AuditAction, object_id: str, **more: Any) -> None:
    actor = Actor(channel=AuditChannel.API, role=Role.OPERATOR, id=actor_id, **more)
    with acting_as(actor):
        run_in_transaction(marketplace.runtime, lambda uow: uow.audit(action, object_id))


def test_entries_are_found_by_each_filter_and_read_page_by_page(marketplace: Marketplace) -> None:
    record(marketplace, "odette", AuditAction.TOKEN_CREATED, "tok_1", name="Odette Marchand", request_id="req-1")
    record(marketplace, "odile", AuditAction.TOKEN_CREATED, "tok_2", token_id="tok_9")
    record(marketplace, "odile", AuditAction.EVENT_REPLAYED, "tok_2")
    long_ago = days_ago(marketplace, 30)
    change(marketplace, AuditEntry, AuditEntry.object_id == "tok_1", at=long_ago)

    def found(**wanted: Any) -> list[tuple[str | None, str | None]]:
        with marketplace.runtime.database.read_session() as session:
            entries, _ = find_entries(session, AuditFilter(**wanted), limit=10)
        return [(entry.actor_id, entry.object_id) for entry in entries]

    first = ("odette", "tok_1")
    second = ("odile", "tok_2")
    third = ("odile", "tok_2")
    assert found() == [third, second, first]
    assert found(who="odette") == found(who="Odette Marchand") == found(request_id="req-1") == [first]
    assert found(who="tok_9") == [second]
    assert found(who="Odette") == []
    assert found(action=AuditAction.TOKEN_CREATED) == [second, first]
    assert found(object_type="event") == [third]
    assert found(object_id="tok_1") == [first]
    assert found(before=long_ago + timedelta(days=1)) == [first]
    assert found(since=long_ago + timedelta(days=1), who="odile") == [third, second]
    with marketplace.runtime.database.read_session() as session:
        page, following = find_entries(session, AuditFilter(), limit=2)
        rest, end = find_entries(session, AuditFilter(), before=following, limit=2)
    assert ([entry.object_id for entry in [*page, *rest]], end) == (["tok_2", "tok_2", "tok_1"], None)


def test_entries_are_purged_in_batches_once_they_are_older_than_the_policy_says(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(6):
        record(marketplace, "odette", AuditAction.TOKEN_CREATED, f"tok_{number}")
    change(marketplace, AuditEntry, at=days_ago(marketplace, 729.9))
    assert purged(marketplace) == {}
    change(marketplace, AuditEntry, AuditEntry.object_id != "tok_5", at=days_ago(marketplace, 730.1))
    assert purged(marketplace) == {"audit entries": 5}
    assert [entry.object_id for entry in audit_entries(marketplace)] == ["tok_5"]


def test_an_erased_customer_stays_in_the_log_under_the_id_alone(marketplace: Marketplace) -> None:
    odile = Actor(channel=AuditChannel.PAGE, role=Role.CUSTOMER, id="customer-1", name="Odile", address="192.0.2.7")
    with acting_as(odile):
        run_in_transaction(marketplace.runtime, lambda uow: uow.audit(AuditAction.MESSAGE_POSTED, "request-1"))
    record(marketplace, "odette", AuditAction.OVERTURNED, "request-1", name="Odette", address="192.0.2.8")
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    seen = [(entry.actor_id, entry.actor_name, entry.address) for entry in audit_entries(marketplace)]
    assert seen == [("customer-1", "", None), ("odette", "Odette", "192.0.2.8")]
