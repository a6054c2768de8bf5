"""`marketplace-hooks inspect` shows what it finds, with progress, and keeps secrets off the screen."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Key, Module, Shop
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.models.inspections import Evidence, SiteCredential
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.standalone import build_app

from ..remote.probes.conftest import CLIENT, COMPANION
from ..remote.probes.test_failures import ADMIN_ROWS, PUBLIC_ROWS, WEBSERVICE_ROWS
from ..remote.probes.test_kinds_of_shops import LONGEST_S

SHOP = Shop(
    version="9.1.4",
    modules=[Module(name="shipping", version="2.1.0", database_version="2.0.0")],
    keys=[Key(grants={"shop_urls": ("GET", "PUT")})],
)


class Console:
    """The command line of one installation."""

    def __init__(self, url: str, instance: Path, *, deadline_s: float = 5) -> None:
        settings = {
            "DATABASE_URL": url,
            "INSTANCE": str(instance),
            "ALLOWED_NETWORKS": "127.0.0.0/8",
            "INSPECTION_DEADLINE_S": deadline_s,
        }
        self.app = build_app({PREFIX + name: value for name, value in settings.items()})

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.extensions[EXTENSION].runtime
        return runtime

    def run(self, *arguments: str, answers: str = "", env: dict[str, str] | None = None) -> Result:
        info = ScriptInfo(create_app=lambda: self.app)
        return CliRunner().invoke(hooks_group, [*arguments], obj=info, input=answers, env=env)

    def shown(self, *arguments: str, **how: Any) -> Any:
        result = self.run(*arguments, "--json", **how)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def console(sqlite_url: str, tmp_path: Path) -> Iterator[Console]:
    opened = Console(sqlite_url, tmp_path)
    yield opened
    opened.runtime.database.dispose()
    opened.runtime.site_client.close()


@pytest.fixture
def site() -> Iterator[FakeShop]:
    with FakeShop(SHOP).start() as shop:
        yield shop


def test_the_version_is_shown_with_the_evidence_and_progress(console: Console, site: FakeShop) -> None:
    result = console.run("inspect", site.url, "--module", "shipping")
    assert result.exit_code == 0
    assert "9.1.4" in result.stdout
    assert "observed" in result.stdout
    assert "cookie: platform version 9.1.4" in result.stderr


def test_json_is_whole_and_alone_on_its_stream(console: Console, site: FakeShop) -> None:
    shown = console.shown("inspect", site.url, "--module", "shipping")
    assert (shown["platform_version"], shown["outcome"]) == ("9.1.4", "version_known")
    cookie = next(one for one in shown["evidence"] if one["rung"] == "cookie")
    assert cookie["request"] == f"GET {site.url}"
    assert {"what", "value", "strength", "observed_at", "note", "remark"} <= set(cookie)


def test_a_key_is_asked_for_without_an_echo_and_its_rights_are_remarked(console: Console, site: FakeShop) -> None:
    result = console.run("inspect", site.url, "--webservice-key", answers=f"{DEMO_KEY}\n")
    assert result.exit_code == 0
    assert "This webservice key has write access" in result.stdout
    assert DEMO_KEY not in result.stdout + result.stderr


def test_every_failure_of_a_credential_is_told_on_the_command_line(console: Console, site: FakeShop) -> None:
    for name, row in {**WEBSERVICE_ROWS, **ADMIN_ROWS}.items():
        if row.note in (Note.TOO_SLOW, Note.TOO_LARGE):
            continue
        site.shop = Shop(**{"version": row.versions[-1], **row.shop})
        given = (CLIENT if name in ADMIN_ROWS and not row.credentials.client_id else row.credentials).given()
        env = {f"INSPECT_{kind.upper()}": value for kind, value in given.items()}
        asked = ["--client-id", given["client_id"]] if "client_id" in given else ["--webservice-key"]
        result = console.run("inspect", site.origin + "/", "--fresh", *asked, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
        assert row.english in " ".join(result.stdout.split()), name


def test_a_shop_that_is_slow_or_never_ends_is_told_on_the_command_line(
    sqlite_url: str, tmp_path: Path, site: FakeShop
) -> None:
    console = Console(sqlite_url, tmp_path, deadline_s=3)
    for name, row in WEBSERVICE_ROWS.items():
        if row.note not in (Note.TOO_SLOW, Note.TOO_LARGE):
            continue
        site.shop = Shop(**{"version": row.versions[-1], **row.shop})
        began = time.monotonic()
        result = console.run(
            "inspect", site.url, "--fresh", "--webservice-key", env={"INSPECT_WEBSERVICE_KEY": DEMO_KEY}
        )
        assert time.monotonic() - began < LONGEST_S
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
        assert row.english in " ".join(result.stdout.split()), name
    console.runtime.database.dispose()
    console.runtime.site_client.close()


def test_every_failure_of_what_everybody_may_see_is_told_on_the_command_line(console: Console, site: FakeShop) -> None:
    for name, (_, row) in PUBLIC_ROWS.items():
        site.shop = Shop(**row.shop)
        given = COMPANION.given() if row.credentials is COMPANION else {}
        env = {f"INSPECT_{kind.upper()}": value for kind, value in given.items()}
        asked = ["--companion-key"] if given else []
        result = console.run("inspect", site.url, "--fresh", "--module", "shipping", *asked, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
        assert row.english in " ".join(result.stdout.split()), name


def test_secrets_come_from_the_environment_and_stand_nowhere_afterwards(
    console: Console, site: FakeShop, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    env = {"INSPECT_WEBSERVICE_KEY": DEMO_KEY, "INSPECT_CLIENT_SECRET": "demo-secret"}
    with caplog.at_level(logging.DEBUG):
        arguments = ["inspect", site.url, "--webservice-key", "--client-id", "inspector", "--module", "shipping"]
        shown = console.shown(*arguments, env=env)
    probes = {one["rung"] for one in shown["evidence"] if one["value"] is not None}
    assert {"webservice", "admin_api"} <= probes
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*.db*"))
    for secret in (DEMO_KEY, "demo-secret"):
        assert secret not in json.dumps(shown) + caplog.text
        assert secret.encode() not in stored
    with console.runtime.database.read_session() as session:
        assert session.scalars(select(SiteCredential.kind)).all() == []
        assert session.scalars(select(Evidence.id)).all() != []


def test_a_secret_has_no_place_on_the_command_line(console: Console, site: FakeShop) -> None:
    result = console.run("inspect", site.url, f"--webservice-key={DEMO_KEY}")
    assert result.exit_code == 2
    assert site.requests == []


def test_what_is_declared_stands_beside_and_a_contradiction_is_shown(
    console: Console, site: FakeShop, tmp_path: Path
) -> None:
    exported = tmp_path / "modules.csv"
    exported.write_text("name;version;active\nshipping;2.0.0;0\n", encoding="utf-8")
    arguments = ["--declared-version", "1.7", "--declared-modules", str(exported)]
    shown = console.shown("inspect", site.url, *arguments)
    assert "declaration: 1.7" in shown["contradictions"]
    assert any("enabled no" in one for one in shown["contradictions"])


@pytest.mark.parametrize("arguments", [["--declared-version", "latest!"], ["--declared-modules", "-"]])
def test_a_declaration_that_cannot_be_read_is_refused_with_a_sentence(
    console: Console, site: FakeShop, arguments: list[str]
) -> None:
    result = console.run("inspect", site.url, *arguments, answers="hello\n")
    assert result.exit_code == 1
    assert "The declaration cannot be used" in result.output
    assert site.requests == []


def test_a_second_look_asks_the_site_nothing_unless_it_is_to_be_fresh(console: Console, site: FakeShop) -> None:
    first = console.shown("inspect", site.url)
    requests_before = len(site.requests)
    assert console.shown("inspect", site.url)["evidence"] == first["evidence"]
    assert len(site.requests) == requests_before
    console.shown("inspect", site.url, "--fresh")
    assert len(site.requests) > requests_before


def test_a_site_that_tells_nothing_exits_with_one_and_says_why(console: Console) -> None:
    result = console.run("inspect", "http://127.0.0.1:9/")
    assert result.exit_code == 1
    assert "could not be reached" in result.stdout


def test_what_is_no_address_is_refused_with_a_sentence(console: Console) -> None:
    result = console.run("inspect", "hello")
    assert result.exit_code == 1
    assert "not the address of a site" in result.output


def test_a_database_that_is_not_ready_says_what_to_run(tmp_path: Path) -> None:
    console = Console(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)
    result = console.run("inspect", "https://shop.example/")
    console.runtime.database.dispose()
    assert result.exit_code == 1
    assert "marketplace-hooks migrate" in result.output
