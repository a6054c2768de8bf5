"""Inside somebody else's application: the documented host runs as written, and nothing of the host's is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config import EXTENSION
from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.events.sweeps import work_off
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.store import migrate
from tests.marketplace import SECRET, sample

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


def put_away(app: Flask) -> None:
    app.extensions[EXTENSION].inbox.close()
    app.extensions[EXTENSION].installation.database.dispose()


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
    installation = app.extensions[EXTENSION].installation
    assert post(app, "seller.upserted", "evt_1") == 202
    assert post(app, "product.upserted", "evt_2") == 202
    work_off(installation, "test")
    product_id = sample("product.upserted")["data"]["product_id"]
    client = app.test_client()
    assert client.get(f"/addons/products/{product_id}").status_code == 200
    assert client.get(f"/addons/api/v1/products/{product_id}").status_code == 200
    assert client.get("/").get_data(as_text=True) == '<a href="/addons/">Addons</a>'
    put_away(app)


def test_the_documented_host_lets_its_own_sellers_see_what_is_hidden(
    create_documented_app: Callable[[dict[str, Any]], Flask], sqlite_url: str, tmp_path: Path
) -> None:
    app = create_documented_app(settings(sqlite_url, tmp_path))
    installation = app.extensions[EXTENSION].installation
    for number, type_ in enumerate(("seller.upserted", "product.upserted", "product.status_changed")):
        assert post(app, type_, f"evt_{number}") == 202
    work_off(installation, "test")
    told = sample("product.upserted")["data"]
    client = app.test_client()
    page = f"/addons/products/{told['product_id']}"
    assert client.get(page).status_code in (404, 410)
    with client.session_transaction() as signed_in:
        signed_in["seller_id"] = told["seller_id"]
    assert client.get(page).status_code == 200
    put_away(app)


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
        migrate.upgrade(app.extensions[EXTENSION].installation.database)
        apps.append(app)
    assert post(apps[0], "seller.upserted", "evt_1", prefix="") == 202
    counts = []
    for app in apps:
        with app.extensions[EXTENSION].installation.database.reading() as session:
            counts.append(session.scalar(text("SELECT count(*) FROM mh_inbox")))
        put_away(app)
    assert counts == [1, 0]


def test_the_commands_run_inside_a_host(sqlite_url: str, tmp_path: Path) -> None:
    app = Flask("host")
    app.config.update(settings(sqlite_url, tmp_path))
    MarketplaceHooks(app)
    listed = app.test_cli_runner().invoke(args=["hooks", "events", "list"])
    assert listed.exit_code == 0
    assert "No event matches." in listed.output
