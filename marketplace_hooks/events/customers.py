"""What are we told about customers?"""

from __future__ import annotations

from marshmallow import fields, validate

from ..services.purchases import upsert_customer
from ..services.standings import Standings
from ..services.work import Work
from .fields import EventSchema, Identifier
from .registry import Applied, Result, Told, handles


class CustomerUpsertedSchema(EventSchema):
    """A customer as described now."""

    customer_id = Identifier(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    email = fields.String(required=True, validate=validate.Length(3, 320))
    locale = fields.String(required=True, validate=validate.Length(2, 20))
    professional = fields.Boolean(required=True, truthy={True}, falsy={False})


@handles("customer.upserted", CustomerUpsertedSchema)
def customer_upserted(work: Work, standings: Standings, told: Told) -> Result:
    """Keep the description."""
    is_new = upsert_customer(work, told.data, sent_at=told.sent_at)
    if is_new is False:
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"customer:{told.data['customer_id']}" if is_new else None)
