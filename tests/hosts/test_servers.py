"""Servers of a host: signed events, pages and the API come through each as they were sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from .servers import COMMANDS, is_installed, served, try_server


@pytest.mark.parametrize("name", COMMANDS)
def test_a_host_is_served_by(name: str, sqlite_url: str, tmp_path: Path) -> None:
    if not is_installed(name):
        pytest.skip(f"{name} is not installed: CONTRIBUTING.md says how")
    with served(name, sqlite_url, tmp_path / "ours") as port:
        try_server(name, port)


def test_the_servers_of_the_lock_are_not_skipped() -> None:
    assert [name for name in COMMANDS if is_installed(name)][:3] == ["gunicorn sync", "gunicorn gthread", "waitress"]
