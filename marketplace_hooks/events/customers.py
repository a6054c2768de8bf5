"""Events about customers: described, erased."""

from __future__ import annotations

from marshmallow import fields, validate

from ..services.business_care.purchases import upsert_customer
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.privacy.erasure import erase_customer, is_erased
from .fields import EventDataSchema, Identifier
from .registry import CUSTOMER, Applied, InboundEvent, Result, handles


class CustomerUpsertedSchema(EventDataSchema):
    """A customer as described now."""

    customer_id = Identifier(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    email = fields.String(required=True, validate=validate.Length(3, 320))
    locale = fields.String(required=True, validate=validate.Length(2, 20))
    professional = fields.Boolean(required=True, truthy={True}, falsy={False})


class CustomerErasedSchema(EventDataSchema):
    """A customer is to be forgotten: what is personal goes everywhere; ids, amounts and dates stay."""

    customer_id = Identifier(required=True)


@handles("customer.upserted", CustomerUpsertedSchema, subject=CUSTOMER)
def customer_upserted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Store the description."""
    is_new = upsert_customer(uow, event.data, sent_at=event.sent_at)
    if is_new is False:
        erase_again(uow, event, event.data["customer_id"])
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"customer:{event.data['customer_id']}" if is_new else None)


@handles("customer.erased", CustomerErasedSchema, subject=CUSTOMER)
def customer_erased(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Erase what is personal, once and for good."""
    is_new = erase_customer(uow, event.data["customer_id"], event.cause(actor="customer"))
    if not is_new:
        return Result(applied=Applied.NO_EFFECT, note="the customer was erased before")
    return Result(applied=Applied.CHANGED, created=f"customer:{event.data['customer_id']}")


def erase_again(uow: UnitOfWork, event: InboundEvent, customer_id: str) -> None:
    """Erase again at once what an event has brought about a customer who was erased."""
    if is_erased(uow.session, customer_id):
        erase_customer(uow, customer_id, event.cause(actor="customer"))
