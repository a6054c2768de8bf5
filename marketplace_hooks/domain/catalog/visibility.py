"""Visibility of a pack's page: which members keep it hidden."""

from __future__ import annotations

from collections.abc import Mapping

from .statuses import Status

FEWEST_MEMBERS = 2
"""A pack with fewer members is not sold (`rules.md` 6)."""


def blocking_members(members: Mapping[str, Status]) -> frozenset[str]:
    """The members that keep their pack hidden: all that are not online (`rules.md` 6)."""
    return frozenset(member for member, status in members.items() if status is not Status.ONLINE)


def pack_is_visible(status: Status, members: Mapping[str, Status]) -> bool:
    """Whether the pack's page is shown. `status` is the pack's own; `members` maps each product to its status."""
    return status is Status.ONLINE and len(members) >= FEWEST_MEMBERS and not blocking_members(members)
