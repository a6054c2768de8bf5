"""Applications of hosts, written as their authors would: each takes ours in by the five lines of `docs/embed.md`.

One is written in the manner of Flask's tutorial, one is a factory with the extensions that many have beside
Flask-SQLAlchemy; one with Flask-Security is in `test_flask_security.py`. In each a seller signs in as the host's own
user, takes a product offline on our pages, and the host's own pages, sessions, migrations and jobs go on as they were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache
from flask import Blueprint, Flask, current_app, g, request, session
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel, gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_migrate import Migrate
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import select

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.models import Product
from marketplace_hooks.testing import apply_all, create_tables, sign_event
from tests.support.apps import close_app
from tests.support.marketplace import SECRET, sample
from tests.support.page_client import Page

SELLER = sample("seller.upserted")["data"]
PRODUCT = {**sample("product.upserted")["data"], "seller_id": SELLER["seller_id"]}
Config = dict[str, Any]


def tutorial(config: Config) -> Flask:
    """In the manner of Flask's tutorial: a factory, sqlite3 by hand in `g`, a blueprint that signs people in."""
    app = Flask("flaskr")
    app.config.from_mapping(DATABASE=config.pop("OWN_DATABASE"), **config)
    hooks = MarketplaceHooks()
    auth = Blueprint("auth", __name__, url_prefix="/auth")

    def get_db() -> sqlite3.Connection:
        if "db" not in g:
            g.db = sqlite3.connect(current_app.config["DATABASE"])
            g.db.execute("CREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY, seller TEXT)")
        connection: sqlite3.Connection = g.db
        return connection

    @app.teardown_appcontext
    def close_db(error: BaseException | None) -> None:
        if (db := g.pop("db", None)) is not None:
            db.close()

    @auth.post("/login")
    def login() -> str:
        cursor = get_db().execute("INSERT INTO user (seller) VALUES (?)", (request.form["seller"],))
        get_db().commit()
        session.clear()
        session["user_id"] = cursor.lastrowid
        return "in"

    @auth.before_app_request
    def load_logged_in_user() -> None:
        row = get_db().execute("SELECT seller FROM user WHERE id = ?", (session.get("user_id"),)).fetchone()
        g.user = None if row is None else row[0]

    def who_is_signed_in() -> Any:
        return None if g.user is None else {"role": "seller", "subject": g.user, "locale": "en"}

    app.register_blueprint(auth)
    app.add_url_rule("/", view_func=lambda: f"Hello, {g.user}")
    hooks.init_app(app, identity=who_is_signed_in)
    return app


def factory(config: Config) -> Flask:
    """A factory with Login, Admin, Babel, Session, Limiter and Migrate."""
    db = SQLAlchemy()
    babel = Babel()
    login = LoginManager()
    limiter = Limiter(get_remote_address)
    hooks = MarketplaceHooks()
    app = Flask("shop")
    app.config.update(
        config,
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=FileSystemCache("sessions"),
        RATELIMIT_DEFAULT="5 per hour",
        RATELIMIT_STORAGE_URI="memory://",
    )
    db.init_app(app)
    Migrate(app, db)
    Session(app)
    babel.init_app(app, default_locale="de")
    login.init_app(app)
    limiter.init_app(app)

    class User(UserMixin, db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy's own base is made at run time.
        id = db.Column(db.Integer, primary_key=True)
        seller = db.Column(db.String(50))

    @login.user_loader
    def load_user(user_id: str) -> Any:
        return db.session.get(User, int(user_id))

    @app.post("/auth/login")
    def sign_in() -> str:
        user = User(seller=request.form["seller"])
        db.session.add(user)
        db.session.commit()
        login_user(user)
        return "in"

    def who_is_signed_in() -> Any:
        if not current_user.is_authenticated:
            return None
        return {"role": "seller", "subject": current_user.seller, "locale": "en"}

    @limiter.request_filter
    def leave_out_marketplace_hooks() -> bool:
        return hooks.is_ours(request)

    admin = Admin(app, name="Back office")
    admin.add_view(ModelView(Product, db, category="Marketplace", name="Products"))
    app.add_url_rule("/", view_func=lambda: f"Hello, {getattr(current_user, 'seller', None)} {gettext('Search')}")
    hooks.init_app(app, db=db, identity=who_is_signed_in)
    with app.app_context():
        User.__table__.create(db.engine, checkfirst=True)
    return app


@pytest.fixture
def open_host(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Flask]]:
    monkeypatch.chdir(tmp_path)  # where Flask-Session has its files.
    opened: list[Flask] = []

    def open_it(create: Callable[[Config], Flask], **more: Any) -> Flask:
        config = {
            "SECRET_KEY": "a secret of the host's",
            "SQLALCHEMY_DATABASE_URI": sqlite_url,
            "MARKETPLACE_HOOKS_INSTANCE": str(tmp_path / "ours"),
            "MARKETPLACE_HOOKS_WEBHOOK_SECRETS": f"marketplace={SECRET}",
            "MARKETPLACE_HOOKS_URL_PREFIX": "/addons",
            **more,
        }
        opened.append(create(config))
        create_tables(opened[-1])
        return opened[-1]

    yield open_it
    for app in opened:
        if "sqlalchemy" in app.extensions:
            with app.app_context():
                app.extensions["sqlalchemy"].session.remove()
                app.extensions["sqlalchemy"].engine.dispose()
        close_app(app)


