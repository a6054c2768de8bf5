"""Servers of a host: signed events, pages and the API come through each as they were sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from .servers import served, try_server


@pytest.mark.parametrize("name", ["gunicorn gthread", "waitress"])
def test_a_host_is_served_by(name: str, sqlite_url: str, tmp_path: Path) -> None:
    with served(name, sqlite_url, tmp_path / "ours") as port:
        try_server(name, port)
