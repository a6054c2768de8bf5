"""Audit log: who did what, on what, when and from where; searched by pages, and exported whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.audit_actions import AuditAction
from ...domain.member_descriptions import about
from ...models.access import Role
from ...models.audit import AuditChannel, AuditEntry, AuditOutcome
from ...services.access.audit_log import AuditFilter, find_entries
from ...services.core.runtime import Runtime
from ..pagination import decode_number, encode
from ..state import current_runtime
from .exports import CSV, EXPORT_BATCH, csv_line, download
from .fields import (
    EnumField,
    FilterQuerySchema,
    PagedQuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
)
from .operations import operation
from .responses import uncached_response

LIST = "audit"
COLUMNS = tuple(column.key for column in AuditEntry.__table__.columns)


class AuditFilterSchema(FilterQuerySchema):
    """Which entries; without a parameter, all of them."""

    who = TextField(max_length=200, metadata=about("The ID or full name of a user, or the ID of a token.", "op-1"))
    action = EnumField(AuditAction, metadata=about("What was done, such as product.status_changed."))
    object_type = TextField(max_length=32, metadata=about("Such as product or support_request.", "product"))
    object_id = TextField(max_length=256, metadata=about("The ID of what it was done to.", "20133"))
    request_id = TextField(
        max_length=128, metadata=about("The X-Request-ID of the request that made it.", "4f9c2d1e7a6b4c0f")
    )
    since = Rfc3339Instant(data_key="from", metadata=about("From this instant on."))
    before = Rfc3339Instant(data_key="to", metadata=about("Before this instant."))


class AuditQuerySchema(AuditFilterSchema, PagedQuerySchema):
    """Which entries, and which page of them."""


class AuditActorSchema(ResponseSchema):
    """Who it was at the time. An erased customer has an ID but no name."""

    role = EnumField(
        Role,
        required=True,
        allow_none=True,
        attribute="actor_role",
        metadata=about("Their role; null when no one was signed in."),
    )
    id = nullable(fields.String, about("Their id; null where they have none.", "op-1"), attribute="actor_id")
    name = fields.String(
        required=True, attribute="actor_name", metadata=about("Their name at the time.", "Claire Martin")
    )
    token_id = nullable(fields.String, about("The token that was used; null: none.", "tok_1f0c"))


class AuditObjectSchema(ResponseSchema):
    """What it was done to."""

    type = fields.String(
        required=True, attribute="object_type", metadata=about("The type of what it was done to.", "product")
    )
    id = nullable(fields.String, about("Its id; null where it has none.", "20133"), attribute="object_id")


class AuditEntrySchema(ResponseSchema):
    """One act of a person or token."""

    id = fields.Integer(required=True, metadata=about("The entry's number.", 1201))
    at = Rfc3339Instant(required=True, metadata=about("When it was done."))
    actor = fields.Nested(AuditActorSchema, required=True, metadata=about("Who did it."))
    action = fields.String(required=True, metadata=about("A stable name; more may be added.", "product.status_changed"))
    object = fields.Nested(AuditObjectSchema, required=True, metadata=about("What it was done to."))
    outcome = EnumField(
        AuditOutcome, required=True, metadata=about("Whether it was done, changed nothing, or was refused.")
    )
    channel = EnumField(
        AuditChannel, required=True, metadata=about("How it was done: on a page, by the API or by a command.")
    )
    address = nullable(fields.String, about("The client's network address; null for a command.", "203.0.113.7"))
    request_id = fields.String(required=True, metadata=about("The `X-Request-ID` of the request.", "4f9c2d1e7a6b4c0f"))
    details = nullable(fields.Dict, about("Codes and IDs, depending on the action.", {"status": "offline_temporary"}))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return obj if attr in ("actor", "object") else super().get_attribute(obj, attr, default)


class AuditListSchema(ResponseSchema):
    """A page of entries, newest first."""

    items = fields.List(fields.Nested(AuditEntrySchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_LIST = AuditListSchema()
_ENTRY = AuditEntrySchema()


@operation(
    "GET",
    "/audit",
    tag="Audit",
    roles=(Role.OPERATOR,),
    query=AuditQuerySchema,
    response=AuditListSchema,
    refusals=(400,),
)
def list_audit_entries(query: dict[str, Any]) -> Response:
    """Actions of users and API tokens, newest first.

    Every change made by a user or token, every sign-in and every refusal. Filter by who, what and when;
    follow `next_cursor` for older entries.
    """
    before = decode_number(LIST, query.pop("cursor", None))
    limit = query.pop("limit")
    with current_runtime().database.read_session() as session:
        entries, following = find_entries(session, AuditFilter(**query), before=before, limit=limit)
        return uncached_response(_LIST, {"items": entries, "next_cursor": encode(LIST, following)})


@operation("GET", "/audit/export.csv", tag="Audit", roles=(Role.OPERATOR,), query=AuditFilterSchema)
def export_audit_csv(query: dict[str, Any]) -> Response:
    """All matching entries as CSV, with a header line.

    Accepts the filters of the list, without a cursor. The response is streamed, newest entry first.
    """
    lines = _exported(current_runtime(), AuditFilter(**query), _as_csv)
    return download(lines, CSV, "audit.csv", first=csv_line(COLUMNS))


@operation("GET", "/audit/export.ndjson", tag="Audit", roles=(Role.OPERATOR,), query=AuditFilterSchema)
def export_audit_ndjson(query: dict[str, Any]) -> Response:
    """All matching entries as JSON, one per line.

    Accepts the filters of the list, without a cursor. The response is streamed, newest entry first.
    """
    lines = _exported(current_runtime(), AuditFilter(**query), _as_json_line)
    return download(lines, "application/x-ndjson", "audit.ndjson")


def _as_json_line(entry: AuditEntry) -> str:
    return json.dumps(_ENTRY.dump(entry), ensure_ascii=False) + "\n"


def _exported(runtime: Runtime, wanted: AuditFilter, render: Callable[[AuditEntry], str]) -> Iterator[str]:
    """Every entry, batch by batch: an export holds neither a connection nor all entries at once."""
    before: int | None = None
    while True:
        with runtime.database.read_session() as session:
            entries, before = find_entries(session, wanted, before=before, limit=EXPORT_BATCH)
            lines = "".join(render(entry) for entry in entries)
        yield lines
        if before is None:
            return


def _as_csv(entry: AuditEntry) -> str:
    return csv_line([getattr(entry, name) for name in COLUMNS])
