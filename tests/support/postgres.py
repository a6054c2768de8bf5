"""A PostgreSQL server for the tests: the one of `TEST_DATABASE_URL`, else a private cluster of our own."""

from __future__ import annotations

import os
import secrets

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from .binaries import ProvisionError
from .cluster import Cluster


class Postgres:
    """A server that tests fill with databases of their own, and crash where it is ours."""

    def __init__(self, server: URL, cluster: Cluster | None) -> None:
        """`server` names a database that we connect to only to create and drop others."""
        self._server = server
        self._cluster = cluster
        self._created: set[str] = set()

    @property
    def is_ours(self) -> bool:
        """Whether it may be stopped: false for the server of `TEST_DATABASE_URL`."""
        return self._cluster is not None

    def url_for(self, name: str, *, tcp: bool = False) -> str:
        """The SQLAlchemy URL of a database: by the Unix socket of our cluster, or by its loopback port."""
        url = self._server.set(database=name)
        if tcp and self._cluster is not None:
            url = url.set(query={}, host="127.0.0.1", port=self._cluster.port, password=self._cluster.password)
        return url.render_as_string(hide_password=False)

    def create_database(self, *, template: str | None = None) -> str:
        """A fresh database, empty or a copy of the database at the URL `template`; gives its URL.

        Nobody may be connected to the template at that moment: PostgreSQL's rule.
        """
        name = f"mh_test_{secrets.token_hex(8)}"
        source = make_url(template).database if template else "template0"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source)))
        self._created.add(name)
        return self.url_for(name)

    def drop_database(self, url: str) -> None:
        """Drop it, whoever is still connected; does nothing when it is gone."""
        name = make_url(url).database
        if name not in self._created:
            raise ValueError(f"{name} was not created here, and is not ours to drop")
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._created.discard(name)

    def start(self) -> None:
        """Start it again after a stop, and wait until it takes connections."""
        self._own_cluster().start()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it in good order, or as a crash does. Whoever is connected loses the connection."""
        self._own_cluster().stop(immediate=immediate)

    def restart(self, *, immediate: bool = True) -> None:
        """Stop it, by default as a crash does, and start it again; what was committed is there."""
        self.stop(immediate=immediate)
        self.start()

    def close(self) -> None:
        """Leave nothing behind: our cluster goes, or the databases that we made on somebody's server."""
        if self._cluster is not None:
            self._cluster.close()
            return
        for name in sorted(self._created):
            self.drop_database(self.url_for(name))

    def _own_cluster(self) -> Cluster:
        if self._cluster is None:
            raise ProvisionError("The server of TEST_DATABASE_URL is not ours to stop: use `restartable_postgres`.")
        return self._cluster

    def _execute(self, statement: sql.Composed) -> None:
        # A connection per statement: an earlier one may not have outlived a restart.
        plain = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


def start_postgres() -> Postgres:
    """The server of `TEST_DATABASE_URL` if set, else a private one. Raises `ProvisionError`, never skips."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        return start_private_postgres()
    url = make_url(given)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ProvisionError("TEST_DATABASE_URL must be the URL of a PostgreSQL server: postgresql://…")
    return Postgres(url.set(drivername="postgresql+psycopg"), None)


def start_private_postgres() -> Postgres:
    """A cluster of our own, whatever the environment says: fault tests stop and crash it."""
    cluster = Cluster()
    try:
        cluster.start()
    except BaseException:
        cluster.close()
        raise
    server = URL.create(
        "postgresql+psycopg",
        username="postgres",
        database="postgres",
        query={"host": str(cluster.folder), "port": str(cluster.port)},
    )
    return Postgres(server, cluster)
