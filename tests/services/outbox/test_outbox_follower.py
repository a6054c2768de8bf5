"""Following the outbox: each event is read once, also one whose number was taken before others that appeared first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace_hooks.models.outbox import OutgoingEvent, new_event_id
from marketplace_hooks.services.outbox.outbox_follower import LONGEST_TRANSACTION, MOST_GAPS, OutboxFollower

from ...support.marketplace import Marketplace


def publish(marketplace: Marketplace, *numbers: int) -> None:
    """Outgoing events of these numbers, as transactions commit them."""
    now = marketplace.runtime.now()
    with marketplace.runtime.database.session() as session:
        for number in numbers:
            common = {"subject_kind": "product", "subject_id": "mod-1", "sequence": number, "data": {"a": 1}}
            event = OutgoingEvent(id=number, event_id=new_event_id(now), type="product.hidden", cause={}, **common)
            event.created_at = now
            session.add(event)


def read(marketplace: Marketplace, follower: OutboxFollower, *, later: timedelta = timedelta()) -> list[int]:
    with marketplace.runtime.database.read_session() as session:
        return [event.id for event in follower.read(session, marketplace.runtime.now() + later)]


@pytest.fixture
def follower(marketplace: Marketplace) -> OutboxFollower:
    publish(marketplace, 1, 2)
    with marketplace.runtime.database.read_session() as session:
        return OutboxFollower.starting(session, None)


def test_what_was_there_before_is_left_out_and_the_rest_read_once(
    marketplace: Marketplace, follower: OutboxFollower
) -> None:
    assert read(marketplace, follower) == []
    publish(marketplace, 3, 4)
    assert (read(marketplace, follower), read(marketplace, follower)) == ([3, 4], [])


def test_a_smaller_number_that_is_committed_later_is_read_too(
    marketplace: Marketplace, follower: OutboxFollower
) -> None:
    publish(marketplace, 3, 6)
    assert read(marketplace, follower) == [3, 6]
    publish(marketplace, 5)
    assert read(marketplace, follower) == [5]
    publish(marketplace, 4, 7)
    assert read(marketplace, follower) == [4, 7]
    assert follower.gaps == {}


def test_a_number_that_never_comes_is_forgotten(marketplace: Marketplace, follower: OutboxFollower) -> None:
    publish(marketplace, 4, 5_000_000)
    assert read(marketplace, follower) == [4, 5_000_000]
    assert (3 in follower.gaps, len(follower.gaps) <= MOST_GAPS) == (True, True)
    assert read(marketplace, follower, later=LONGEST_TRANSACTION) == []
    assert follower.gaps == {}


def test_one_may_begin_in_the_past(marketplace: Marketplace, follower: OutboxFollower) -> None:
    now = marketplace.runtime.now()
    with marketplace.runtime.database.read_session() as session:
        before = OutboxFollower.starting(session, now - timedelta(hours=1))
        after = OutboxFollower.starting(session, now + timedelta(hours=1))
    assert (read(marketplace, before), read(marketplace, after)) == ([1, 2], [])
