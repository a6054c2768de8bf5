"""Beside the extensions that hosts use: Flask-Migrate drops none of our tables, Flask-DebugToolbar shows our routes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask_debugtoolbar import DebugToolbarExtension
from flask_migrate import Migrate, migrate, upgrade
from flask_migrate import init as init_migrations
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import inspect

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.alembic import include_name
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.models import Seller
from marketplace_hooks.testing import apply_all, create_tables, sign_event
from tests.support.apps import close_app
from tests.support.marketplace import SECRET

SELLER = {"seller_id": "s1", "name": "Ada", "country": "FR", "locale": "fr"}


def host(tmp_path: Path, **config: Any) -> Flask:
    app = Flask("host", root_path=str(tmp_path), instance_path=str(tmp_path / "instance"))
    app.config.update(
        {
            "SECRET_KEY": "a secret of the host's",
            "MARKETPLACE_HOOKS_INSTANCE": str(tmp_path / "ours"),
            "MARKETPLACE_HOOKS_WEBHOOK_SECRETS": f"marketplace={SECRET}",
            **config,
        }
    )
    return app


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")  # in the env.py that Flask-Migrate writes.
@pytest.mark.parametrize("order", ["Flask-Migrate first", "Flask-Migrate last", "given by hand"])
def test_a_migration_that_a_host_writes_leaves_our_tables_alone(tmp_path: Path, sqlite_url: str, order: str) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=sqlite_url)
    db = SQLAlchemy(app)
    db.Table("host_orders", db.metadata, db.Column("id", db.Integer, primary_key=True))
    if order == "Flask-Migrate last":
        MarketplaceHooks(app)
    by_hand = {"include_name": include_name} if order == "given by hand" else {}
    Migrate(app, db, directory=str(tmp_path / "migrations"), **by_hand)
    if order != "Flask-Migrate last":
        MarketplaceHooks(app)
    with app.app_context():
        init_migrations()
        environment = tmp_path / "migrations" / "env.py"  # as it is written, but for the logging of these tests.
        environment.write_text(environment.read_text().replace("fileConfig(config.config_file_name)", ""))
        migrate()
        [script] = (tmp_path / "migrations" / "versions").glob("*.py")
        assert "host_orders" in script.read_text()
        assert "mh_" not in script.read_text()
        upgrade()
        tables = set(inspect(db.engine).get_table_names())
        db.engine.dispose()
    assert {"host_orders", "mh_products", "mh_inbox"} <= tables
    close_app(app)


def test_what_a_host_leaves_out_itself_stays_left_out(tmp_path: Path, sqlite_url: str) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=sqlite_url)
    Migrate(app, SQLAlchemy(app), include_name=lambda name, type_, parents: name != "legacy")
    MarketplaceHooks(app)
    with app.app_context():
        includes = app.extensions["migrate"].configure_args["include_name"]
    assert [includes(name, "table", {}) for name in ("legacy", "mh_inbox", "orders")] == [False, False, True]
    assert not includes("ix", "index", {"table_name": "mh_inbox"})
    assert includes("ix", "index", {"table_name": "orders"})


def test_the_debug_toolbar_lists_our_routes(tmp_path: Path, sqlite_url: str) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=sqlite_url, DEBUG_TB_INTERCEPT_REDIRECTS=False)
    app.debug = True
    app.add_url_rule("/", view_func=lambda: "<html><body>the host's page</body></html>")
    DebugToolbarExtension(app)
    MarketplaceHooks(app)
    page = app.test_client().get("/")
    assert page.status_code == 200
    assert "/api/v1/products" in page.text
    close_app(app)


def test_a_login_wall_can_tell_our_requests_from_the_hosts(tmp_path: Path, sqlite_url: str) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=sqlite_url, MARKETPLACE_HOOKS_URL_PREFIX="/addons")
    hooks = MarketplaceHooks(app)
    app.add_url_rule("/", view_func=lambda: "home")
    app.before_request(lambda: None if hooks.is_ours(request) else ("Who are you?", 401))
    client = app.test_client()
    assert [client.get(path).status_code for path in ("/", "/nowhere")] == [401, 401]
    assert [client.get(f"/addons{path}").status_code for path in ("/", "/healthz", "/api/v1/products")] == [200] * 3
    assert client.get("/addons/api/v1/nowhere").status_code == 404
    close_app(app)


def test_the_openapi_document_is_printed_behind_a_login_wall(tmp_path: Path, sqlite_url: str) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=sqlite_url, MARKETPLACE_HOOKS_URL_PREFIX="/addons")
    MarketplaceHooks(app)
    app.before_request(lambda: redirect("/login"))
    printed = app.test_cli_runner().invoke(args=["hooks", "openapi"])
    assert (printed.exit_code, json.loads(printed.output)["openapi"]) == (0, "3.1.0")
    close_app(app)


def test_a_hosts_test_suite_needs_a_database_in_memory_and_nothing_else(tmp_path: Path) -> None:
    app = host(tmp_path, TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://")
    MarketplaceHooks(app)
    client = app.test_client()
    headers, body = sign_event(app, "seller.upserted", SELLER)
    unmigrated = client.post("/webhooks/marketplace", data=body, headers=headers)
    assert unmigrated.status_code == 503
    page = client.get("/")
    assert page.status_code == 503
    create_tables(app)
    assert client.post("/webhooks/marketplace", data=body, headers=headers).status_code == 202
    assert apply_all(app)["events settled"] == 1
    with pytest.raises(ConfigurationError, match="no secret for the source 'other'"):
        sign_event(app, "seller.upserted", SELLER, source="other")
    close_app(app)


def test_an_unmigrated_host_names_the_command_that_mends_it(tmp_path: Path) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'host.db'}")
    MarketplaceHooks(app, db=SQLAlchemy(app))
    client = app.test_client()
    headers, body = sign_event(app, "seller.upserted", SELLER)
    answers = [
        client.post("/webhooks/marketplace", data=body, headers=headers),
        client.get("/readyz"),
        client.get("/api/v1/products"),
    ]
    assert [(one.status_code, "`flask hooks migrate`" in one.json["detail"]) for one in answers] == [(503, True)] * 3
    assert app.test_cli_runner().invoke(args=["hooks", "migrate"]).exit_code == 0
    assert client.post("/webhooks/marketplace", data=body, headers=headers).status_code == 202
    assert client.get("/readyz").status_code == 200
    close_app(app)


@pytest.mark.parametrize(
    "uri", ["sqlite:///file:app%20one.db?uri=true", "sqlite:///file:app%20one.db?mode=rwc&uri=true"]
)
@pytest.mark.parametrize("db_first", [True, False])
def test_a_file_uri_names_the_database_that_flask_sqlalchemy_opens(tmp_path: Path, uri: str, db_first: bool) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=uri)
    db = SQLAlchemy()
    if db_first:
        db.init_app(app)
    hooks = MarketplaceHooks(app, db=db)
    if not db_first:
        db.init_app(app)
    create_tables(app)
    client = app.test_client()
    headers, body = sign_event(app, "seller.upserted", SELLER)
    assert client.post("/webhooks/marketplace", data=body, headers=headers).status_code == 202
    apply_all(app)
    with app.app_context():
        assert db.session.get(Seller, "s1") is not None
        hooks.closures.declare("s1", first_day=date(2040, 8, 1), session=db.session)
        db.session.commit()
        db.engine.dispose()
    assert {path.name.partition(".db")[0] for path in Path(app.instance_path).iterdir()} == {"app one"}
    close_app(app)


@pytest.mark.parametrize(
    "uri", ["sqlite:///file::memory:?cache=shared&uri=true", "sqlite:///file:a?mode=memory&uri=true"]
)
def test_a_file_uri_in_memory_leaves_no_file_behind(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ConfigurationError, match="in-memory SQLite"):
        MarketplaceHooks(host(tmp_path, SQLALCHEMY_DATABASE_URI=uri))
    app = host(tmp_path, TESTING=True, SQLALCHEMY_DATABASE_URI=uri)
    MarketplaceHooks(app)
    create_tables(app)
    assert app.test_client().get("/api/v1/products").status_code == 200
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
    close_app(app)


def test_the_sentence_about_another_database_names_the_setting_that_the_host_set(tmp_path: Path) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI="mysql://db/shop")
    with pytest.raises(ConfigurationError, match=r"^SQLALCHEMY_DATABASE_URI names a mysql .*MARKETPLACE_HOOKS_"):
        MarketplaceHooks(app)
    app.config["MARKETPLACE_HOOKS_DATABASE_URL"] = f"sqlite:///{tmp_path / 'ours.db'}"
    MarketplaceHooks(app)
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "mysql://db/shop"
