"""Migrations: a database gets the tables that this version of the package needs.

Alembic, with the scripts inside the package and a version table of our own, so that a host's migrations never meet
ours. Two processes may migrate at once: the second waits and finds nothing left to do.

Alembic is imported inside the functions: it would be a tenth of each worker's start, and few processes ever migrate.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, text

from .engine import Database
from .full_text import VIRTUAL_TABLES
from .trigram_index import TERMS_INDEX, TRIGRAM_INDEX, make_trigram_index
from .types import Base, BigId, Instant, Json

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config

VERSION_TABLE = "mh_alembic_version"
_ADVISORY_LOCK = 6_210_117_801  # any number of our own: PostgreSQL's advisory locks are known by number.


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema. Safe to run twice, and from several processes at once."""
    with alone(database) as connection:
        upgrade_to(connection, "head")
        if not database.is_sqlite:
            connection.rollback()
            make_trigram_index(connection)


def upgrade_to(connection: Connection, revision: str) -> None:
    """Bring the schema to this revision, within the connection's transaction if it is in one."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether every migration has been applied."""
    from alembic.script import ScriptDirectory

    with database.read_session() as session:
        return read_revision(session.connection()) == ScriptDirectory.from_config(_config(None)).get_current_head()


def read_revision(connection: Connection) -> str | None:
    """The revision of the database's schema; None when it was never migrated."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this version of the package can bring a schema of that revision to its own."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config(None))
    return revision in {script.revision for script in scripts.walk_revisions()}


def make_revision(database: Database, message: str) -> None:
    """Write a new migration script from the difference between models and database (for developers)."""
    from alembic import command

    with database.engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def differences(database: Database) -> list[object]:
    """What the models have that the migrated database has not, or the reverse; empty when they are equal."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_options())
        return list(compare_metadata(context, Base.metadata))


def _options() -> dict[str, object]:
    return {
        "version_table": VERSION_TABLE,
        "compare_type": True,
        "render_item": _render,
        "target_metadata": Base.metadata,
        "include_name": _is_described,
        "include_object": lambda thing, name, kind, *_: name != VERSION_TABLE,
    }


def _is_described(name: str | None, kind: str, parents: object) -> bool:
    """Whether the models describe a thing of this name: not a host's tables, nor what serves search on one database."""
    if kind == "index":
        return name not in (TERMS_INDEX, TRIGRAM_INDEX)
    return kind != "table" or ((name or "").startswith("mh_") and not (name or "").startswith(VIRTUAL_TABLES))


def _render(kind: str, thing: object, context: AutogenContext) -> str | Literal[False]:
    """Our own column types by their names, in the scripts that `make_revision` writes."""
    if kind != "type":
        return False
    if isinstance(thing, Instant):
        return "Instant()"
    return {repr(Json): "Json", repr(BigId): "BigId"}.get(repr(thing), False)


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["options"] = _options()
    return config


@contextlib.contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """A connection under a lock that a second migrating process waits for, and that dies with its holder.

    A backup and a restore hold it too: meanwhile nobody changes the schema.
    """
    if not database.is_sqlite:
        # The lock belongs to a transaction, beside those of the migrations: behind a pooler a session is not ours.
        with database.engine.connect() as holder, database.engine.connect() as connection:
            holder.execute(text("SET LOCAL lock_timeout = 0"))
            holder.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY_LOCK})
            yield connection
        return
    with open(f"{database.url.database}.migrating", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with database.engine.connect() as connection:
            yield connection
