"""Events about sellers: described, account suspended and unsuspended."""

from __future__ import annotations

from marshmallow import fields, validate

from ..domain.catalog.statuses import Side, Status, StatusRequest
from ..domain.member_descriptions import SELLER_ID, about
from ..models.products import SubjectKind
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.catalog.sellers import change_account, upsert_seller
from ..services.core.unit_of_work import UnitOfWork
from .fields import EventDataSchema, Identifier, Moment
from .registry import SELLER, Applied, InboundEvent, ParentUnknown, Result, handles, result_of, seller


class SellerUpsertedSchema(EventDataSchema):
    """The current description of a seller. `region` is a subdivision of the country, such as 57 or 974, whose public
    holidays apply to the seller. `email` is where our mail goes. `helpdesk_relays` are addresses that relay a person's
    answers."""

    seller_id = Identifier(required=True, metadata=SELLER_ID)
    name = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata=about("Their name, as pages and mails show it.", "Atelier Numérique"),
    )
    country = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{2}\Z", error="Must be ISO 3166-1: FR."),
        metadata=about("The country, by ISO 3166-1.", "FR"),
    )
    region = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata=about("A subdivision of the country, whose public holidays are the seller's too; null: none.", "57"),
    )
    locale = fields.String(
        required=True, validate=validate.Length(2, 20), metadata=about("The language that mails are written in.", "fr")
    )
    email = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(3, 320),
        metadata=about("Where mails to the seller go; null: none are sent.", "contact@example.com"),
    )
    helpdesk_relays = fields.List(
        fields.String(validate=validate.Length(1, 320)),
        load_default=list,
        metadata=about("Addresses from which a help desk sends the seller's answers.", ["help@helpdesk.example.com"]),
    )


class AccountChangedSchema(EventDataSchema):
    """The marketplace suspends a seller's account, or lifts the suspension."""

    seller_id = Identifier(required=True, metadata=SELLER_ID)
    reason = fields.String(
        required=True, validate=validate.Length(0, 2_000), metadata=about("Why, in words.", "A fault is being fixed")
    )
    effective_at = Moment(
        allow_none=True, load_default=None, may_be_future=True, metadata=about("When it takes effect; null: at once.")
    )


@handles("seller.upserted", SellerUpsertedSchema, subject=SELLER, touches=seller)
def seller_upserted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Store the description."""
    is_new = locked_subjects.get(SubjectKind.SELLER, event.data["seller_id"]) is None
    if not upsert_seller(uow, locked_subjects, event.data, sent_at=event.sent_at):
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"seller:{event.data['seller_id']}" if is_new else None)


@handles("seller.suspended", AccountChangedSchema, subject=SELLER, touches=seller, urgent=True)
def seller_suspended(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Hold everything that the seller sells."""
    return _change(uow, locked_subjects, event, Status.OFFLINE_TEMPORARY)


@handles("seller.unsuspended", AccountChangedSchema, subject=SELLER, touches=seller, urgent=True)
def seller_unsuspended(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Lift the account's hold; those of other sides stay."""
    return _change(uow, locked_subjects, event, Status.ONLINE)


def _change(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent, status: Status) -> Result:
    locked = locked_subjects.get(SubjectKind.SELLER, event.data["seller_id"])
    if locked is None:
        raise ParentUnknown("seller", event.data["seller_id"])
    request = StatusRequest(
        side=Side.ACCOUNT, status=status, sent_at=event.sent_at, effective_at=event.data["effective_at"]
    )
    cause = event.cause(actor=Side.MARKETPLACE)
    return result_of(change_account(uow, locked_subjects, locked, request, cause, received_at=event.received_at).effect)
