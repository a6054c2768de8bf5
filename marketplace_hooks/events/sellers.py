"""What are we told about sellers and their accounts?"""

from __future__ import annotations

from marshmallow import fields, validate

from ..domain.statuses import Asked, Side, Status
from ..services.sellers import change_account, upsert_seller
from ..services.standings import Standings
from ..services.work import Work
from ..store.products import SubjectKind
from .fields import EventSchema, Identifier, Moment
from .registry import Applied, ParentUnknown, Result, Told, handles, result_of, seller


class SellerUpsertedSchema(EventSchema):
    """A seller as described now. `email` is where our mail goes. `helpdesk_relays` are addresses that relay a person's
    answers."""

    seller_id = Identifier(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    country = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}\Z", error="Must be ISO 3166-1: FR."))
    locale = fields.String(required=True, validate=validate.Length(2, 20))
    email = fields.String(load_default=None, allow_none=True, validate=validate.Length(3, 320))
    helpdesk_relays = fields.List(fields.String(validate=validate.Length(1, 320)), load_default=list)


class AccountChangedSchema(EventSchema):
    """The marketplace suspends a seller's account, or lifts the suspension."""

    seller_id = Identifier(required=True)
    reason = fields.String(required=True, validate=validate.Length(0, 2_000))
    effective_at = Moment(allow_none=True, load_default=None)


@handles("seller.upserted", SellerUpsertedSchema, touches=seller)
def seller_upserted(work: Work, standings: Standings, told: Told) -> Result:
    """Keep the description."""
    is_new = standings.get(SubjectKind.SELLER, told.data["seller_id"]) is None
    if not upsert_seller(work, standings, told.data, sent_at=told.sent_at):
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"seller:{told.data['seller_id']}" if is_new else None)


@handles("seller.suspended", AccountChangedSchema, touches=seller)
def seller_suspended(work: Work, standings: Standings, told: Told) -> Result:
    """Hold everything that the seller sells."""
    return _change(work, standings, told, Status.OFFLINE_TEMPORARY)


@handles("seller.unsuspended", AccountChangedSchema, touches=seller)
def seller_unsuspended(work: Work, standings: Standings, told: Told) -> Result:
    """Lift the account's hold; those of other sides stay."""
    return _change(work, standings, told, Status.ONLINE)


def _change(work: Work, standings: Standings, told: Told, status: Status) -> Result:
    standing = standings.get(SubjectKind.SELLER, told.data["seller_id"])
    if standing is None:
        raise ParentUnknown("seller", told.data["seller_id"])
    asked = Asked(side=Side.ACCOUNT, status=status, sent_at=told.sent_at, effective_at=told.data["effective_at"])
    cause = told.cause(actor=Side.MARKETPLACE)
    return result_of(change_account(work, standings, standing, asked, cause, received_at=told.received_at).effect)
