from __future__ import annotations

import threading

import pytest

from marketplace_hooks.errors import OutboundFailed
from marketplace_hooks.remote.http.dns import Lookups, system_resolve


def test_every_answer_is_kept_once_and_in_order() -> None:
    lookups = Lookups(lambda host, port: ["9.9.9.9", "1.1.1.1", "9.9.9.9"])
    assert lookups.addresses("shop.test", 443, within_s=5) == ["9.9.9.9", "1.1.1.1"]


def test_the_system_answers_literals_without_asking_anybody() -> None:
    assert system_resolve("127.0.0.1", 443) == ["127.0.0.1"]
    assert system_resolve("::1", 443) == ["::1"]


def test_no_time_left_is_no_look_up() -> None:
    asked = []
    with pytest.raises(OutboundFailed) as failure:
        Lookups(lambda host, port: asked.append(host) or ["9.9.9.9"]).addresses("shop.test", 443, within_s=0)
    assert (failure.value.reason, asked) == ("timeout", [])


def test_stuck_look_ups_are_bounded_and_give_their_place_back() -> None:
    answered = threading.Event()
    started: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        started.append(host)
        answered.wait(10)
        return ["9.9.9.9"]

    lookups = Lookups(resolve, at_once=2)
    for host in ("a.test", "b.test", "c.test"):
        with pytest.raises(OutboundFailed, match="not looked up in time"):
            lookups.addresses(host, 443, within_s=0.05)
    assert started == ["a.test", "b.test"]
    answered.set()
    assert lookups.addresses("d.test", 443, within_s=10) == ["9.9.9.9"]
