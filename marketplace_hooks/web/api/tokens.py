"""Bearer tokens: an operator lists, makes and revokes them."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from ...domain.member_descriptions import TOKEN_ID, about
from ...domain.token_scopes import Scope
from ...models.access import Role, Token
from ...services.access import tokens
from ...services.access.tokens import NewToken
from ...services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..pagination import decode_position, encode, position_key
from ..state import current_runtime
from .fields import (
    EnumField,
    PagedQuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
    optional,
)
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response

ROLES = (Role.OPERATOR,)
LIST = "tokens"
_SCOPES = about("Which of its role's rights the token has; empty: all of them.", ["read", "products"])


class TokenRequestSchema(Schema):
    """A token to create."""

    name = TextField(required=True, max_length=200, metadata=about("A note about what it is for.", "search index"))
    role = EnumField(Role, required=True, metadata=about("Whose rights it gives."))
    subject = optional(TextField, about("A seller's or customer's id.", "atelier"))
    scopes = fields.List(EnumField(Scope), load_default=list, metadata=_SCOPES)
    expires_at = optional(Rfc3339Instant, about("When it expires; null: never."))


class TokenSchema(ResponseSchema):
    """A token, without its secret."""

    token_id = fields.String(required=True, attribute="id", metadata=TOKEN_ID)
    name = fields.String(
        required=True, attribute="label", metadata=about("A note about what it is for.", "search index")
    )
    role = EnumField(Role, required=True, metadata=about("Whose rights it gives."))
    subject = nullable(fields.String, about("The seller's or customer's id; null: the role has none.", "atelier"))
    scopes = fields.List(EnumField(Scope), required=True, metadata=_SCOPES)
    created_at = Rfc3339Instant(required=True, metadata=about("When it was created."))
    expires_at = nullable(Rfc3339Instant, about("When it expires; null: never."))
    last_used_at = nullable(Rfc3339Instant, about("When it was last used, to the minute; null: never."))
    revoked_at = nullable(Rfc3339Instant, about("When it was revoked; null: it was not."))


class NewTokenSchema(TokenSchema):
    """A token that was just made, with what callers send: it is shown only once."""

    token = fields.String(
        required=True, metadata=about("What callers send as `Authorization: Bearer …`; shown only once.", "mh_3f9a2b7c")
    )


class TokenListSchema(ResponseSchema):
    """A page of tokens, newest first."""

    items = fields.List(fields.Nested(TokenSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_LIST = TokenListSchema()
_NEW = NewTokenSchema()


@operation(
    "GET", "/tokens", tag="Access", roles=ROLES, query=PagedQuerySchema, response=TokenListSchema, refusals=(400,)
)
def list_tokens(query: dict[str, Any]) -> Response:
    """Every token, revoked and expired ones included, newest first.

    Without their secrets, which are stored nowhere. `last_used_at` shows which are no longer needed.
    """
    limit = query["limit"]
    with current_runtime().database.read_session() as session:
        before = decode_position(LIST, query.get("cursor"))
        found = tokens.list_tokens(session, before=before, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    cursor = encode(LIST, None if last is None else position_key(last.created_at, last.id))
    return uncached_response(_LIST, {"items": [_facts(one) for one in found[:limit]], "next_cursor": cursor})


@operation(
    "POST",
    "/tokens",
    tag="Access",
    roles=ROLES,
    body=TokenRequestSchema,
    response=NewTokenSchema,
    status=201,
    refusals=(400, 415, 422),
)
def create_token(body: dict[str, Any]) -> Response:
    """Create a token. Its secret is returned only in this answer.

    A token has the rights of one role, and can be narrowed to scopes. Its secret cannot be shown again: keep it, or
    revoke the token and make another.
    """
    require_fresh_sign_in()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        given = {name: value for name, value in body.items() if name != "name"}
        token, text = tokens.create_token(uow, NewToken(label=body["name"], **given))
        return {**_facts(token), "token": text}

    return respond_once(act, _NEW, status=201)


@operation("DELETE", "/tokens/<token_id>", tag="Access", roles=ROLES, status=204, refusals=(404,))
def revoke_token(token_id: str) -> Response:
    """Revoke a token. Revoking it twice changes nothing.

    Calls with it are answered 401 `invalid_token` from then on. It stays in the list.
    """
    run_in_transaction(current_runtime(), lambda uow: tokens.revoke(uow, token_id))
    return Response(status=204, headers={"Cache-Control": "no-store"})


def _facts(token: Token) -> dict[str, Any]:
    names = ("id", "label", "role", "subject", "created_at", "expires_at", "last_used_at", "revoked_at")
    scopes = [Scope(scope) for scope in token.scopes or ()]
    return {**{name: getattr(token, name) for name in names}, "scopes": scopes}
