"""Whenever `up` is stopped or killed, nothing of it is left, and the next one can start; what is frozen is replaced."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from marketplace_hooks.cli.supervisor import Supervisor
from marketplace_hooks.cli.up import _refuse_busy_port
from marketplace_hooks.database.silent_sessions import started_if_stopped
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.services.core.liveness import FOLDER
from tests.support.ports import free_port, takes_connections
from tests.support.processes import STARTED_WITHIN_S, kill_all, load_factor, running_of, wait_until

from .test_up import READY_WITHIN_S, STOPPED_WITHIN_S, Up, parent_of, plain_instance, started

MOMENTS_S = (0.3, 0.9, 1.6, 2.6)
"""After the line about the migration: everything is started in these seconds."""
ALONE = ("--workers", "1")


def environment_of(pid: int) -> dict[str, str]:
    variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(variable.split("=", 1) for variable in variables if variable)


def wait_until_nothing_is_left_of(up: Up) -> None:
    wait_until(lambda: not running_of(up.mark), STOPPED_WITHIN_S, "processes are left", lambda: running_of(up.mark))


def wait_until_nothing_is_left(up: Up) -> None:
    wait_until_nothing_is_left_of(up)
    assert not takes_connections(up.port)


def end_early(folder: Path, number: signal.Signals) -> None:
    """End `up` at one moment of its start after the other, all on one port; then one that stops."""
    folder.mkdir()
    instance = plain_instance(folder)
    port = free_port()
    for moment_s in MOMENTS_S:
        up = Up(folder, *ALONE, instance=instance, port=port)
        try:
            up.wait_for("migrating", READY_WITHIN_S)
            time.sleep(moment_s)
            up.process.send_signal(number)
            up.process.wait(STOPPED_WITHIN_S * load_factor())
            wait_until_nothing_is_left(up)
        finally:
            kill_all(up.mark)
    with started(Up(folder, *ALONE, instance=instance, port=port)) as again:
        assert again.status_of("/") == 200
        again.process.terminate()
        time.sleep(0.1)
        again.process.send_signal(number)
        again.process.wait(STOPPED_WITHIN_S * load_factor())
        wait_until_nothing_is_left(again)


# docs/operate.md, "When something dies": `up`, stopped or killed at any moment.
def test_an_up_that_is_ended_at_any_moment_of_its_start_or_stop_leaves_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        signals = (signal.SIGTERM, signal.SIGKILL)
        for ended in [pool.submit(end_early, tmp_path / number.name, number) for number in signals]:
            ended.result()


# docs/operate.md, "When something dies": a process of `up` or of `worker --processes N` is stopped by a signal.
def test_a_frozen_worker_and_a_frozen_web_process_are_replaced_and_hold_up_no_stop(tmp_path: Path) -> None:
    instance = plain_instance(tmp_path)
    with (instance / "config.toml").open("a") as config:
        config.write("lease_s = 1.0\n")
    with started(Up(tmp_path, *ALONE, instance=instance)) as up:
        worker = up.process_of("marketplace_hooks worker")
        server = up.process_of("create_app")
        [web] = [pid for pid in running_of(up.mark) if parent_of(pid) == server]
        signs = Path(environment_of(worker)[FOLDER])
        watched = {str(pid) for pid in (web, worker, up.process_of("marketplace_hooks scheduler"))}
        wait_until(
            lambda: watched <= {path.name for path in signs.iterdir()}, STARTED_WITHIN_S, "no signs of life", up.printed
        )
        for pid in (worker, web):
            os.kill(pid, signal.SIGSTOP)
        wait_until(
            lambda: not {worker, web} & running_of(up.mark).keys(), STARTED_WITHIN_S, "it stays frozen", up.printed
        )
        wait_until(lambda: up.status_of("/") == 200, STARTED_WITHIN_S, "nobody serves", up.printed)
        wait_until(lambda: up.processes_of("marketplace_hooks worker"), STARTED_WITHIN_S, "nobody works", up.printed)
        os.kill(up.process_of("marketplace_hooks scheduler"), signal.SIGSTOP)
        assert up.stop() == 0
        assert "did not stop in time" not in up.printed()
        wait_until_nothing_is_left(up)
        assert not signs.exists()


# docs/operate.md, "When something dies": `up`, stopped or killed at any moment.
def test_what_was_frozen_when_up_was_killed_is_ended_by_the_next_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # else the `up` of another test might end them.
    instance = plain_instance(tmp_path)
    port = free_port()
    first = Up(tmp_path, *ALONE, instance=instance, port=port)
    with started(first):
        frozen = [first.process_of(name) for name in ("create_app", "marketplace_hooks scheduler")]
        frozen += [pid for pid in running_of(first.mark) if parent_of(pid) == frozen[0]]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        # A signal to end that comes before it has stopped would still end it.
        wait_until(lambda: all(map(started_if_stopped, frozen)), STOPPED_WITHIN_S, "it goes on", first.printed)
        first.process.kill()
        first.process.wait()
        time.sleep(1)
        assert set(frozen) <= running_of(first.mark).keys()
        with started(Up(tmp_path, *ALONE, instance=instance, port=port)) as second:
            assert second.status_of("/") == 200
            wait_until_nothing_is_left_of(first)
            assert second.stop() == 0
            wait_until_nothing_is_left(second)


# docs/operate.md, "When something dies": `up`, stopped or killed at any moment.
def test_a_port_is_waited_for_while_what_a_killed_up_left_ends_what_it_is_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "mh-supervisor-left"
    left.mkdir()
    (left / "lock").touch()
    port = free_port()
    ends_later = (
        f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print(flush=True); time.sleep(4)"
    )
    orphan = subprocess.Popen(
        [sys.executable, "-c", ends_later], env={FOLDER: str(left / "signs")}, stdout=subprocess.PIPE
    )
    assert orphan.stdout is not None
    orphan.stdout.readline()
    supervisor = Supervisor(frozen_after_s=30.0)
    threading.Thread(target=orphan.wait, daemon=True).start()  # as its new parent would.
    _refuse_busy_port("127.0.0.1", port, supervisor)
    orphan.wait()
    orphan.stdout.close()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConfigurationError):
        _refuse_busy_port("127.0.0.1", port, supervisor)
    supervisor.shut_down()
