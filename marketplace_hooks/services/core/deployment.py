"""Facts about the installation, in its own database: its id, and what its processes have noticed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ...database.engine import Database
from ...errors import Unavailable
from ...models.deployment import DeploymentFact

ID = "id"
"""The name of the fact that distinguishes this installation from others, made by a migration."""
IMPORT = "import"
"""How far the import of a snapshot has come that has not reached its end."""
UNTRUSTED_PROXY = "untrusted_proxy"
"""The address of a proxy in our own network whose forwarded headers are not believed, as it was last seen."""


def read_fact(session: Session, name: str) -> DeploymentFact | None:
    """The fact of this name, if there is one."""
    return session.get(DeploymentFact, name)


def record_fact(database: Database, name: str, value: str, now: datetime) -> None:
    """Record a fact, over one of the same name."""
    with database.session() as session:
        store_fact(session, name, value, now)


def store_fact(session: Session, name: str, value: str, now: datetime) -> None:
    """Record a fact in the session's transaction, over one of the same name."""
    values = {"value": value, "recorded_at": now}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(DeploymentFact).values(name=name, **values)
    session.execute(insert.on_conflict_do_update(index_elements=[DeploymentFact.name], set_=values))


def forget_fact(session: Session, name: str) -> None:
    """Delete the fact of this name, if there is one."""
    session.execute(delete(DeploymentFact).where(DeploymentFact.name == name))


def read_deployment_id(database: Database) -> str:
    """The id of the installation. Raises `Unavailable` when the database is away, or not migrated."""
    try:
        with database.read_session() as session:
            fact = read_fact(session, ID)
    except DBAPIError as error:
        raise Unavailable("the installation's id cannot be read: migrate the database") from error
    if fact is None:
        raise Unavailable("the installation has no id")
    return fact.value
