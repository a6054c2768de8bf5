"""A unit of work rings for what must follow when it is committed, and never before or without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from marketplace_hooks.models.products import Seller
from marketplace_hooks.services.catalog.locked_subjects import LockedSubjects
from marketplace_hooks.services.catalog.sellers import upsert_seller
from marketplace_hooks.services.core.runtime import JobKind, Runtime
from marketplace_hooks.services.core.unit_of_work import UnitOfWork, run_in_transaction

SELLER = {
    "seller_id": "seller-1",
    "name": "Lumen",
    "country": "FR",
    "locale": "fr",
    "helpdesk_relays": [],
    "email": None,
}


class Wakeups:
    """Notes what was rung, and whether the seller could be seen by everybody at that moment."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self.probe: list[tuple[JobKind, bool]] = []

    def wake_worker(self, kind: JobKind) -> bool:
        with self._database.reading() as session:
            self.probe.append((kind, session.scalar(select(Seller.id)) is not None))
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """Nobody asks."""


def add_seller(uow: UnitOfWork) -> None:
    upsert_seller(uow, LockedSubjects(uow.session), SELLER, sent_at=uow.now)
    uow.wakeups.add(JobKind.CASCADES)


def test_bells_ring_once_everybody_can_see_what_was_done(runtime: Runtime) -> None:
    wakeups = Wakeups(runtime)
    run_in_transaction(replace(runtime, wakeups=wakeups), add_seller)
    assert wakeups.probe == [(JobKind.CASCADES, True)]


def test_nothing_rings_for_what_was_rolled_back(runtime: Runtime) -> None:
    wakeups = Wakeups(runtime)

    def fail(uow: UnitOfWork) -> None:
        add_seller(uow)
        raise RuntimeError("on second thoughts")

    with pytest.raises(RuntimeError):
        run_in_transaction(replace(runtime, wakeups=wakeups), fail)
    with runtime.database.reading() as session:
        assert (session.scalar(select(Seller.id)), wakeups.probe) == (None, [])


def test_what_is_returned_is_what_was_done(runtime: Runtime) -> None:
    assert run_in_transaction(runtime, lambda uow: uow.now.tzinfo is not None) is True
