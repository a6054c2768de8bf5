"""Settings: where they come from, what is refused with which sentence, and that their page says what is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.cli.configuration import page
from marketplace_hooks.config import DEMO_MARK, PREFIX, load
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.remote.signatures import new_secret

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"


def read(folder: Path, host: dict[str, Any] | None = None, **environment: str) -> Any:
    given = {f"{PREFIX}{name}": value for name, value in environment.items()}
    return load(host, {f"{PREFIX}INSTANCE": str(folder), **given})


def test_the_page_of_settings_is_what_the_command_prints() -> None:
    assert PAGE.read_text() == page(), "run: marketplace-hooks configuration > docs/configuration.md"


def test_the_environment_wins_over_the_host_and_the_host_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("lease_s = 1\ndrain_batch = 1\nweb_threads = 1\n")
    host = {f"{PREFIX}LEASE_S": 2, f"{PREFIX}DRAIN_BATCH": 2}
    settings = read(tmp_path, host, LEASE_S="3")
    assert (settings.lease_s, settings.drain_batch, settings.web_threads) == (3.0, 2, 1)


def test_an_unknown_setting_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"MARKETPLACE_HOOKS_DATABSE_URL is not a setting.*DATABASE_URL"):
        read(tmp_path, DATABSE_URL="sqlite:///x.db")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("lease_s = 'soon'\n")
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, REFERENCE_ZONE="Mars/Olympus", WEB_THREADS="-1", NONSENSE="1")
    sentences = str(refused.value).splitlines()
    assert len(sentences) == 4
    assert any("Mars/Olympus" in sentence and "Europe/Paris" in sentence for sentence in sentences)


@pytest.mark.parametrize("given", ["whsec_", "whsec_!!!", "secret", "shop=whsec_AAAA", "a b=whsec_"])
def test_a_malformed_webhook_secret_is_refused_with_what_to_do(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRETS"):
        read(tmp_path, WEBHOOK_SECRETS=given)


def test_one_source_may_have_two_secrets_while_they_are_rotated(tmp_path: Path) -> None:
    old, new = new_secret(), new_secret()
    settings = read(tmp_path, WEBHOOK_SECRETS=f"shop={old} shop={new}")
    assert settings.webhook_secrets == {"shop": (old, new)}


@pytest.mark.parametrize("demo", [True, False])
def test_a_secret_made_for_the_demo_is_refused_in_production(tmp_path: Path, demo: bool) -> None:
    given = {"SECRET_KEY": f"{DEMO_MARK}secret", "DEMO": str(demo).lower()}
    if demo:
        assert read(tmp_path, **given).demo
        return
    with pytest.raises(ConfigurationError, match=r"SECRET_KEY was made for the demo"):
        read(tmp_path, **given)


def test_a_file_that_is_no_toml_stops_the_start_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("this is not toml")
    with pytest.raises(ConfigurationError, match=r"config\.toml cannot be read"):
        read(tmp_path)
