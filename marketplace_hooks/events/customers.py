"""Events about customers: described, erased."""

from __future__ import annotations

from marshmallow import fields, validate

from ..domain.member_descriptions import CUSTOMER_ID, about
from ..services.business_care.purchases import upsert_customer
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.privacy.erasure import erase_customer, is_erased
from .fields import EventDataSchema, Identifier
from .registry import CUSTOMER, Applied, InboundEvent, Result, handles


class CustomerUpsertedSchema(EventDataSchema):
    """The current description of a customer."""

    customer_id = Identifier(required=True, metadata=CUSTOMER_ID)
    name = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata=about("Their name, as pages and mails show it.", "Atelier Numérique"),
    )
    email = fields.String(
        required=True,
        validate=validate.Length(3, 320),
        metadata=about("Where mails to them go.", "contact@example.com"),
    )
    locale = fields.String(
        required=True, validate=validate.Length(2, 20), metadata=about("The language that mails are written in.", "fr")
    )
    professional = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        metadata=about("Whether they buy as a business: a consumer is owed a notice before each renewal."),
    )


class CustomerErasedSchema(EventDataSchema):
    """A customer is to be erased: personal data is removed everywhere; ids, amounts and dates stay."""

    customer_id = Identifier(required=True, metadata=CUSTOMER_ID)


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
