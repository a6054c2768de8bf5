"""A demo answers under this machine's names alone, and is served to other machines only when that is said aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketplace_hooks.cli.web import refuse_exposed_demo
from marketplace_hooks.config.settings import Settings
from marketplace_hooks.errors import ConfigurationError

from ..support.marketplace import SECRET_KEY, open_marketplace


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8000", 200),
        ("shop.localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("demo.example", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.0.2.7", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_a_demo_answers_under_its_own_names(sqlite_url: str, tmp_path: Path, host: str, status: int) -> None:
    settings = {"SECRET_KEY": SECRET_KEY, "DEMO": "true", "PUBLIC_URL": "http://demo.example"}
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as demo:
        with demo.app.test_client().get("/sign-in", headers={"Host": host}) as answer:
            assert answer.status_code == status


@pytest.mark.parametrize("settings", [{"DEMO": "true", "DEMO_EXPOSED": "true"}, {}], ids=["exposed demo", "no demo"])
def test_what_is_for_everybody_answers_under_any_name(
    sqlite_url: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, **settings) as marketplace:
        with marketplace.app.test_client().get("/", headers={"Host": "shop.example"}) as answer:
            assert answer.status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "shop.example"])
def test_a_demo_is_not_served_to_other_machines_unless_that_is_said(host: str) -> None:
    with pytest.raises(ConfigurationError, match="--expose-demo"):
        refuse_exposed_demo(Settings(demo=True), host)
    refuse_exposed_demo(Settings(demo=True, demo_exposed=True), host)
    refuse_exposed_demo(Settings(), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_demo_is_served_to_this_machine(host: str) -> None:
    refuse_exposed_demo(Settings(demo=True), host)
