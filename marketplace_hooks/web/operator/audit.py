"""Audit log: who did what, on what, when and from where."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...models.access import Role
from ...models.audit import AuditEntry
from ...services.access.audit_log import AuditFilter, find_entries
from ..i18n.language import lazy
from ..identity.authorization import audience
from ..labels.audit import ACTIONS, CHANNELS, OUTCOMES
from ..labels.operations import subject_label
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import DAYS, Filter, ListQuery
from ..pagination import decode_number
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-audit"


def _object_types() -> list[tuple[str, str]]:
    kinds = {action.object_type for action in AuditAction}
    return sorted(((kind, subject_label(kind)) for kind in kinds), key=lambda option: option[1])


QUERY = ListQuery(
    filters=(
        Filter(name="who", label=lazy("Who (ID or full name)")),
        Filter(
            name="action", label=lazy("Action"), type="choice", options=tuple(ACTIONS.items()), any=lazy("Any action")
        ),
        Filter(name="kind", label=lazy("Object type"), type="choice", options=_object_types),
        Filter(name="id", label=lazy("Object ID")),
        Filter(name="request", label=lazy("Request ID")),
        *DAYS,
    ),
    sorts=NEWEST_FIRST,
)
TRAIL = 10
"""Entries on the page of an object."""


@blueprint.get("/operator/audit")
@audience(Role.OPERATOR)
def audit() -> Response:
    """The log, the newest entries first, by the filters of the query."""
    asked = QUERY.read()
    wanted = AuditFilter(
        who=asked.get("who"),
        action=asked.member("action", AuditAction),
        object_type=asked.get("kind"),
        object_id=asked.get("id"),
        request_id=asked.get("request"),
        since=asked.begins_at(),
        before=asked.ends_before(),
    )
    with current_runtime().database.read_session() as session:
        entries, _ = find_entries(
            session, wanted, before=decode_number(LIST, cursor()), is_backward=is_backward(), limit=PAGE_SIZE + 1
        )
        listed = list_page(LIST, entries, lambda one: one.id)
        return page("audit", listed=listed, asked=asked, outcomes=OUTCOMES, channels=CHANNELS)


def read_trail(session: Session, kind: str, id_: str) -> list[AuditEntry]:
    """What persons and tokens last did to one object."""
    return find_entries(session, AuditFilter(object_type=kind, object_id=id_), limit=TRAIL)[0]
