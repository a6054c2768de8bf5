"""Status changes of products and packs: requested, previewed, cancelled.

The hold is committed before the response; what follows from it is a cascade (`cascades.py`).
"""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from ...domain.catalog.statuses import Effect, Side, Status, StatusRequest
from ...domain.member_descriptions import CASCADE_ID, about
from ...errors import Forbidden, NotFound, PayloadRejected
from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.pages import subject_page
from ...services.catalog.status_requests import (
    StatusChangeTarget,
    refuse_impossible,
    request_cancellation,
    request_status_change,
)
from ...services.core.unit_of_work import run_in_transaction
from ...services.operations.status_preview import preview_change
from ..actors import cause_of
from ..identity.authorization import signed_in, visibility
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..identity.identity import Identity
from ..state import current_runtime
from .catalog_schemas import HoldSchema, ScheduledSchema
from .fields import Day, EnumField, QuerySchema, ResponseSchema, Rfc3339Instant, TextField, nullable, optional
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response

ROLES = (Role.SELLER, Role.OPERATOR, Role.PLATFORM)
_SIDES = (Side.SELLER, Side.MARKETPLACE)
_OWN_SIDE = {Role.SELLER: Side.SELLER, Role.OPERATOR: Side.MARKETPLACE}
_actor: dict[str, Any] = {
    "validate": validate.OneOf([side.value for side in _SIDES]),
    "metadata": about("Which side acts: required for the platform; others act for their own side."),
}


class StatusRequestSchema(Schema):
    """The status that one side requests, and why. `effective_at` in the future schedules the change."""

    status = EnumField(Status, required=True, metadata=about("The requested status."))
    reason = TextField(required=True, max_length=2_000, metadata=about("Why, in words.", "A fault is being fixed"))
    effective_at = optional(Rfc3339Instant, about("When it takes effect; null: at once."))
    actor = fields.String(allow_none=True, load_default=None, **_actor)
    on_behalf_of = optional(TextField, about("Whom the platform acts for; only the platform may give this.", "atelier"))


class StatusAnswerSchema(ResponseSchema):
    """The result. `cascade_id` is null when no step follows: there is no effect, or not yet."""

    cascade_id = nullable(fields.String, CASCADE_ID)
    status = EnumField(Status, required=True, metadata=about("The status now."))
    effect = EnumField(Effect, required=True, metadata=about("What the change did."))
    holds = fields.List(fields.Nested(HoldSchema), required=True, metadata=about("Why it is offline now."))
    scheduled = fields.Nested(
        ScheduledSchema, required=True, allow_none=True, metadata=about("The change that is scheduled; null: none.")
    )


class SideQuerySchema(QuerySchema):
    """Whose scheduled change, and why it is cancelled."""

    actor = fields.String(**_actor)
    reason = TextField(
        min_length=0, max_length=2_000, load_default="", metadata=about("Why, in words.", "A fault is being fixed")
    )


class PreviewQuerySchema(QuerySchema):
    """Which change."""

    status = EnumField(Status, required=True, metadata=about("The requested status."))
    actor = fields.String(**_actor)


class PreviewSchema(ResponseSchema):
    """What the change would do now, if it were made."""

    effect = EnumField(Effect, required=True, metadata=about("What the change would do."))
    status = EnumField(Status, required=True, attribute="after", metadata=about("The status after it."))
    packs_hidden = fields.Integer(required=True, metadata=about("How many packs would be hidden.", 3))
    packs_shown = fields.Integer(required=True, metadata=about("How many packs would be shown again.", 0))
    packs = fields.List(fields.String(), required=True, metadata=about("The first packs concerned.", ["30011"]))
    renewals_cancelled = fields.Integer(
        required=True,
        attribute="consequences.renewals_cancelled",
        metadata=about("How many renewals would be cancelled.", 120),
    )
    entitlements_kept = fields.Integer(
        required=True,
        attribute="consequences.entitlements_kept",
        metadata=about("For how many customers Business Care would continue until its last day.", 118),
    )
    last_entitlement_day = nullable(
        Day,
        about("The latest of these last days; null: there is none."),
        attribute="consequences.last_entitlement_day",
    )
    open_requests = fields.Integer(
        required=True, attribute="consequences.open_requests", metadata=about("How many support requests are open.", 4)
    )


_ANSWER = StatusAnswerSchema()
_PREVIEW = PreviewSchema()


@operation(
    "POST",
    "/products/<product_id>/status",
    tag="Products",
    roles=ROLES,
    body=StatusRequestSchema,
    response=StatusAnswerSchema,
    status=202,
    refusals=(400, 404, 415),
)
def change_product_status(body: dict[str, Any], product_id: str) -> Response:
    """Take a product offline, put it back online, or permanently disable it; at once or later.

    The status has changed when this returns; the steps that follow are done in the background, under the `cascade_id`
    of the answer. A change that another side prevents is a 409.
    """
    return _change(SubjectKind.PRODUCT, product_id, body)


