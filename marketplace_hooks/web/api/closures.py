"""Closures of a seller: declared beforehand, shortened, cancelled, and listed as customers see them."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validates_schema

from ...domain.member_descriptions import CLOSURE_ID, SELLER_ID, about
from ...domain.support.closures import ClosureState
from ...errors import NotFound
from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from ...services.support.closures import (
    ShownClosure,
    cancel_own_closure,
    closures_of_seller,
    declare_own_closure,
    shorten_own_closure,
    shown_after_change,
)
from ..actors import cause_of
from ..identity.authorization import signed_in
from ..state import current_runtime
from .catalog_schemas import SUSPENDS_UNTIL
from .fields import Day, EnumField, QuerySchema, ResponseSchema, Rfc3339Instant, TextField, nullable
from .idempotency import respond_once
from .operations import operation
from .responses import json_response, uncached_response

ROLES = (Role.SELLER, Role.PLATFORM)
REASON = about("Why, in words; sent with `seller.closure_announced`.", "Christmas holidays")


class ClosureBodySchema(Schema):
    """The days on which the seller does not work, first and last included; `last_day` null: until it is shortened."""

    first_day = Day(required=True, metadata=about("The first day, included.", "2026-12-24"))
    last_day = nullable(Day, about("The last day, included; null: until it is shortened.", "2027-01-03"))
    reason = TextField(min_length=0, max_length=2_000, load_default="", metadata=REASON)

    @validates_schema
    def _ends_after_it_begins(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("last_day") is not None and "first_day" in data and data["last_day"] < data["first_day"]:
            raise ValidationError("Must not be before first_day.", "last_day")


class ShorterClosureSchema(Schema):
    """The last day on which the seller does not work; of a closure that has begun, today at the earliest."""

    last_day = Day(required=True, metadata=about("The last day, included.", "2026-12-31"))
    reason = TextField(min_length=0, max_length=2_000, load_default="", metadata=REASON)


class CancellationQuerySchema(QuerySchema):
    """Why."""

    reason = TextField(min_length=0, max_length=2_000, load_default="", metadata=REASON)


class ClosureSchema(ResponseSchema):
    """A closure. From `announced_at` on, customers see it and it suspends deadlines."""

    closure_id = fields.String(required=True, metadata=CLOSURE_ID)
    seller_id = fields.String(required=True, metadata=SELLER_ID)
    first_day = Day(required=True, metadata=about("The first day, included.", "2026-12-24"))
    last_day = nullable(Day, about("The last day, included; null: no end is known.", "2027-01-03"))
    suspends_until = nullable(Day, about(SUSPENDS_UNTIL, "2027-01-03"))
    state = EnumField(
        ClosureState, required=True, metadata=about("Whether it is announced, running, over or cancelled.")
    )
    declared_at = Rfc3339Instant(required=True, metadata=about("When the seller declared it."))
    announced_at = Rfc3339Instant(required=True, metadata=about("When it was announced to customers."))


class ClosuresSchema(ResponseSchema):
    """Current and announced closures, the next first."""

    items = fields.List(fields.Nested(ClosureSchema), required=True, metadata=about("The closures, the next first."))


_CLOSURE = ClosureSchema()
_CLOSURES = ClosuresSchema()


@operation("GET", "/sellers/<seller_id>/closures", tag="Sellers", response=ClosuresSchema, refusals=(404,))
def list_closures(seller_id: str) -> Response:
    """The closures that customers see: current or announced.

    Open to everyone. Past and cancelled closures are not listed.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        items = closures_of_seller(session, seller_id, runtime.now(), runtime.settings)
    return json_response(_CLOSURES, {"items": items})


@operation(
    "POST",
    "/sellers/<seller_id>/closures",
    tag="Sellers",
    roles=ROLES,
    body=ClosureBodySchema,
    response=ClosureSchema,
    status=201,
    refusals=(400, 404, 415),
)
def declare_closure(body: dict[str, Any], seller_id: str) -> Response:
    """Declare a closure: it is announced to customers now, and suspends the deadlines of later requests.

    A closure must not begin in the past. Customers are notified by `seller.closure_announced`, with the reason if there
    is one.
    """
    _refuse_other_sellers(seller_id)
    first_day = body["first_day"]
    last_day = body["last_day"]
    cause = _cause(body)

    def act(uow: UnitOfWork) -> ShownClosure:
        closure = declare_own_closure(uow, seller_id, first_day=first_day, last_day=last_day, cause=cause)
        return shown_after_change(uow, closure)

    return respond_once(act, _CLOSURE, status=201)


@operation(
    "PATCH",
    "/sellers/<seller_id>/closures/<closure_id>",
    tag="Sellers",
    roles=ROLES,
    body=ShorterClosureSchema,
    response=ClosureSchema,
    refusals=(400, 404, 409, 415, 422),
)
def shorten_closure(body: dict[str, Any], seller_id: str, closure_id: str) -> Response:
    """Shorten a closure. It takes effect tomorrow at the earliest; to add days, declare another closure.

    Sets another last day, no later than the current one. A closure that is over is a 409 `closure_over`.
    """
    _refuse_other_sellers(seller_id)

    def act(uow: UnitOfWork) -> ShownClosure:
        closure = shorten_own_closure(uow, seller_id, closure_id, body["last_day"], _cause(body))
        return shown_after_change(uow, closure)

    return uncached_response(_CLOSURE, run_in_transaction(current_runtime(), act))


@operation(
    "DELETE",
    "/sellers/<seller_id>/closures/<closure_id>",
    tag="Sellers",
    roles=ROLES,
    query=CancellationQuerySchema,
    status=204,
    refusals=(404, 409),
)
def cancel_closure(query: dict[str, Any], seller_id: str, closure_id: str) -> Response:
    """Cancel a closure. One that has begun ends today instead; the days it has suspended stay suspended.

    Customers are notified by `seller.closure_announced`. A closure that is over is a 409 `closure_over`.
    """
    _refuse_other_sellers(seller_id)
    cause = _cause(query)
    run_in_transaction(current_runtime(), lambda uow: cancel_own_closure(uow, seller_id, closure_id, cause))
    return Response(status=204, headers={"Cache-Control": "no-store"})


def _refuse_other_sellers(seller_id: str) -> None:
    """Raise `NotFound` when a seller names another seller."""
    identity = signed_in()
    if identity.role is Role.SELLER and identity.subject != seller_id:
        raise NotFound(f"no seller {seller_id}")


def _cause(body: dict[str, Any]) -> Cause:
    identity = signed_in()
    return cause_of(identity, body["reason"], actor=identity.role)
