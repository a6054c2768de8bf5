"""Column types and SQL functions shared by every table, alike on both databases.

The metadata is ours alone, with every table prefixed `mh_`, so that the package lives beside a host's models.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    String,
    Text,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

TABLE_PREFIX = "mh_"

#: SQLite only counts an INTEGER PRIMARY KEY up by itself; PostgreSQL wants 64 bits.
BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Root of our models. A plain declarative base: nothing of the host's is shared or changed."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. A naive datetime is a programming mistake (`ValueError`)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def checked(kind: type[enum.StrEnum], name: str) -> Enum:
    """A column type for `kind` whose values the database itself checks."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def constant(value: enum.StrEnum) -> ColumnElement[str]:
    """A state written into the statement itself, so that a prepared statement may use a partial index."""
    return literal_column(f"'{value.value}'", String())


class random_hex(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """20 random hexadecimal digits, fresh ones for each row of a set statement."""

    type = String()
    inherit_cache = True


@compiles(random_hex, "postgresql")
def _random_hex_postgresql(element: random_hex, compiler: SQLCompiler, **kw: Any) -> str:
    return "substr(replace(gen_random_uuid()::text, '-', ''), 13)"


@compiles(random_hex, "sqlite")
def _random_hex_sqlite(element: random_hex, compiler: SQLCompiler, **kw: Any) -> str:
    return "lower(hex(randomblob(10)))"


class json_object(FunctionElement[Any]):  # noqa: N801 - reads as the SQL function it is
    """`json_object('key', value, …)`: a JSON object made by the database for each row of a set statement."""

    type = Json
    inherit_cache = True


@compiles(json_object, "postgresql")
def _json_object_postgresql(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_build_object({compiler.process(element.clauses, **kw)})"


@compiles(json_object, "sqlite")
def _json_object_sqlite(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **kw)})"


class rfc_3339(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """An `Instant` column as RFC 3339 in UTC, to the second: what outgoing events carry."""

    type = String()
    inherit_cache = True


@compiles(rfc_3339, "postgresql")
def _rfc_3339_postgresql(element: rfc_3339, compiler: SQLCompiler, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


@compiles(rfc_3339, "sqlite")
def _rfc_3339_sqlite(element: rfc_3339, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {compiler.process(element.clauses, **kw)})"


class _Many(TypeDecorator[list[str]]):
    """Texts as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else ARRAY(String())
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


class among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL that it is
    """Whether a column of texts is one of these, however many they are.

    `IN` writes a thousand parameters into the statement, which both sides then parse: for that many it costs as much
    as the rows. This is one statement, and one parameter. It has no type: SQLAlchemy would add `= 1` to a boolean on
    SQLite, which no index answers.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[str] | Any, values: Sequence[str]) -> None:
        super().__init__(column, bindparam(None, list(values), type_=_Many(), unique=True))


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} = ANY ({values}))"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - compiled SQL, no text of anybody's


class json_names(FunctionElement[bool]):  # noqa: N801 - reads as the SQL that it is
    """Whether a JSON list of texts, such as `Release.fixes`, contains this one."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | Any, value: str) -> None:
        super().__init__(column, bindparam(None, value, type_=String(), unique=True))


@compiles(json_names, "postgresql")
def _json_names_postgresql(element: json_names, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"jsonb_exists({column}, {value})"


@compiles(json_names, "sqlite")
def _json_names_sqlite(element: json_names, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({value} IN (SELECT value FROM json_each({column})))"  # noqa: S608 - compiled SQL, no text of anybody's
