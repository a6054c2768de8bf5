"""A host with Flask-Security, where it is installed.

It is not among the packages of the lock: one that it needs is published as source alone, and the environment of the
checks builds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_login import current_user
from flask_sqlalchemy import SQLAlchemy

from marketplace_hooks import MarketplaceHooks

from .test_applications import SELLER, Config, open_host, serves_our_pages, sign_in

flask_security: Any = pytest.importorskip(
    "flask_security", reason="Flask-Security is not installed: CONTRIBUTING.md says how"
)
__all__ = ["open_host"]  # a fixture of the test.
PASSWORD = "a-long-passphrase"


def secured(config: Config) -> Flask:
    """With Flask-Security, whose users have roles and sign in at its own address."""
    db = SQLAlchemy()
    hooks = MarketplaceHooks()
    app = Flask("secured")
    app.config.update(
        config,
        SECURITY_PASSWORD_SALT="146585145368132386173505678016728509634",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_PASSWORD_HASH="plaintext",  # quicker than what a host would take.
        SECURITY_PASSWORD_SCHEMES=["plaintext"],
        WTF_CSRF_ENABLED=False,
    )
    db.init_app(app)
    members = db.Table(
        "members",
        db.Column("user_id", db.ForeignKey("account.id")),
        db.Column("role_id", db.ForeignKey("role.id")),
    )

    class Role(flask_security.RoleMixin, db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy's own base is made at run time.
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), unique=True)

    class Account(flask_security.UserMixin, db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy's own base is made at run time.
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)
        password = db.Column(db.String(255))
        active = db.Column(db.Boolean)
        fs_uniquifier = db.Column(db.String(64), unique=True)
        roles = db.relationship("Role", secondary=members)

    store = flask_security.SQLAlchemyUserDatastore(db, Account, Role)
    flask_security.Security(app, store)

    def who_is_signed_in() -> Any:
        if not current_user.is_authenticated or not current_user.has_role("seller"):
            return None
        return {"role": "seller", "subject": current_user.email.partition("@")[0], "locale": "en"}

    hooks.init_app(app, db=db, identity=who_is_signed_in)

    @app.post("/auth/login")
    def register() -> str:
        seller = store.find_or_create_role("seller")
        store.create_user(email=f"{request.form['seller']}@shop.example", password=PASSWORD, roles=[seller])
        store.commit()
        return "registered"

    @app.get("/")
    @flask_security.auth_required("session")
    def home() -> str:
        return f"Hello, {current_user.email.partition('@')[0]}"

    with app.app_context():
        db.create_all()
    return app


def test_a_host_with_flask_security_serves_our_pages_to_its_own_users(open_host: Callable[..., Flask]) -> None:
    def sign_in_after_registration(client: FlaskClient) -> None:
        sign_in(client)
        account = {"email": f"{SELLER['seller_id']}@shop.example", "password": PASSWORD}
        assert client.post("/login", data=account).status_code == 302

    serves_our_pages(open_host(secured), sign_in_after_registration)