def publish(app: Flask, type_: str, data: Any) -> None:
    headers, body = sign_event(app, type_, data)
    assert app.test_client().post("/addons/webhooks/marketplace", data=body, headers=headers).status_code == 202


def take_offline(client: FlaskClient) -> None:
    """By the form of our page, in a browser of the seller's."""
    address = f"/addons/seller/products/{PRODUCT['product_id']}/change/offline_temporary"
    page = Page(client.get(address), address)
    assert page.status == 200, page.text
    form = page.form()
    answer = client.post(form.action or address, data={**form.fields.to_dict(), "reason": "A rest"})
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize("create", [tutorial, factory])
def test_a_host_of_its_own_manner_serves_our_pages_to_its_own_users(
    open_host: Callable[..., Flask], tmp_path: Path, create: Callable[[Config], Flask]
) -> None:
    more = {"OWN_DATABASE": str(tmp_path / "own.db")} if create is tutorial else {}
    serves_our_pages(open_host(create, **more), sign_in)


def serves_our_pages(app: Flask, sign_in: Callable[[FlaskClient], None]) -> None:
    """A seller who signs in takes a product offline, and stays signed in at the host."""
    publish(app, "seller.upserted", SELLER)
    publish(app, "product.upserted", PRODUCT)
    apply_all(app)
    client = app.test_client()
    page = f"/addons/products/{PRODUCT['product_id']}"
    assert client.get(page).status_code == 200
    assert client.get("/addons/seller").status_code in (302, 303, 401, 403)
    sign_in(client)
    assert SELLER["seller_id"] in client.get("/").text
    take_offline(client)
    apply_all(app)
    assert app.test_client().get(page).status_code == 404
    assert SELLER["seller_id"] in client.get("/").text


def sign_in(client: FlaskClient) -> None:
    assert client.post("/auth/login", data={"seller": SELLER["seller_id"]}).status_code == 200


def test_admin_shows_our_tables_the_limiter_the_hosts_pages_and_migrate_leaves_ours_alone(
    open_host: Callable[..., Flask],
) -> None:
    app = open_host(factory)
    publish(app, "seller.upserted", SELLER)
    publish(app, "product.upserted", PRODUCT)
    apply_all(app)
    client = app.test_client()
    listed = client.get("/admin/product/")
    assert (listed.status_code, PRODUCT["product_id"] in listed.text) == (200, True)
    assert [client.get("/").status_code for _ in range(6)][-1] == 429
    assert [client.get("/addons/").status_code for _ in range(6)] == [200] * 6
    with app.app_context():
        includes = app.extensions["migrate"].configure_args["include_name"]
        product = app.extensions["sqlalchemy"].session.scalar(select(Product))
        assert (product.id, includes("mh_products", "table", {})) == (PRODUCT["product_id"], False)


def test_a_hosts_own_queue_and_ours_share_a_redis(open_host: Callable[..., Flask], redis_url: str) -> None:
    app = open_host(factory, MARKETPLACE_HOOKS_REDIS_URL=redis_url)
    connection = Redis.from_url(redis_url)
    queue = Queue("default", connection=connection)
    job = queue.enqueue(len, "four")
    publish(app, "seller.upserted", SELLER)
    SimpleWorker([queue], connection=connection).work(burst=True)
    assert job.return_value() == 4
    assert apply_all(app)["events settled"] == 1
    connection.close()
