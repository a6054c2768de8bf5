"""A supervised process that hangs is killed and started again; one that waits for another server is left alone."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from marketplace_hooks.cli.supervisor import Child, Supervisor
from marketplace_hooks.jobs.scheduler import suppress_and_log
from marketplace_hooks.jobs.table import stop_after
from marketplace_hooks.services.core import liveness
from marketplace_hooks.services.core.liveness import SilentProcesses

from ..support.processes import STARTED_WITHIN_S

BEGINS = """
import socket, threading, time
from marketplace_hooks.services.core import liveness
from marketplace_hooks.services.core.liveness import begin_signs, progress
liveness.SIGN_EVERY_S = 0.1
begin_signs(stuck_after_s=0.5)
print("begun", flush=True)
"""
HANGS = "threading.Event().wait()"
WORKS = "while True: progress(); time.sleep(0.05)"
WAITS = "pair = socket.socketpair(); pair[0].makefile('rb').read(1)"
SILENT_AFTER_S = 3.0
"""Long enough for a busy machine: signs come ten times a second here."""


# docs/operate.md, "When something dies": a process hangs.
def test_who_hangs_is_killed_and_started_again_and_who_works_or_waits_for_a_server_is_not() -> None:
    lines: list[tuple[str, str]] = []
    supervisor = Supervisor(
        frozen_after_s=0.6, silent_after_s=SILENT_AFTER_S, log=lambda name, text: lines.append((name, text))
    )
    for name, life in {"hangs": HANGS, "works": WORKS, "waits": WAITS}.items():
        supervisor.add(Child(name=name, command=[sys.executable, "-c", f"{BEGINS}\n{life}"]))
    give_up_s = time.monotonic() + STARTED_WITHIN_S

    def stop_when_seen() -> None:
        if lines.count(("hangs", "begun")) == 2 or time.monotonic() > give_up_s:
            supervisor.stop()

    supervisor.run(stop_when_seen)
    assert lines.count(("hangs", "begun")) == 2, lines
    assert [name for name, text in lines if "is frozen and is killed" in text] == ["hangs"], lines
    assert [name for name, text in lines if "was killed by SIGKILL" in text] == ["hangs"], lines


def test_only_the_time_between_two_prompt_looks_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever was stopped with those it watches, or slept with the machine, would kill them all."""
    now_s = [0.0]
    monkeypatch.setattr(liveness.time, "monotonic", lambda: now_s[0])
    silent = SilentProcesses(tmp_path, silent_after_s=10.0, look_every_s=2.0)

    def look(at_s: float) -> set[int]:
        now_s[0] = at_s
        return silent.look()

    for name in ("1", "2"):
        (tmp_path / name).touch()
    assert [look(2.0), look(3_600.0), look(3_602.0)] == [set()] * 3
    os.utime(tmp_path / "2", (1, 1))  # by a clock that was set back: a sign all the same.
    assert [look(3_604.0), look(3_606.0)] == [set(), {1}]
    silent.forget(1)
    assert [look(3_608.0), look(3_612.0), look(3_616.0)] == [set(), set(), {2}]


def test_each_step_of_the_scheduler_and_each_look_of_a_job_at_its_slice_is_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for step in (lambda: suppress_and_log(lambda: None), stop_after(1.0)):
        monkeypatch.setattr(liveness, "_progress_s", 0.0)
        step()
        assert liveness._progress_s > 0.0
