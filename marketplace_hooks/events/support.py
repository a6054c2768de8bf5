"""Events about support: requests, messages, sellers' closures."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..domain.member_descriptions import (
    CLOSURE_ID,
    CUSTOMER_ID,
    PRODUCT_ID,
    PURCHASE_ID,
    REQUEST_ID,
    SELLER_ID,
    SHOP_URL,
    about,
)
from ..domain.support.state_machine import Kind
from ..errors import PayloadRejected
from ..models.products import Product, Seller
from ..models.purchases import Customer, Purchase
from ..models.support import SellerClosure, SupportRequest
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.support.closures import cancel_closure, declare_closure, shorten_closure
from ..services.support.messages import NewMessage, post_message
from ..services.support.site_checks import inspect_site_of
from ..services.support.submission import NewRequest, submit
from .fields import AttachedFiles, EventDataSchema, Identifier, Moment
from .registry import REQUEST, SELLER, Applied, InboundEvent, ParentUnknown, Result, handles


class RequestSubmittedSchema(EventDataSchema):
    """A customer asks for support. The purchase determines customer and product; a `presale` request names both.

    A customer or product given together with a purchase must match it.
    """

    request_id = Identifier(required=True, metadata=REQUEST_ID)
    purchase_id = Identifier(allow_none=True, load_default=None, metadata=PURCHASE_ID)
    presale = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata=about("Whether it is asked before any purchase.", False),
    )
    customer_id = Identifier(allow_none=True, load_default=None, metadata=CUSTOMER_ID)
    product_id = Identifier(allow_none=True, load_default=None, metadata=PRODUCT_ID)
    kind = fields.String(
        load_default=Kind.ANOMALY.value,
        validate=validate.OneOf([kind.value for kind in Kind]),
        metadata=about("What the request is about."),
    )
    subject = fields.String(
        required=True,
        validate=validate.Length(0, 500),
        metadata=about("The subject line, as the customer wrote it.", "Cart reminder stopped"),
    )
    body = fields.String(
        required=True,
        validate=validate.Length(0, 100_000),
        metadata=about("The text, as the customer wrote it.", "Since the update no reminder is sent."),
    )
    shop_url = fields.String(allow_none=True, load_default=None, validate=validate.Length(0, 2_000), metadata=SHOP_URL)
    submitted_at = Moment(required=True, metadata=about("When the request was sent."))

    @validates_schema
    def _needs_a_purchase(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("purchase_id") is None and not data.get("presale"):
            raise ValidationError("Required unless presale is true.", "purchase_id")
        if data.get("purchase_id") is not None and data.get("presale"):
            raise ValidationError("Left out when presale is true.", "purchase_id")
        if data.get("presale"):
            absent = [name for name in ("customer_id", "product_id") if data.get(name) is None]
            if absent:
                raise ValidationError({name: ["Required when presale is true."] for name in absent})


class MessagePostedSchema(EventDataSchema):
    """A message was added to a request's thread, through any channel."""

    request_id = Identifier(required=True, metadata=REQUEST_ID)
    message_id = fields.String(
        required=True, validate=validate.Length(1, 200), metadata=about("The message's id.", "m-7")
    )
    side = fields.String(
        required=True, validate=validate.OneOf(["customer", "seller", "marketplace"]), metadata=about("Who wrote it.")
    )
    author_type = fields.String(
        required=True,
        validate=validate.OneOf(["human", "automation"]),
        metadata=about("Whether a person or a program wrote it."),
    )
    visibility = fields.String(
        required=True,
        validate=validate.OneOf(["public", "internal"]),
        metadata=about("`public`: both sides see it; `internal`: only the seller and the marketplace."),
    )
    received_at = Moment(required=True, metadata=about("When it was received."))
    subject = fields.String(
        required=True,
        validate=validate.Length(0, 1_000),
        metadata=about("The subject line.", "Re: Cart reminder stopped"),
    )
    body = fields.String(
        required=True,
        validate=validate.Length(0, 200_000),
        metadata=about("The text.", "We have found the cause and will send a fix tomorrow."),
    )
    headers = fields.List(
        fields.List(fields.String(validate=validate.Length(0, 10_000)), validate=validate.Length(equal=2)),
        load_default=list,
        validate=validate.Length(max=200),
        metadata=about("The headers of a mail, each a name and a value.", [["Auto-Submitted", "no"]]),
    )
    attachments = AttachedFiles(
        load_default=0,
        metadata=about("How many files are attached, or for each `name, media_type?, size?, sha256?, url?`.", 0),
    )


class ClosureDataSchema(EventDataSchema):
    """Days on which a seller does not work, first and last included; `last_day` null: open-ended."""

    closure_id = Identifier(required=True, metadata=CLOSURE_ID)
    seller_id = Identifier(required=True, metadata=SELLER_ID)
    first_day = fields.Date(required=True, metadata=about("The first day, included.", "2026-12-24"))
    last_day = fields.Date(
        required=True, allow_none=True, metadata=about("The last day, included; null: no end is known.", "2027-01-03")
    )
    declared_at = Moment(required=True, metadata=about("When the seller declared it."))


