"""Cascades: the progress of what follows from a status change, step by step."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from ...domain.member_descriptions import CASCADE_ID, about
from ...models.access import Role
from ...models.cascades import CascadeState
from ...models.products import SubjectKind
from ...services.catalog.cascade_progress import read_cascade_progress
from ..identity.authorization import visibility
from ..state import current_runtime
from .fields import EnumField, ResponseSchema, Rfc3339Instant, nullable
from .operations import operation
from .responses import json_response


class CascadeStepSchema(ResponseSchema):
    """One step. `total` is null until the items have been counted."""

    name = fields.String(required=True, metadata=about("What is done.", "packs"))
    state = fields.String(
        required=True, metadata=about("How far it is: `pending`, `running`, `done` or `failed`.", "done")
    )
    total = nullable(fields.Integer, about("How many there are; null until they have been counted.", 3))
    done = fields.Integer(required=True, metadata=about("How many are done.", 3))
    failed = fields.Integer(required=True, metadata=about("How many failed.", 0))


class CascadeSubjectSchema(ResponseSchema):
    """What was changed."""

    kind = EnumField(SubjectKind, required=True, metadata=about("Whether it is a product, a pack or a seller."))
    id = fields.String(required=True, metadata=about("Its id.", "20133"))


class CauseSchema(ResponseSchema):
    """Why: the event (null: requested here), the side, the reason given."""

    event_id = nullable(
        fields.String, about("The inbound event that caused it; null: it was requested here.", "evt-77")
    )
    actor = fields.String(required=True, metadata=about("Which side acted.", "seller"))
    reason = fields.String(required=True, metadata=about("Why, in words.", "A fault is being fixed"))
    on_behalf_of = fields.String(metadata=about("Whom the platform acted for.", "atelier"))


class CascadeSchema(ResponseSchema):
    """The follow-up steps of a change. `total` is the number of items counted so far, over all steps."""

    id = fields.String(required=True, metadata=CASCADE_ID)
    state = EnumField(CascadeState, required=True, metadata=about("Whether it is running, is done, or has failed."))
    total = fields.Integer(required=True, metadata=about("How many items have been counted so far, over all steps.", 3))
    done = fields.Integer(required=True, metadata=about("How many of them are done.", 3))
    failed = fields.Integer(required=True, metadata=about("How many of them failed.", 0))
    change = fields.String(required=True, metadata=about("What was changed.", "held"))
    subject = fields.Nested(CascadeSubjectSchema, required=True, metadata=about("What the change was made to."))
    cause = fields.Nested(CauseSchema, required=True, metadata=about("Why."))
    created_at = Rfc3339Instant(required=True, metadata=about("When it began."))
    finished_at = nullable(Rfc3339Instant, about("When it ended; null: not yet."))
    steps = fields.List(fields.Nested(CascadeStepSchema), required=True, metadata=about("The steps, in their order."))


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
    """The follow-up steps of one change, and their progress. Sellers see those of their own products.

    A status change returns a `cascade_id`. This is the progress of its follow-up steps: packs hidden, renewals
    cancelled, notifications sent.
    """
    with current_runtime().database.read_session() as session:
        return json_response(_CASCADE, read_cascade_progress(session, cascade_id, visibility()))
