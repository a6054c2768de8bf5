"""Scopes of tokens: reading only, areas, or both."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.token_scopes import Scope, permits

READ = Scope.READ
EVENTS = Scope.EVENTS
SUPPORT = Scope.SUPPORT


@pytest.mark.parametrize(
    ("scopes", "area", "read", "change"),
    [
        ((), EVENTS, True, True),
        ((), None, True, True),
        ((READ,), EVENTS, True, False),
        ((READ,), None, True, False),
        ((EVENTS,), EVENTS, True, True),
        ((EVENTS,), SUPPORT, False, False),
        ((EVENTS,), None, False, False),
        ((EVENTS, SUPPORT), SUPPORT, True, True),
        ((EVENTS, READ), EVENTS, True, False),
        ((EVENTS, READ), SUPPORT, False, False),
    ],
)
def test_a_token_may_what_its_scopes_say(
    scopes: tuple[Scope, ...], area: Scope | None, read: bool, change: bool
) -> None:
    assert permits(scopes, area=area, is_read=True) is read
    assert permits(scopes, area=area, is_read=False) is change
