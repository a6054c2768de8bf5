"""Drafts: deleted in time, and with their customer; declarations are added to the check that was started."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.inspections.declarations import Declaration, DeclaredModule
from marketplace_hooks.domain.support.state_machine import Kind
from marketplace_hooks.jobs.scheduler import recover_missed
from marketplace_hooks.models.drafts import RequestDraft
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.inspections.add_declaration import declare
from marketplace_hooks.services.inspections.requests import read_inspection
from marketplace_hooks.services.support.drafts import DRAFT_LIFETIME, DraftContent, save_draft

from ...support.marketplace import Marketplace
from ...support.support_desk import PURCHASE, in_transaction, set_up_support

DRAFT = "0123456789abcdef0123456789abcdef"
OTHER_SHOP = "https://other.example/"
"""Another shop than the one bought for: nobody visits it."""


def writes(marketplace: Marketplace) -> RequestDraft:
    written = DraftContent(
        purchase_id=PURCHASE, product_id=None, kind=Kind.ANOMALY, subject="Subject", body="Body", shop_url=OTHER_SHOP
    )

    def insert_draft(uow: UnitOfWork) -> RequestDraft:
        return save_draft(marketplace.runtime, uow, DRAFT, "customer-1", written)

    return in_transaction(marketplace, insert_draft)


def test_a_draft_is_forgotten_when_nobody_has_touched_it_for_long(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    writes(set_up_support(marketplace))
    clock.shift(DRAFT_LIFETIME - timedelta(seconds=1))
    recover_missed(marketplace.runtime, "tests")
    assert len(marketplace.all(select(RequestDraft))) == 1
    clock.shift(timedelta(seconds=1))
    recover_missed(marketplace.runtime, "tests")
    assert marketplace.all(select(RequestDraft)) == []


def test_a_draft_goes_with_its_customer(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    writes(set_up_support(marketplace))
    clock.shift(60)
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    assert marketplace.all(select(RequestDraft)) == []


def test_a_version_and_a_list_declared_one_after_the_other_stand_together(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    check_id = writes(set_up_support(marketplace)).check_id or ""
    in_transaction(marketplace, lambda uow: declare(uow, check_id, Declaration(platform_version="8.1.6")))
    in_transaction(marketplace, lambda uow: declare(uow, check_id, Declaration(platform_version="8.1.7")))
    listed = Declaration(modules=(DeclaredModule(name="lumengallery", version="2.1.0"),), whole_list=True)
    in_transaction(marketplace, lambda uow: declare(uow, check_id, listed))
    with marketplace.runtime.database.read_session() as session:
        inspection = read_inspection(session, check_id)
    fact = inspection.site_facts.platform_version
    assert fact is not None
    assert (fact.value, fact.contradicted_by) == ("8.1.7", ())
    assert inspection.site_facts.module("lumengallery").version == "2.1.0"
    assert inspection.site_facts.module("another").installed is False
