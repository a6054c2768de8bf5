"""Floors of `ingest` and `entitlement`: the least that stores a verified event, and that answers from one row.

Served by the same server with the same options. No limits, no envelope, no check of ids, no
comparison of repetitions, no wakeup, no authentication; a connection in autocommit mode for each thread, with the
product's own settings.
"""

from __future__ import annotations

import base64
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask, request
from sqlalchemy.engine import make_url

from marketplace_hooks.services.core.frozen_gc import frozen_gc

URL = "BENCHMARK_BARE_URL"
SECRET = "BENCHMARK_BARE_SECRET"

TABLE = {
    "sqlite": "CREATE TABLE bare (id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
    "postgresql": "CREATE TABLE bare (id BIGSERIAL PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, body BYTEA NOT NULL)",
}


def make_table(url: str) -> None:
    """An id, the sender's id, the body; two indexes: the narrowest table that refuses a repeat."""
    connect(url)().execute(TABLE[make_url(url).get_backend_name()])


def connect(url: str) -> Callable[[], Any]:
    """A factory of connections in autocommit mode."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        return lambda: psycopg.connect(plain, autocommit=True)

    def open_sqlite() -> sqlite3.Connection:
        connection = sqlite3.connect(str(parsed.database), timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    return open_sqlite


@frozen_gc()
def create_app() -> Flask:
    """A route that stores, one that reads, and one that does nothing, to measure the load generator."""
    url = os.environ[URL]
    key = base64.b64decode(os.environ[SECRET].removeprefix("whsec_"))
    mark = "?" if make_url(url).get_backend_name() == "sqlite" else "%s"
    insert = f"INSERT INTO bare (event_id, body) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING"
    select = f"SELECT purchase_id, state, last_day FROM mh_subscriptions WHERE purchase_id = {mark}"
    opened = connect(url)
    local = threading.local()
    app = Flask("bare", static_folder=None)

    def connection() -> Any:
        if getattr(local, "connection", None) is None:
            local.connection = opened()
        return local.connection

    @app.post("/webhooks/<source>")
    def store(source: str) -> tuple[str, int]:
        body = request.get_data()
        event_id = request.headers["webhook-id"]
        signed = f"{event_id}.{request.headers['webhook-timestamp']}.".encode() + body
        expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
        if not hmac.compare_digest(expected, request.headers["webhook-signature"].encode()):
            return "", 401
        connection().execute(insert, (event_id, body))
        return "", 202

    @app.get("/subscriptions")
    def look_up() -> dict[str, str]:
        found = connection().execute(select, (request.args["purchase_id"],)).fetchone()
        return {"purchase_id": found[0], "state": found[1], "last_day": str(found[2])}

    @app.post("/nothing")
    def nothing() -> tuple[str, int]:
        return "", 202

    return app
