"""Host's database: where our tables are in a host with Flask-SQLAlchemy, and how its session finds them."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ORMExecuteState, Session

from .config.settings import PREFIX, Settings
from .database.engine import normalise
from .database.sqlite_files import with_plain_path
from .database.types import Base
from .errors import ConfigurationError
from .web.state import current_web_state

BIND_KEY = f"{PREFIX}DATABASE_BIND_KEY"
_URI = "SQLALCHEMY_DATABASE_URI"


class ServiceDatabase(SQLAlchemy):
    """Flask-SQLAlchemy of the stand-alone service, a host like others: its engine is the one that our web uses."""

    @property
    def engines(self) -> Mapping[str | None, Engine]:
        """The engine of this process, and no bind beside it."""
        return {None: current_web_state().runtime.database.engine}


def add_service_database(app: Flask, url: URL) -> None:
    """Give the stand-alone service a `db`, as a host has one."""
    if url.get_backend_name() == "sqlite":
        url = url.set(database=os.path.abspath(str(url.database)))
    app.config[_URI] = url
    ServiceDatabase().init_app(app)


def find_db(app: Flask, given: SQLAlchemy | None) -> SQLAlchemy | None:
    """The Flask-SQLAlchemy of the host: as it gives it, else as the application knows it; None where it has none."""
    found = given if given is not None else app.extensions.get("sqlalchemy")
    if found is not None and not isinstance(found, SQLAlchemy):
        raise ConfigurationError(f"db is your flask_sqlalchemy.SQLAlchemy object, not {type(found).__name__}.")
    return found


def host_url(app: Flask, db: SQLAlchemy | None, settings: Settings) -> URL | str | None:
    """The address of the host's own database, or of its bind that DATABASE_BIND_KEY names; None where it has none.

    In a host's tests it may be in memory, where no other engine sees it: ours is a file then, gone with the process.
    Raises `ConfigurationError` for a database we do not run on.
    """
    key = settings.database_bind_key
    if settings.database_url is not None:
        if key is not None:
            raise ConfigurationError(f"{BIND_KEY} and {PREFIX}DATABASE_URL both say where our tables are: set one.")
        return None
    if isinstance(db, ServiceDatabase):
        return None
    if key is not None:
        _require_bind(app, db, key)
    configured = _configured_url(app, db, key)
    if configured is None:
        return None
    with contextlib.suppress(ArgumentError):  # what is no URL is refused below.
        url = make_url(configured)
        if url.get_backend_name() == "sqlite":
            url = with_plain_path(url)
            if url.database:
                configured = url.set(database=os.path.join(app.instance_path, url.database))
            elif app.testing:
                configured = url.set(database=_file_until_exit())
    return normalise(configured, setting=_URI if key is None else f"SQLALCHEMY_BINDS[{key!r}]")


def find_engine(session: Session) -> Engine | None:
    """The engine of a host's session that holds our tables, where DATABASE_BIND_KEY names one."""
    state = current_web_state()
    key = state.runtime.settings.database_bind_key
    if key is None or not isinstance(session, FlaskSession):
        return None
    db: SQLAlchemy = current_app.extensions["sqlalchemy"]
    return db.engines[key]


def _require_bind(app: Flask, db: SQLAlchemy | None, key: str) -> None:
    if db is None:
        raise ConfigurationError(f"{BIND_KEY} is set: give your Flask-SQLAlchemy, as MarketplaceHooks(app, db=db).")
    if key not in (app.config.get("SQLALCHEMY_BINDS") or {}):
        raise ConfigurationError(f"{BIND_KEY} is {key!r}, and SQLALCHEMY_BINDS has no such bind.")
    if not event.contains(db.session, "do_orm_execute", _choose_engine):
        event.listen(db.session, "do_orm_execute", _choose_engine)


def _choose_engine(state: ORMExecuteState) -> None:
    """Have the host's session read our mapped classes from the bind that is ours: their metadata names none.

    One process may hold applications whose binds have different keys.
    """
    mapper = state.bind_mapper
    if mapper is None or mapper.registry is not Base.registry or "bind" in state.bind_arguments:
        return
    engine = find_engine(state.session)
    if engine is not None:
        state.bind_arguments["bind"] = engine


def _is_initialised(app: Flask, db: SQLAlchemy) -> bool:
    return app.extensions.get("sqlalchemy") is db


def _configured_url(app: Flask, db: SQLAlchemy | None, key: str | None) -> URL | str | None:
    """As the host's engine has it, once there is one; else as its configuration says."""
    if db is not None and _is_initialised(app, db):
        with app.app_context():
            engine = db.engines.get(key)
        return None if engine is None else engine.url
    if key is None:
        uri: URL | str | None = app.config.get(_URI)
        return uri
    bind: Any = app.config["SQLALCHEMY_BINDS"][key]
    url: URL | str | None = bind.get("url") if isinstance(bind, Mapping) else bind
    return url


def _file_until_exit() -> str:
    """A file of our own for a database, which is deleted when the process ends."""
    folder = tempfile.mkdtemp(prefix="marketplace-hooks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return os.path.join(folder, "marketplace_hooks.db")