@operation(
    "POST",
    "/packs/<pack_id>/status",
    tag="Packs",
    roles=ROLES,
    body=StatusRequestSchema,
    response=StatusAnswerSchema,
    status=202,
    refusals=(400, 404, 415),
)
def change_pack_status(body: dict[str, Any], pack_id: str) -> Response:
    """Take a pack offline, put it back online, or permanently disable it; at once or later. Its products do not change.

    The status has changed when this returns; the steps that follow are done in the background, under the `cascade_id`
    of the answer. A change that another side prevents is a 409.
    """
    return _change(SubjectKind.PACK, pack_id, body)


@operation(
    "DELETE",
    "/products/<product_id>/status/scheduled",
    tag="Products",
    roles=ROLES,
    query=SideQuerySchema,
    status=204,
    refusals=(404,),
)
def cancel_product_change(query: dict[str, Any], product_id: str) -> Response:
    """Cancel the change that your side has scheduled. 404 `nothing_scheduled` when there is none.

    Only a change that has not taken effect can be cancelled. Endpoints are notified by `product.change_cancelled`.
    """
    return _cancel(SubjectKind.PRODUCT, product_id, query)


@operation(
    "DELETE",
    "/packs/<pack_id>/status/scheduled",
    tag="Packs",
    roles=ROLES,
    query=SideQuerySchema,
    status=204,
    refusals=(404,),
)
def cancel_pack_change(query: dict[str, Any], pack_id: str) -> Response:
    """Cancel the change that your side has scheduled. 404 `nothing_scheduled` when there is none.

    Only a change that has not taken effect can be cancelled. Endpoints are notified by `pack.change_cancelled`.
    """
    return _cancel(SubjectKind.PACK, pack_id, query)


@operation(
    "GET",
    "/products/<product_id>/status/preview",
    tag="Products",
    roles=ROLES,
    query=PreviewQuerySchema,
    response=PreviewSchema,
    refusals=(404, 409),
)
def preview_product_status(query: dict[str, Any], product_id: str) -> Response:
    """What a change would do, before it is made: packs, renewals, entitlements, open requests.

    Changes nothing. Show it before the change is confirmed; the figures are current, and may differ when it is made.
    """
    return _preview(SubjectKind.PRODUCT, product_id, query)


@operation(
    "GET",
    "/packs/<pack_id>/status/preview",
    tag="Packs",
    roles=ROLES,
    query=PreviewQuerySchema,
    response=PreviewSchema,
    refusals=(404, 409),
)
def preview_pack_status(query: dict[str, Any], pack_id: str) -> Response:
    """What a change of the pack itself would do, before it is made.

    Changes nothing. The products of the pack stay as they are, and so do the renewals of those who bought them.
    """
    return _preview(SubjectKind.PACK, pack_id, query)


def _preview(kind: SubjectKind, id_: str, query: dict[str, Any]) -> Response:
    side = _side(signed_in(), query.get("actor"))
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        page = subject_page(session, kind, id_)
        if page is None or not visibility().can_see(page.card.seller_id):
            raise NotFound(f"there is no {kind} {id_}")
        preview = preview_change(session, page, side, query["status"], runtime.now(), runtime.settings.reference_zone)
    request = StatusRequest(side=side, status=query["status"])
    refuse_impossible(preview.effect, preview.before, request, page.holds_view.holds)
    return uncached_response(_PREVIEW, preview)


def _change(kind: SubjectKind, id_: str, body: dict[str, Any]) -> Response:
    identity = signed_in()
    side = _side(identity, body["actor"])
    if body["on_behalf_of"] is not None and identity.role is not Role.PLATFORM:
        raise Forbidden("only the platform may act on someone's behalf")
    if body["status"] is Status.OFFLINE_PERMANENT:
        require_fresh_sign_in()
    request = StatusRequest(side=side, status=body["status"], effective_at=body["effective_at"])
    cause = cause_of(identity, body["reason"], actor=side, on_behalf_of=body["on_behalf_of"])
    target = _target(identity, kind, id_)
    return respond_once(lambda uow: request_status_change(uow, target, request, cause), _ANSWER)


def _cancel(kind: SubjectKind, id_: str, query: dict[str, Any]) -> Response:
    identity = signed_in()
    side = _side(identity, query.get("actor"))
    target = _target(identity, kind, id_)
    cause = cause_of(identity, query["reason"], actor=side)
    run_in_transaction(current_runtime(), lambda uow: request_cancellation(uow, target, side, cause))
    return Response(status=204, headers={"Cache-Control": "no-store"})


def _target(identity: Identity, kind: SubjectKind, id_: str) -> StatusChangeTarget:
    return StatusChangeTarget(kind=kind, id=id_, seller_id=identity.subject if identity.role is Role.SELLER else None)


def _side(identity: Identity, actor: str | None) -> Side:
    """The side of the caller. Raises `Forbidden`, and `PayloadRejected` when the platform does not say which."""
    own = _OWN_SIDE.get(identity.role)
    if own is None and actor is None:
        sides = " or ".join(_SIDES)
        raise PayloadRejected(
            "the platform must say which side it acts for", errors=[{"path": "actor", "message": f"Must be {sides}."}]
        )
    if own is not None and actor not in (None, own.value):
        raise Forbidden(f"you act as {own}; only the platform may act for another side")
    return own or Side(actor or "")
