"""The known releases ship with the package, and an operator may add to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.remote.known_versions import known_versions


def test_the_releases_that_ship_are_known_without_any_file() -> None:
    versions = known_versions()
    assert len(versions) >= 160
    assert {"1.5.3.0", "1.6.1.24", "1.7.8.11", "8.2.7", "9.1.4", "9.2.0-rc.1"} <= set(versions)


ADDED = [["9.2.0", "8.2.7"], {"releases": [{"version": "9.2.0", "date": "2026-12-01"}]}]
MALFORMED = ["{", '"9.2.0"', "[1]", '{"versions": []}', '[{"number": "9.2.0"}]', "3", '[""]']


@pytest.mark.parametrize("content", ADDED)
def test_an_operator_adds_releases_without_waiting_for_ours(tmp_path: Path, content: object) -> None:
    extension = tmp_path / "releases.json"
    extension.write_text(json.dumps(content))
    assert known_versions(extension) == (*known_versions(), "9.2.0")
    extension.write_text(json.dumps(["9.3.0"]))
    assert known_versions(extension) == (*known_versions(), "9.3.0")


@pytest.mark.parametrize("content", MALFORMED)
def test_a_malformed_file_stops_with_a_sentence(tmp_path: Path, content: str) -> None:
    extension = tmp_path / "releases.json"
    extension.write_text(content)
    with pytest.raises(ConfigurationError, match="list of versions"):
        known_versions(extension)


def test_a_missing_file_stops_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.json"):
        known_versions(tmp_path / "nowhere.json")
