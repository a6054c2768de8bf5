"""Session commands: who is signed in, and how to sign them out."""

from __future__ import annotations

import click

from ..models.access import Role
from ..services.access import sessions
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group

_COLUMNS = ("id", "role", "subject", "name", "created_at", "signed_in_at", "last_seen_at", "address", "user_agent")
_role = click.option("--role", type=click.Choice([role.value for role in Role if role is not Role.PLATFORM]))
_subject = click.option("--subject", help="The id of the seller or customer.")


@hooks_group.group("sessions")
def sessions_group() -> None:
    """Users signed in to this service."""


@sessions_group.command("list")
@_role
@_subject
@json_option
def list_all(role: str | None, subject: str | None, as_json: bool) -> None:
    """List who is signed in, newest first."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = sessions.list_sessions(
            session, runtime.settings, runtime.now(), role=Role(role) if role else None, subject=subject, limit=1_000
        )
    rows = [{name: getattr(one, name) for name in _COLUMNS} for one in found]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="No one is signed in.")


@sessions_group.command("end")
@click.argument("session_id", required=False)
@_role
@_subject
@json_option
def end(session_id: str | None, role: str | None, subject: str | None, as_json: bool) -> None:
    """End one session, or sign a person out everywhere.

    \b
    marketplace-hooks sessions end ses_0123456789abcdef
    marketplace-hooks sessions end --role seller --subject seller-1
    """
    if (session_id is None) == (role is None):
        raise click.UsageError("Give a session's id, or --role with --subject.")

    def act(uow: UnitOfWork) -> int:
        if role is not None:
            return sessions.end_sessions_of(uow, Role(role), subject)
        sessions.end_session(uow, session_id or "")
        return 1

    show_one({"ended": run_in_transaction(current_runtime(), act)}, as_json=as_json)
