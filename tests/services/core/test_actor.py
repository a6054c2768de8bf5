"""The actor: whoever acts is named in the audit log, in the transaction of what they change."""

from __future__ import annotations

import threading

import pytest

from marketplace_hooks.domain.audit_actions import AuditAction
from marketplace_hooks.models.access import Role
from marketplace_hooks.models.audit import AuditChannel, AuditOutcome
from marketplace_hooks.models.products import Seller
from marketplace_hooks.services.core.actor import Actor, acting_as, current_actor
from marketplace_hooks.services.core.unit_of_work import UnitOfWork, run_in_transaction

from ...support.audit_log import audit_entries
from ...support.marketplace import Marketplace

ODETTE = Actor(
    channel=AuditChannel.PAGE, role=Role.OPERATOR, id="odette", name="Odette", address="192.0.2.7", request_id="req-1"
)


def rename_seller(uow: UnitOfWork) -> None:
    uow.session.get_one(Seller, "seller-1").name = "Another name"


def test_a_change_by_somebody_is_not_committed_without_an_entry(marketplace: Marketplace) -> None:
    marketplace.publish_products()
    before = marketplace.seller().name
    with acting_as(ODETTE), pytest.raises(ValueError, match="audit log"):
        run_in_transaction(marketplace.runtime, rename_seller)
    assert (marketplace.seller().name, audit_entries(marketplace)) == (before, [])


def test_an_entry_says_who_did_what_on_what_from_where_and_when(marketplace: Marketplace) -> None:
    def act(uow: UnitOfWork) -> None:
        uow.audit(AuditAction.CUSTOMER_ERASED, "customer-1", cause="a letter")

    with acting_as(ODETTE):
        run_in_transaction(marketplace.runtime, act)
    [entry] = audit_entries(marketplace)
    assert (entry.actor_role, entry.actor_id, entry.actor_name, entry.token_id) == (
        Role.OPERATOR,
        "odette",
        "Odette",
        None,
    )
    assert (entry.action, entry.object_type, entry.object_id) == ("customer.erased", "customer", "customer-1")
    assert (entry.channel, entry.address, entry.request_id) == (AuditChannel.PAGE, "192.0.2.7", "req-1")
    assert (entry.outcome, entry.details) == (AuditOutcome.DONE, {"cause": "a letter"})
    assert abs((marketplace.runtime.now() - entry.at).total_seconds()) < 60


def test_an_entry_is_gone_with_the_transaction_that_is_rolled_back(marketplace: Marketplace) -> None:
    def act(uow: UnitOfWork) -> None:
        uow.audit(AuditAction.CUSTOMER_ERASED, "customer-1")
        uow.write()
        raise RuntimeError("the machine dies")

    with acting_as(ODETTE), pytest.raises(RuntimeError, match="dies"):
        run_in_transaction(marketplace.runtime, act)
    assert audit_entries(marketplace) == []


def test_what_a_background_job_or_an_event_changes_is_nobodys_act(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    with acting_as(ODETTE):
        marketplace.change_status("mod-1", "offline_temporary")
        marketplace.run_all_now()
        seen: list[Actor | None] = []
        thread = threading.Thread(target=lambda: seen.append(current_actor()))
        thread.start()
        thread.join()
    assert (marketplace.status("mod-1"), audit_entries(marketplace), seen) == ("offline_temporary", [], [None])
