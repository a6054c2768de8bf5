"""Dry run: transactions on the real database that leave nothing behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from .engine import Database


class DryRunDatabase(Database):
    """A database whose transactions all happen inside one of another: nobody else sees what they commit."""

    def __init__(self, database: Database, connection: Connection) -> None:
        super().__init__(database.url)
        self.raw = database.raw
        self._connection = connection

    @property
    def engine(self) -> Engine:
        """The real one, whose compiled statements and pooled connections outlast the dry run."""
        return self._connection.engine

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction that ends with the dry run."""
        yield self._connection

    @contextlib.contextmanager
    def read_session(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self._connection, autoflush=False) as session:
            yield session


@contextlib.contextmanager
def rolled_back(database: Database) -> Iterator[DryRunDatabase]:
    """A dry run on this database. At its end everything that happened in it is rolled back."""
    with database.begin() as connection:
        yield DryRunDatabase(database, connection)
        connection.rollback()
