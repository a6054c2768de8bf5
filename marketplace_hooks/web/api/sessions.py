"""Sessions of people who signed in at this service: an operator lists and ends them."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.member_descriptions import SESSION_ID, about
from ...models.access import Role, SignInMethod
from ...services.access import sessions
from ...services.core.unit_of_work import run_in_transaction
from ..identity.sessions import PERSONAL_ROLES
from ..pagination import decode_position, encode, position_key
from ..state import current_runtime
from .fields import (
    EnumField,
    PagedQuerySchema,
    QuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
    one_of,
)
from .operations import operation
from .responses import uncached_response

ROLES = (Role.OPERATOR,)
LIST = "sessions"
_SUBJECT = about("The seller's or customer's id.", "atelier")


class SessionsQuerySchema(PagedQuerySchema):
    """Whose sessions."""

    role = EnumField(Role, validate=one_of(PERSONAL_ROLES), metadata=about("Their role."))
    subject = TextField(metadata=_SUBJECT)


class PersonQuerySchema(QuerySchema):
    """Whose sessions. Without `subject`: those of the people of this role who have no id of their own."""

    role = EnumField(Role, required=True, validate=one_of(PERSONAL_ROLES), metadata=about("Their role."))
    subject = TextField(load_default=None, metadata=_SUBJECT)


class SessionSchema(ResponseSchema):
    """One person, signed in with one browser."""

    session_id = fields.String(required=True, attribute="id", metadata=SESSION_ID)
    method = EnumField(SignInMethod, required=True, metadata=about("How they signed in."))
    role = EnumField(Role, required=True, metadata=about("Their role."))
    subject = nullable(fields.String, about("Their id; null: people of this role have none of their own.", "atelier"))
    name = fields.String(required=True, metadata=about("Their name.", "Claire Martin"))
    address = fields.String(required=True, metadata=about("The network address of their browser.", "203.0.113.7"))
    user_agent = fields.String(required=True, metadata=about("What their browser calls itself.", "Mozilla/5.0"))
    created_at = Rfc3339Instant(required=True, metadata=about("When they signed in here."))
    signed_in_at = nullable(Rfc3339Instant, about("When the provider last asked them who they are."))
    last_seen_at = Rfc3339Instant(required=True, metadata=about("When they were last seen, to the minute."))


class SessionListSchema(ResponseSchema):
    """A page of sessions, newest first."""

    items = fields.List(fields.Nested(SessionSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


class EndedSchema(ResponseSchema):
    """How many sessions were ended."""

    ended = fields.Integer(required=True, metadata=about("How many sessions were ended.", 2))


_LIST = SessionListSchema()
_ENDED = EndedSchema()


@operation(
    "GET",
    "/sessions",
    tag="Access",
    roles=ROLES,
    query=SessionsQuerySchema,
    response=SessionListSchema,
    refusals=(400, 422),
)
def list_sessions(query: dict[str, Any]) -> Response:
    """Who is signed in, newest first.

    One entry for each browser that is signed in. Filter by role, or by the id of a person.
    """
    runtime = current_runtime()
    limit = query["limit"]
    with runtime.database.read_session() as session:
        found = sessions.list_sessions(
            session,
            runtime.settings,
            runtime.now(),
            role=query.get("role"),
            subject=query.get("subject"),
            before=decode_position(LIST, query.get("cursor")),
            limit=limit + 1,
        )
    last = found[limit - 1] if len(found) > limit else None
    cursor = encode(LIST, None if last is None else position_key(last.created_at, last.id))
    return uncached_response(_LIST, {"items": found[:limit], "next_cursor": cursor})


@operation("DELETE", "/sessions/<session_id>", tag="Access", roles=ROLES, status=204, refusals=(404,))
def end_session(session_id: str) -> Response:
    """End one session: its browser is signed out. Ending it twice changes nothing.

    The person may sign in again. Tokens are not affected.
    """
    run_in_transaction(current_runtime(), lambda uow: sessions.end_session(uow, session_id))
    return Response(status=204, headers={"Cache-Control": "no-store"})


@operation(
    "DELETE",
    "/sessions",
    tag="Access",
    roles=ROLES,
    query=PersonQuerySchema,
    response=EndedSchema,
    refusals=(422,),
)
def end_sessions_of(query: dict[str, Any]) -> Response:
    """End every session of one person, who must sign in again, for example after losing a role.

    Returns how many were ended. Tokens are not affected; they are revoked one by one.
    """
    runtime = current_runtime()
    ended = run_in_transaction(runtime, lambda uow: sessions.end_sessions_of(uow, query["role"], query["subject"]))
    return uncached_response(_ENDED, {"ended": ended})
