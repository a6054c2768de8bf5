"""Audit log: who did what, on what, when and from where."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Response
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...domain.civil_days import first_instant
from ...models.access import Role
from ...models.audit import AuditEntry
from ...services.access.audit_log import AuditFilter, find_entries
from ..i18n.language import wording
from ..identity.authorization import audience
from ..labels.audit import ACTIONS, CHANNELS, OUTCOMES
from ..list_pages import PAGE_SIZE, ListPage, cursor, query_choice, query_text
from ..pagination import decode_number, encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, query_day

LIST = "operator-audit"
TRAIL = 10
"""Entries on the page of an object."""


@blueprint.get("/operator/audit")
@audience(Role.OPERATOR)
def audit() -> Response:
    """The log, the newest entries first, by the filters of the query."""
    first = query_day("from")
    last = query_day("to")
    wanted = AuditFilter(
        who=query_text("who"),
        action=query_choice("action", AuditAction),
        object_type=query_text("kind"),
        object_id=query_text("id"),
        request_id=query_text("request"),
        since=_start_of(first),
        before=_start_of(None if last is None else last + timedelta(days=1)),
    )
    with current_runtime().database.read_session() as session:
        entries, before = find_entries(session, wanted, before=decode_number(LIST, cursor()), limit=PAGE_SIZE)
        return page(
            "audit",
            listed=ListPage(items=entries, next_after=encode(LIST, before)),
            wanted=wanted,
            first=first,
            last=last,
            actions=[(action.value, label) for action, label in ACTIONS.items()],
            outcomes=OUTCOMES,
            channels=CHANNELS,
        )


def read_trail(session: Session, kind: str, id_: str) -> list[AuditEntry]:
    """What persons and tokens last did to one object."""
    return find_entries(session, AuditFilter(object_type=kind, object_id=id_), limit=TRAIL)[0]


def _start_of(day: date | None) -> datetime | None:
    """The first instant of a day, in the reader's zone."""
    return None if day is None else first_instant(day, wording().zone)
