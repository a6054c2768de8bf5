"""Cascades: the progress of what follows from a status change, step by step."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from ...models.access import Role
from ...models.cascades import CascadeState
from ...models.products import SubjectKind
from ...services.catalog.cascade_progress import read_cascade_progress
from ..identity.authorization import visibility
from ..state import current_runtime
from .fields import EnumField, ResponseSchema, Rfc3339Instant
from .operations import operation
from .responses import json_response


class CascadeStepSchema(ResponseSchema):
    """One step. `total` is null until what there is to do has been counted."""

    name = fields.String(required=True)
    state = fields.String(required=True)
    total = fields.Integer(required=True, allow_none=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class CascadeSubjectSchema(ResponseSchema):
    """What was changed."""

    kind = EnumField(SubjectKind, required=True)
    id = fields.String(required=True)


class CauseSchema(ResponseSchema):
    """Why: the event (null: asked here), whose side, the reason given."""

    event_id = fields.String(required=True, allow_none=True)
    actor = fields.String(required=True)
    reason = fields.String(required=True)
    on_behalf_of = fields.String()


class CascadeSchema(ResponseSchema):
    """A cascade with its progress: `total` is what has been counted so far, over all steps."""

    id = fields.String(required=True)
    state = EnumField(CascadeState, required=True)
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    change = fields.String(required=True)
    subject = fields.Nested(CascadeSubjectSchema, required=True)
    cause = fields.Nested(CauseSchema, required=True)
    created_at = Rfc3339Instant(required=True)
    finished_at = Rfc3339Instant(required=True, allow_none=True)
    steps = fields.List(fields.Nested(CascadeStepSchema), required=True)


_CASCADE = CascadeSchema()


@operation(
    "GET",
    "/cascades/<cascade_id>",
    tag="Cascades",
    roles=(Role.SELLER, Role.OPERATOR, Role.PLATFORM),
    response=CascadeSchema,
    refusals=(404,),
)
def get_cascade(cascade_id: str) -> Response:
    """One cascade. Sellers see those of what they sell."""
    with current_runtime().database.read_session() as session:
        return json_response(_CASCADE, read_cascade_progress(session, cascade_id, visibility()))
