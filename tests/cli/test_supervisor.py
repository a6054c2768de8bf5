"""A supervised process that hangs is killed and started again; one that waits for another server is left alone."""

from __future__ import annotations

import sys
import time

from marketplace_hooks.cli.supervisor import FROZEN_POLL_S, SILENT_AFTER_S, Child, Supervisor
from marketplace_hooks.config.settings import Settings
from marketplace_hooks.jobs.table import longest_step_s
from marketplace_hooks.services.core.liveness import STUCK_AFTER_S

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
SHORT_SILENCE_S = 3.0
"""Long enough for a busy machine: signs come ten times a second here."""


# docs/operate.md, "When something dies": a process of `up` or of `worker --processes N` hangs.
def test_who_hangs_is_killed_and_started_again_and_who_works_or_waits_for_a_server_is_not() -> None:
    lines: list[tuple[str, str]] = []
    supervisor = Supervisor(
        frozen_after_s=0.6, silent_after_s=SHORT_SILENCE_S, log=lambda name, text: lines.append((name, text))
    )
    for name, life in {"hangs": HANGS, "works": WORKS, "waits": WAITS}.items():
        supervisor.add(Child(name=name, command=[sys.executable, "-c", f"{BEGINS}\n{life}"]))
    give_up_s = time.monotonic() + STARTED_WITHIN_S

    def stop_when_seen() -> None:
        if lines.count(("hangs", "begun")) == 2 or time.monotonic() > give_up_s:
            supervisor.stop()

    supervisor.run(stop_when_seen)
    assert lines.count(("hangs", "begun")) == 2, lines
    assert [name for name, text in lines if "is not responding and was killed" in text] == ["hangs"], lines
    assert [name for name, text in lines if "was killed by SIGKILL" in text] == ["hangs"], lines


def test_by_the_defaults_whoever_hangs_is_killed_within_50_s() -> None:
    noticed_within_s = SILENT_AFTER_S + 2 * FROZEN_POLL_S
    assert STUCK_AFTER_S + noticed_within_s <= 50.0
    assert longest_step_s(Settings()) + noticed_within_s <= 50.0
