"""The production kit is valid by the tools that know its formats: a linter, published schemas, systemd itself."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX, Settings
from marketplace_hooks.remote.signatures import new_secret
from marketplace_hooks.services.core.liveness import _tell_systemd, _touch

from ..support.source_tree import ROOT

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
LIVENESS = "/tmp/liveness"
UNITS = sorted((DEPLOY / "systemd").iterdir())
FILLED = {
    "SECRET_KEY": bytes(range(32)).hex(),
    "DOWNLOAD_SECRET": bytes(range(32, 64)).hex(),
    "ENCRYPTION_KEYS": "YjJkM2E0YzVmNmU3ODg5OWFhYmJjY2RkZWVmZjAwMTE=",
}


def checked(*command: object) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def example_environment() -> dict[str, str]:
    lines = (DEPLOY / "environment.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_environment() -> dict[str, str]:
    """The example of the settings with its secrets, as the guide fills them in."""
    given = {name: value for name, value in example_environment().items() if value}
    secrets = {f"{PREFIX}{name}": value for name, value in FILLED.items()}
    return {**given, **secrets, f"{PREFIX}WEBHOOK_SECRETS": f"marketplace={new_secret()}"}


def packages(lock: Path) -> dict[str, str]:
    """Name → everything that a lock says about it."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [re.sub(r"\s+", " ", line).strip() for line in joined.splitlines() if line.strip()]
    return {canonicalize_name(re.split(r"[=\[;]", line)[0].strip()): line for line in lines}


def test_the_container_file_passes_the_linter() -> None:
    checked(BIN / "hadolint", DEPLOY / "Containerfile")


def test_the_compose_file_follows_the_compose_specification() -> None:
    checked(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_the_manifests_follow_the_schemas_of_kubernetes() -> None:
    manifests = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    output = checked(BIN / "kubernetes-validate", "--strict", *manifests)
    assert all(path.name in output for path in manifests)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_each_unit(unit: Path, tmp_path: Path) -> None:
    """By systemd itself; the program of the unit, which is not installed here, is replaced by one that is."""
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/marketplace-hooks/bin/marketplace-hooks", "/bin/true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    assert checked("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / unit.name) == ""


def test_production_starts_with_the_example_of_the_settings_once_its_secrets_are_filled_in(tmp_path: Path) -> None:
    empty = {name for name, value in example_environment().items() if not value}
    assert {f"{PREFIX}{name}" for name in FILLED} <= empty
    settings = load(environment={**filled_environment(), f"{PREFIX}INSTANCE": str(tmp_path)})
    assert not settings.demo
    assert settings.public_url == "https://hooks.example.com"


def test_the_lock_of_the_service_is_the_project_s_lock_without_what_only_tests_need() -> None:
    everything = packages(ROOT / "requirements.lock")
    served = packages(DEPLOY / "requirements.lock")
    assert {name: line for name, line in served.items() if everything.get(name) != line} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(one).name) for one in project["dependencies"]}
    assert needed <= set(served)
    assert "pytest" not in served


def test_postgresql_allows_the_connections_that_the_kit_may_open() -> None:
    guide = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    unit = (DEPLOY / "systemd" / "marketplace-hooks-worker.service").read_text(encoding="utf-8")
    (workers,) = map(int, re.findall(r"worker --processes (\d+)", unit))
    assert f'["worker", "--processes", "{workers}"]' in compose
    (schedulers,) = map(int, re.findall(r"replicas: (\d+)", compose))

    def connections(schedulers: int) -> int:
        """At most, as docs/operate.md adds them up under "What it needs"."""
        settings = Settings()
        of_a_process = settings.database_pool_size + settings.database_pool_overflow + 1
        return settings.web_processes * 2 * settings.web_threads + (workers + schedulers) * of_a_process + 5

    assert f"up to {connections(1)} connections" in guide
    assert connections(1) <= int(re.findall(r"max_connections (\d+)", guide)[0])
    assert connections(schedulers) <= int(re.findall(r"max_connections=(\d+)", compose)[0])


def test_commands_of_root_are_run_with_the_account_the_settings_and_the_folder_of_the_services() -> None:
    command = (DEPLOY / "marketplace-hooks").read_text(encoding="utf-8")
    for unit in (path.read_text(encoding="utf-8") for path in UNITS if path.suffix == ".service"):
        given = dict(line.split("=", 1) for line in unit.splitlines() if re.match(r"[A-Z]\w+=", line))
        assert f"--uid {given['User']} --gid {given['Group']} " in command
        for name in ("EnvironmentFile", "Environment", "StateDirectory", "StateDirectoryMode", "UMask"):
            assert f"--property {name}={given[name]} " in command
        assert given["ExecStart"].split()[0] + ' "$@"\n' in command


# docs/operate.md, "When something dies": a `worker`, `scheduler` or `web` of its own hangs.
def test_whoever_starts_a_process_notices_when_it_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = [path.read_text(encoding="utf-8") for path in UNITS if path.suffix == ".service"]
    assert all("WatchdogSec=" in text and "WatchdogSignal=SIGKILL" in text for text in services)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        _tell_systemd(str(tmp_path / "notify"))
        assert systemd.recv(100) == b"WATCHDOG=1"
    _touch(tmp_path / "liveness")
    for name in ("scheduler", "worker"):
        text = (DEPLOY / "kubernetes" / f"{name}.yaml").read_text(encoding="utf-8")
        (probe,) = re.findall(r"find /tmp/liveness [^\"]+", text)
        assert f"value: {LIVENESS}" in text
        assert probe in (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
        command = ["sh", "-c", probe.replace(LIVENESS, str(tmp_path / "liveness"))]
        assert subprocess.run(command, check=False).returncode == 0
    os.utime(tmp_path / "liveness" / str(os.getpid()), (1, 1))
    assert subprocess.run(command, check=False).returncode == 1
