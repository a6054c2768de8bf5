"""The collector rests while a process starts, and leaves what was built then alone."""

from __future__ import annotations

import gc

import pytest

from marketplace_hooks.services.core.frozen_gc import frozen_gc


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
