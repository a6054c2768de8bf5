"""The collector rests while a process starts, and leaves what was built then alone."""

from __future__ import annotations

import gc

import pytest

from marketplace_hooks.services.core.frozen_gc import frozen_gc, paused_gc


def test_it_is_disabled_meanwhile_and_works_again_after_a_failure_too() -> None:
    frozen = gc.get_freeze_count()
    try:
        with frozen_gc():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen
        with pytest.raises(RuntimeError), frozen_gc():
            raise RuntimeError("the start fails")
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_what_is_made_while_it_is_paused_is_not_traversed_when_it_is_enabled_again() -> None:
    assert gc.get_freeze_count() == 0
    collections: list[str] = []
    gc.callbacks.append(lambda phase, information: collections.append(phase))
    try:
        with paused_gc():
            made = [[number] for number in range(5_000)]
        made.append([])
        assert collections == []
    finally:
        gc.callbacks.pop()
    assert gc.get_freeze_count() == 0
    assert gc.isenabled()


def test_what_the_host_has_exempted_stays_exempt() -> None:
    gc.freeze()
    try:
        with paused_gc():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_a_host_that_has_disabled_the_collector_keeps_it_disabled() -> None:
    gc.disable()
    try:
        with paused_gc():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
