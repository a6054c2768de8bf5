"""A unit of work rings for what must follow when it is committed, and never before or without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from marketplace_hooks.services.installation import Bell, Installation
from marketplace_hooks.services.sellers import upsert_seller
from marketplace_hooks.services.standings import Standings
from marketplace_hooks.services.work import Work, carry_out
from marketplace_hooks.store.products import Seller

SELLER = {
    "seller_id": "seller-1",
    "name": "Lumen",
    "country": "FR",
    "locale": "fr",
    "helpdesk_relays": [],
    "email": None,
}


class Bells:
    """Notes what was rung, and whether the seller could be seen by everybody at that moment."""

    def __init__(self, installation: Installation) -> None:
        self._database = installation.database
        self.rung: list[tuple[Bell, bool]] = []

    def ring(self, bell: Bell) -> bool:
        with self._database.reading() as session:
            self.rung.append((bell, session.scalar(select(Seller.id)) is not None))
        return True

    def answered(self, bell: Bell) -> None:
        """Nobody asks."""


def add_seller(work: Work) -> None:
    upsert_seller(work, Standings(work.session), SELLER, sent_at=work.now)
    work.rings.add(Bell.CASCADES)


def test_bells_ring_once_everybody_can_see_what_was_done(installation: Installation) -> None:
    bells = Bells(installation)
    carry_out(replace(installation, bells=bells), add_seller)
    assert bells.rung == [(Bell.CASCADES, True)]


def test_nothing_rings_for_what_was_rolled_back(installation: Installation) -> None:
    bells = Bells(installation)

    def fail(work: Work) -> None:
        add_seller(work)
        raise RuntimeError("on second thoughts")

    with pytest.raises(RuntimeError):
        carry_out(replace(installation, bells=bells), fail)
    with installation.database.reading() as session:
        assert (session.scalar(select(Seller.id)), bells.rung) == (None, [])


def test_what_is_returned_is_what_was_done(installation: Installation) -> None:
    assert carry_out(installation, lambda work: work.now.tzinfo is not None) is True
