"""Inside somebody else's application: the documented host runs as written, and nothing of the host's is changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.database import migrate
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.remote.signatures import signed_headers
from tests.support.apps import close_app
from tests.support.marketplace import SECRET, sample

PAGE = Path(__file__).parents[1] / "docs" / "embed.md"


@pytest.fixture
def create_documented_app() -> Callable[[dict[str, Any]], Flask]:
    """The host of `docs/embed.md`, exactly as it is written there."""
    source = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert source is not None
    assert len([line for line in source[1].splitlines() if line.strip()]) <= 20
    names: dict[str, Any] = {"__name__": "documented_host"}
    exec(compile(source[1], str(PAGE), "exec"), names)
    create: Callable[[dict[str, Any]], Flask] = names["create_app"]
    return create


def settings(url: str, folder: Path) -> dict[str, Any]:
    return {
        "SECRET_KEY": "a secret of the host's",
        "SQLALCHEMY_DATABASE_URI": url,
        "MARKETPLACE_HOOKS_INSTANCE": str(folder),
        "MARKETPLACE_HOOKS_WEBHOOK_SECRETS": f"marketplace={SECRET}",
    }


def post(app: Flask, type_: str, event_id: str, prefix: str = "/addons") -> int:
    body = json.dumps(sample(type_)).encode()
    headers = signed_headers(event_id, datetime.now(UTC), body, [SECRET])
    answer = app.test_client().post(
        f"{prefix}/webhooks/marketplace", data=body, headers={"Content-Type": "application/json", **headers}
    )
    return answer.status_code


def test_the_documented_host_takes_events_in_under_its_prefix_and_shows_the_product(
    create_documented_app: Callable[[dict[str, Any]], Flask], database_url: str, tmp_path: Path
) -> None:
    app = create_documented_app(settings(database_url, tmp_path))
    runtime = app.extensions[EXTENSION].runtime
    assert post(app, "seller.upserted", "evt_1") == 202
    assert post(app, "product.upserted", "evt_2") == 202
    run_all_now(runtime, "test")
    product_id = sample("product.upserted")["data"]["product_id"]
    client = app.test_client()
    assert client.get(f"/addons/products/{product_id}").status_code == 200
    assert client.get(f"/addons/api/v1/products/{product_id}").status_code == 200
    assert client.get("/").get_data(as_text=True) == '<a href="/addons/">Addons</a>'
    close_app(app)


def test_the_documented_host_lets_its_own_sellers_see_what_is_hidden(
    create_documented_app: Callable[[dict[str, Any]], Flask], sqlite_url: str, tmp_path: Path
) -> None:
    app = create_documented_app(settings(sqlite_url, tmp_path))
    runtime = app.extensions[EXTENSION].runtime
    for number, type_ in enumerate(("seller.upserted", "product.upserted", "product.status_changed")):
        assert post(app, type_, f"evt_{number}") == 202
    run_all_now(runtime, "test")
    product = sample("product.upserted")["data"]
    client = app.test_client()
    page = f"/addons/products/{product['product_id']}"
    assert client.get(page).status_code in (404, 410)
    with client.session_transaction() as signed_in:
        signed_in["seller_id"] = product["seller_id"]
    assert client.get(page).status_code == 200
    close_app(app)


def test_the_hosts_own_pages_errors_and_tables_stay_as_they_are(sqlite_url: str, tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(sqlite_url, tmp_path))
    db = SQLAlchemy(app)
    db.Table("host_orders", db.metadata, db.Column("id", db.Integer, primary_key=True))
    app.register_error_handler(404, lambda error: ("the host's own 404", 404))
    MarketplaceHooks(app)
    with app.app_context():
        db.create_all()
        assert list(db.metadata.tables) == ["host_orders"]
    assert app.test_client().get("/nowhere-at-all").get_data(as_text=True) == "the host's own 404"


def test_a_second_registration_says_what_is_wrong(tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(f"sqlite:///{tmp_path / 'a.db'}", tmp_path))
    hooks = MarketplaceHooks(app)
    with pytest.raises(ConfigurationError, match=r"already registered on the app 'host'.*not both"):
        hooks.init_app(app)


def test_two_apps_in_one_process_keep_their_events_apart(tmp_path: Path) -> None:
    hooks = MarketplaceHooks()
    apps = []
    for name in ("one", "two"):
        app = Flask(name)
        app.config.update(settings(f"sqlite:///{tmp_path / name}.db", tmp_path / name))
        hooks.init_app(app)
        migrate.upgrade(app.extensions[EXTENSION].runtime.database)
        apps.append(app)
    assert post(apps[0], "seller.upserted", "evt_1", prefix="") == 202
    counts = []
    for app in apps:
        with app.extensions[EXTENSION].runtime.database.read_session() as session:
            counts.append(session.scalar(text("SELECT count(*) FROM mh_inbox")))
        close_app(app)
    assert counts == [1, 0]


def test_the_commands_run_inside_a_host(sqlite_url: str, tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(sqlite_url, tmp_path))
    MarketplaceHooks(app)
    listed = app.test_cli_runner().invoke(args=["hooks", "events", "list"])
    assert listed.exit_code == 0
    assert "No event matches." in listed.output


def test_a_host_that_has_nothing_of_its_own_is_host_enough(tmp_path: Path) -> None:
    app = Flask("bare")
    app.config.update(MARKETPLACE_HOOKS_INSTANCE=str(tmp_path), MARKETPLACE_HOOKS_WEBHOOK_SECRETS=SECRET)
    MarketplaceHooks(app)
    runtime = app.extensions[EXTENSION].runtime
    migrate.upgrade(runtime.database)
    assert runtime.database.url.database == str(tmp_path / "marketplace_hooks.db")
    assert post(app, "seller.upserted", "evt_1", prefix="") == 202
    assert app.test_client().get("/").status_code == 200
    close_app(app)


def test_we_find_a_hosts_relative_sqlite_file_where_the_host_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = Flask("host", instance_path=str(tmp_path / "own"))
    app.config.update(settings("sqlite:///shop.db", tmp_path / "ours"))
    db = SQLAlchemy(app)
    MarketplaceHooks(app)
    migrate.upgrade(app.extensions[EXTENSION].runtime.database)
    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM mh_products")).scalar() == 0
        db.session.remove()
        db.engine.dispose()
    close_app(app)
    assert not (tmp_path / "shop.db").exists()


def test_our_own_database_setting_wins_over_the_hosts(tmp_path: Path) -> None:
    app = Flask("host")
    ours = f"sqlite:///{tmp_path / 'ours.db'}"
    app.config.update(settings("sqlite:///shop.db", tmp_path), MARKETPLACE_HOOKS_DATABASE_URL=ours)
    MarketplaceHooks(app)
    assert app.extensions[EXTENSION].runtime.database.url.database == str(tmp_path / "ours.db")


@pytest.mark.parametrize("url", ["mysql://db/shop", "sqlite://", "sqlite:///:memory:", "no url"])
def test_a_host_whose_database_we_cannot_use_is_told_so_at_once(tmp_path: Path, url: str) -> None:
    app = Flask("host")
    app.config.update(settings(url, tmp_path))
    with pytest.raises(ConfigurationError, match="SQLALCHEMY_DATABASE_URI "):
        MarketplaceHooks(app)
    assert EXTENSION not in app.extensions


def test_the_hosts_configuration_and_handlers_are_left_as_they_are(tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path))
    app.register_error_handler(404, lambda error: ("the host's own 404", 404))
    before = dict(app.config), repr(app.error_handler_spec[None])
    MarketplaceHooks(app)
    assert (dict(app.config), repr(app.error_handler_spec[None])) == before


def test_a_broken_setting_leaves_the_host_without_us_and_says_why(tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path), MARKETPLACE_HOOKS_DRAIN_BACH=7)
    with pytest.raises(ConfigurationError, match="did you mean DRAIN_BATCH"):
        MarketplaceHooks(app)
    assert "mh_webhooks" not in app.blueprints


def test_a_refusal_of_ours_is_a_problem_document_whatever_the_host_does_with_errors(tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path))
    app.register_error_handler(Exception, lambda error: ("the host's own page", 418))
    MarketplaceHooks(app)
    answer = app.test_client().post("/webhooks/marketplace", data=b"{}", content_type="application/json")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_a_host_that_reads_every_body_first_does_not_spoil_the_signature(sqlite_url: str, tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(sqlite_url, tmp_path))
    app.before_request(lambda: request.get_data() and None)
    MarketplaceHooks(app)
    assert post(app, "seller.upserted", "evt_1", prefix="") == 202
    close_app(app)


def test_the_commands_of_a_host_are_listed_by_its_own_command_line(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from flask import Flask\nfrom marketplace_hooks import MarketplaceHooks\napp = Flask(__name__)\n"
        f"app.config.update(MARKETPLACE_HOOKS_INSTANCE={str(tmp_path)!r})\nMarketplaceHooks(app)\n"
    )
    flask = [sys.executable, "-m", "flask", "--app", "shop", "hooks"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{PAGE.parents[1]}"}
    helped = subprocess.run([*flask, "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert helped.returncode == 0, helped.stderr
    assert {"migrate", "worker", "scheduler", "endpoints", "events"} <= set(helped.stdout.split())
    migrated = subprocess.run([*flask, "migrate"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert migrated.returncode == 0, migrated.stderr
    assert (tmp_path / "marketplace_hooks.db").exists()
