"""`DOWNLOAD_SECRET` is read in hexadecimal or base64, and never too short."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from marketplace_hooks.config.loading import load
from marketplace_hooks.errors import ConfigurationError

KEY = bytes(range(200, 216))


def read(text: str, tmp_path: Path, **more: str) -> bytes | None:
    settings = {"INSTANCE": str(tmp_path), "DOWNLOAD_SECRET": text, **more}
    return load({}, {f"MARKETPLACE_HOOKS_{name}": value for name, value in settings.items()}).download_secret


@pytest.mark.parametrize("text", [KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode(), f" {KEY.hex()}\n"])
def test_a_key_is_read_as_it_is_written(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path) == KEY


def test_none_is_none(tmp_path: Path) -> None:
    assert read("", tmp_path) is None


@pytest.mark.parametrize("text", [KEY[:15].hex(), base64.b64encode(KEY[:15]).decode(), "not a key!", "abc", "ÄÖ"])
def test_what_is_no_key_stops_the_start_with_a_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="DOWNLOAD_SECRET must"):
        read(text, tmp_path)


def test_a_key_made_for_the_demo_is_not_for_production(tmp_path: Path) -> None:
    marked = base64.b64encode(b"demo-" + KEY).decode()
    with pytest.raises(ConfigurationError, match="DOWNLOAD_SECRET was made for the demo"):
        read(marked, tmp_path)
    assert read(marked, tmp_path, DEMO="true") == b"demo-" + KEY