@handles("support.request_submitted", RequestSubmittedSchema, subject=REQUEST)
def support_request_submitted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Submit the request as it is, for what is missing cannot be asked for; its site is inspected by a worker."""
    customer_id, product_id = _customer_and_product(uow, event)
    request_id = event.data["request_id"]
    if _known(uow, request_id):
        return Result(applied=Applied.NO_EFFECT, note="the request is known")
    given = {**event.data, "customer_id": customer_id, "product_id": product_id, "kind": Kind(event.data["kind"])}
    inspect_site_of(uow, submit(uow, NewRequest(**given, as_it_is=True), event.cause(actor="customer")))
    return Result(applied=Applied.CHANGED, created=f"request:{request_id}")


@handles("support.message_posted", MessagePostedSchema, subject=REQUEST)
def support_message_posted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Add it to the thread; it may acknowledge."""
    if not _known(uow, event.data["request_id"]):
        raise ParentUnknown("request", event.data["request_id"])
    posted = NewMessage(**event.data, author=event.data["side"], origin="email" if event.data["headers"] else "web")
    added = post_message(uow, posted, event.cause(actor=event.data["side"]))
    return Result(applied=Applied.CHANGED if added else Applied.NO_EFFECT, note=None if added else "known already")


@handles("seller.closure_declared", ClosureDataSchema, subject=SELLER)
def seller_closure_declared(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Announce it to customers from now on."""
    if uow.session.get(Seller, event.data["seller_id"]) is None:
        raise ParentUnknown("seller", event.data["seller_id"])
    data = event.data
    changed = declare_closure(
        uow,
        data["seller_id"],
        data["closure_id"],
        first_day=data["first_day"],
        last_day=data["last_day"],
        declared_at=data["declared_at"],
        described_at=event.sent_at,
        cause=event.cause(actor="seller"),
    )
    return Result(
        applied=Applied.CHANGED if changed else Applied.SUPERSEDED,
        created=f"closure:{data['closure_id']}" if changed else None,
    )


@handles("seller.closure_shortened", ClosureDataSchema, subject=SELLER)
def seller_closure_shortened(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """The seller works again earlier."""
    _known_closure(uow, event)
    if event.data["last_day"] is None:
        message = "A shortened closure has a last day."
        raise PayloadRejected("no last day", errors=[{"path": "data.last_day", "message": message}])
    cause = event.cause(actor="seller")
    changed = shorten_closure(
        uow, event.data["closure_id"], event.data["last_day"], described_at=event.sent_at, cause=cause
    )
    return Result(applied=Applied.CHANGED if changed else Applied.NO_EFFECT)


@handles("seller.closure_cancelled", ClosureDataSchema, subject=SELLER)
def seller_closure_cancelled(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """The seller works after all; a missed clock is never reopened."""
    _known_closure(uow, event)
    cause = event.cause(actor="seller")
    changed = cancel_closure(uow, event.data["closure_id"], described_at=event.sent_at, cause=cause)
    return Result(applied=Applied.CHANGED if changed else Applied.NO_EFFECT)


def _known(uow: UnitOfWork, request_id: str) -> bool:
    query = uow.session.query(SupportRequest.number).filter(SupportRequest.id == request_id)
    return query.first() is not None


def _known_closure(uow: UnitOfWork, event: InboundEvent) -> None:
    if uow.session.get(SellerClosure, event.data["closure_id"]) is None:
        raise ParentUnknown("closure", event.data["closure_id"])


def _customer_and_product(uow: UnitOfWork, event: InboundEvent) -> tuple[str, str]:
    """Whose request it is, and about what. Raises `ParentUnknown`, or `PayloadRejected` for a contradiction."""
    if event.data["presale"]:
        parents: list[tuple[type[Any], str]] = [(Customer, "customer"), (Product, "product")]
        for table, kind in parents:
            if uow.session.get(table, event.data[f"{kind}_id"]) is None:
                raise ParentUnknown(kind, event.data[f"{kind}_id"])
        return event.data["customer_id"], event.data["product_id"]
    purchase = uow.session.get(Purchase, event.data["purchase_id"])
    if purchase is None:
        raise ParentUnknown("purchase", event.data["purchase_id"])
    errors = [
        {"path": f"data.{name}", "message": "is not the purchase's"}
        for name in ("customer_id", "product_id")
        if event.data[name] is not None and getattr(purchase, name) != event.data[name]
    ]
    if errors:
        raise PayloadRejected("the request contradicts its purchase", errors=errors)
    return purchase.customer_id, purchase.product_id
