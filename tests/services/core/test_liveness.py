"""Signs of life: what counts as progress, and who is silent; `tests/cli/test_supervisor.py` has who is killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from marketplace_hooks.jobs.scheduler import suppress_and_log
from marketplace_hooks.jobs.table import stop_after
from marketplace_hooks.services.core import liveness
from marketplace_hooks.services.core.liveness import SilentProcesses


def test_only_the_time_between_two_prompt_looks_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever was stopped with those it watches, or slept with the machine, would kill them all."""
    now_s = [0.0]
    monkeypatch.setattr(liveness.time, "monotonic", lambda: now_s[0])
    silent = SilentProcesses(tmp_path, silent_after_s=10.0, look_every_s=2.0)

    def silent_at(at_s: float) -> set[int]:
        now_s[0] = at_s
        return silent.find_silent()

    for name in ("1", "2"):
        (tmp_path / name).touch()
    assert [silent_at(2.0), silent_at(3_600.0), silent_at(3_602.0)] == [set()] * 3
    os.utime(tmp_path / "2", (1, 1))  # by a clock that was set back: a sign all the same.
    assert [silent_at(3_604.0), silent_at(3_606.0)] == [set(), {1}]
    silent.forget(1)
    assert [silent_at(3_608.0), silent_at(3_612.0), silent_at(3_616.0)] == [set(), set(), {2}]


def test_each_step_of_the_scheduler_and_each_look_of_a_job_at_its_slice_is_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for step in (lambda: suppress_and_log(lambda: None), stop_after(1.0)):
        monkeypatch.setattr(liveness, "_progress_s", 0.0)
        step()
        assert liveness._progress_s > 0.0
