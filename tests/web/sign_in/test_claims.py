"""Claims of a sign-in: when the provider last asked who it is, as far as it says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace_hooks.errors import SignInFailed
from marketplace_hooks.web.sign_in.claims import authenticated_at

AT_S = 1_700_000_000


def test_the_time_of_the_sign_in_is_the_providers() -> None:
    at = datetime.fromtimestamp(AT_S, UTC)
    assert authenticated_at({"auth_time": AT_S}, not_before_s=AT_S, must_say=False) == at
    assert authenticated_at({"auth_time": AT_S}, not_before_s=AT_S, must_say=True) == at


@pytest.mark.parametrize("claims", [{}, *({"auth_time": bad} for bad in (None, "now", 0, -1, 10**30, []))], ids=str)
def test_a_provider_that_does_not_say_when_has_not_asked_again(claims: dict[str, Any]) -> None:
    assert authenticated_at(claims, not_before_s=AT_S, must_say=False) is None
    with pytest.raises(SignInFailed) as refused:
        authenticated_at(claims, not_before_s=AT_S, must_say=True)
    assert refused.value.code == "not_asked_again"


@pytest.mark.parametrize("must_say", [False, True])
def test_a_sign_in_before_the_earliest_that_may_count_does_not(must_say: bool) -> None:
    with pytest.raises(SignInFailed):
        authenticated_at({"auth_time": AT_S - 1}, not_before_s=AT_S, must_say=must_say)
