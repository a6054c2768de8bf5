"""`deploy/Containerfile`: its own steps, run in a clean folder, make a program that serves and is found healthy."""

from __future__ import annotations

import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from marketplace_hooks.cli.web import web

from ..support.followed_page import copy_tree
from ..support.ports import free_port
from ..support.processes import STARTED_WITHIN_S, STOPPED_WITHIN_S, wait_until
from .container_steps import Image, read_instructions
from .test_manifests import DEPLOY, filled_environment

CONTAINER_FILE = DEPLOY / "Containerfile"


def succeeds(image: Image, command: list[str], **settings: str) -> bool:
    """Run a program of the image to its end."""
    process = image.start(command, **settings)
    process.communicate()
    return process.returncode == 0


def test_the_steps_of_the_container_file_make_a_program_that_serves_and_is_found_healthy(tmp_path: Path) -> None:
    port = free_port()
    image = Image(tmp_path, copy_tree(tmp_path / "context"), port)
    image.build(CONTAINER_FILE.read_text(encoding="utf-8"))
    settings = {**filled_environment(), "MARKETPLACE_HOOKS_WEB_PROCESSES": "1"}
    del settings["MARKETPLACE_HOOKS_DATABASE_URL"], settings["MARKETPLACE_HOOKS_REDIS_URL"]  # SQLite, in its volume.

    assert succeeds(image, [*image.entrypoint, "migrate"], **settings)
    assert not succeeds(image, image.health_check)
    service = image.start([*image.entrypoint, *image.command], **settings)
    try:
        wait_until(lambda: succeeds(image, image.health_check), STARTED_WITHIN_S, "it is not healthy")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            assert answer.status == 200
    finally:
        service.send_signal(signal.SIGTERM)
        output, _ = service.communicate(timeout=STOPPED_WITHIN_S)
    assert service.returncode == 0, output
    assert list((image.root / "var/lib/marketplace-hooks").glob("*.db")), "the database is not in the volume"


def test_the_image_serves_on_the_port_that_it_exposes_and_asks_about_its_health() -> None:
    text = {one.name: one.text for one in read_instructions(CONTAINER_FILE.read_text(encoding="utf-8"))}
    (default,) = (option.default for option in web.params if option.name == "port")
    assert text["EXPOSE"] == str(default)
    assert f"127.0.0.1:{default}/healthz" in text["HEALTHCHECK"]
    assert "--port" not in text["CMD"]
    assert text["STOPSIGNAL"] == "SIGTERM"


def test_the_image_runs_as_the_account_that_it_makes_by_its_number() -> None:
    """By its number, Kubernetes sees that the account is not root's."""
    instructions = read_instructions(CONTAINER_FILE.read_text(encoding="utf-8"))
    (user,) = (one.text for one in instructions if one.name == "USER")
    assert int(user) > 0
    assert [one.name for one in instructions if f"useradd --system --uid {user} " in one.text] == ["RUN"]


def test_a_step_that_fails_ends_the_build_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError, match="RUN echo no such package; exit 3"):
        Image(tmp_path, tmp_path, free_port()).build("FROM base\nRUN echo no such package; exit 3\n")
