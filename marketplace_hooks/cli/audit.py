"""Audit log commands: who did what, on what, when and from where."""

from __future__ import annotations

from typing import Any

import click

from ..domain.audit_actions import AuditAction
from ..models.audit import AuditEntry
from ..services.access.audit_log import AuditFilter, find_entries
from .output import instant_option, json_option, show_rows
from .root import current_runtime, hooks_group

COLUMNS = ("at", "who", "role", "action", "object_id", "outcome", "channel", "address", "request_id")


@hooks_group.group("audit")
def audit() -> None:
    """What users and tokens changed, and what they were refused."""


@audit.command("list")
@click.option("--who", help="The ID or full name of a user, or the ID of a token.")
@click.option(
    "--action",
    type=click.Choice([one.value for one in AuditAction]),
    metavar="ACTION",
    help="Such as product.status_changed.",
)
@click.option("--object", "object_id", help="The ID of the object that was changed.")
@click.option("--request", "request_id", help="The X-Request-ID of the request that did it.")
@click.option("--from", "since", callback=instant_option, help="From this instant on, RFC 3339.")
@click.option("--to", "before", callback=instant_option, help="Before this instant.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def list_all(limit: int, as_json: bool, action: str | None, **wanted: Any) -> None:
    """List the entries, newest first.

    \b
    marketplace-hooks audit list --object mod-001 --from 2026-03-01T00:00:00Z
    """
    chosen = AuditFilter(action=None if action is None else AuditAction(action), **wanted)
    with current_runtime().database.read_session() as session:
        entries, _ = find_entries(session, chosen, limit=limit)
        rows = [_row(entry) for entry in entries]
    show_rows(rows, COLUMNS, as_json=as_json, empty="No entry matches.")


def _row(entry: AuditEntry) -> dict[str, Any]:
    who = " ".join(filter(None, [entry.actor_name, entry.actor_id, entry.token_id]))
    columns = {column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns}
    return {**columns, "who": who or "–", "role": entry.actor_role}
