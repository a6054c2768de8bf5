"""An embedded Redis that cannot be started again ends nothing else of `up`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace_hooks.cli import up
from marketplace_hooks.cli.up import RedisGuard
from marketplace_hooks.remote.redis.embedded import EmbeddedRedis, answers_ping, find_server


@pytest.fixture
def redis() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as started:
        yield started


# docs/operate.md, "When something dies": the embedded Redis of `up`.
def test_a_server_that_cannot_be_started_again_is_tried_later(
    redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guard = RedisGuard(redis)
    redis.kill()
    redis.binary = Path("/bin/false")
    guard.check()
    assert "cannot be started, and the scheduler does the work meanwhile" in capsys.readouterr().out
    guard.check()
    assert capsys.readouterr().out == ""  # not in every round.
    redis.binary = find_server()
    monkeypatch.setattr(guard, "_next_try_s", 0.0)
    guard.check()
    assert answers_ping(redis.socket_path)


def test_a_folder_that_a_cleaner_took_is_made_again(redis: EmbeddedRedis) -> None:
    redis.kill()
    shutil.rmtree(redis.folder)
    RedisGuard(redis).check()
    assert answers_ping(redis.socket_path)
    assert redis.folder.stat().st_mode & 0o777 == 0o700


def test_without_an_embedded_server_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    RedisGuard(None).check()
    assert capsys.readouterr().out == ""
    assert up.RETRY_REDIS_S > 0
