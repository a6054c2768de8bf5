"""Events about products: described, status changed, scheduled change cancelled, reinstated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from ..domain.catalog.statuses import Effect, Side, Status, StatusRequest
from ..domain.inspections.file_integrity import clean_path
from ..domain.member_descriptions import COMPATIBLE_FROM, COMPATIBLE_TO, PRODUCT_ID, SELLER_ID, about
from ..models.products import ProductKind, SubjectKind
from ..services.business_care.price_reviews import request_price_review
from ..services.catalog.locked_subjects import LockedSubject, LockedSubjects, SubjectKey
from ..services.catalog.products import upsert_product
from ..services.catalog.status_changes import cancel_scheduled, change_status, explain, reinstate
from ..services.core.unit_of_work import UnitOfWork
from .fields import EventDataSchema, EventMoneySchema, Identifier, Moment, TextByLanguage, TextOrTitles, Titles, version
from .registry import PRODUCT, Applied, InboundEvent, ParentUnknown, Result, handles, product, result_of, seller

_reason = validate.Length(0, 2_000)
_bound = validate.Length(1, 50)
MOST_OVERRIDES = 200


def _override_path(path: str) -> None:
    """A path below the shop's root, with or without `override/` before."""
    try:
        clean_path(path)
    except ValueError as error:
        raise ValidationError("Must be a path inside the shop, such as override/classes/Mail.php.") from error


class IncompatibleModuleSchema(EventDataSchema):
    """A module that the listing says it does not work with, with the range of versions concerned."""

    name = fields.String(
        required=True, validate=validate.Length(1, 200), metadata=about("The technical name of the module.", "oldcache")
    )
    from_ = fields.String(
        data_key="from",
        attribute="from",
        validate=_bound,
        metadata=about("The first version concerned; if left out, all up to `to`.", "1.0.0"),
    )
    to = fields.String(
        validate=_bound, metadata=about("The last version concerned; if left out, all from `from` on.", "1.9.9")
    )


class ListingDataSchema(EventDataSchema):
    """What the product page advertises from `published_at` on."""

    features = fields.List(
        TextOrTitles(),
        required=True,
        validate=validate.Length(max=200),
        metadata=about(
            "The advertised features: each is text, or text for each language.",
            ["Reminds customers of carts they left"],
        ),
    )
    compatible_from = fields.String(required=True, allow_none=True, validate=_bound, metadata=COMPATIBLE_FROM)
    compatible_to = fields.String(required=True, allow_none=True, validate=_bound, metadata=COMPATIBLE_TO)
    incompatible_modules = fields.List(
        fields.Nested(IncompatibleModuleSchema),
        load_default=list,
        metadata=about(
            "Modules that the listing says it does not work with, and which versions of them.",
            [{"name": "oldcache", "from": "1.0.0", "to": "1.9.9"}],
        ),
    )
    conflicting_overrides = fields.List(
        fields.String(validate=[validate.Length(1, 400), _override_path]),
        load_default=list,
        validate=validate.Length(max=MOST_OVERRIDES),
        metadata=about("Paths of overrides that conflict with the product.", ["override/classes/Mail.php"]),
    )
    published_at = Moment(
        required=True,
        metadata=about(
            "From when the page advertises this, price included. A version that repeats the instant of an earlier one "
            "corrects it; its price and what it announces to buyers then count from when the event was sent."
        ),
    )


class ProductUpsertedSchema(EventDataSchema):
    """The current description of a product; `version` orders descriptions."""

    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    seller_id = Identifier(required=True, metadata=SELLER_ID)
    kind = fields.String(
        required=True,
        validate=validate.OneOf([kind.value for kind in ProductKind]),
        metadata=about("Whether it is a module or a theme."),
    )
    technical_name = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata=about("The name of the module's folder.", "cartreminder"),
    )
    title = Titles(
        required=True,
        metadata=about("The name, for each language.", {"fr": "Relance de paniers", "en": "Cart reminder"}),
    )
    description = TextByLanguage(
        longest=20_000,
        load_default=dict,
        metadata=about("The long text, for each language.", {"fr": "Relance les clients.", "en": "Reminds customers."}),
    )
    categories = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        load_default=list,
        metadata=about("The categories that it is listed in.", ["Marketing"]),
    )
    price = fields.Nested(EventMoneySchema, required=True, metadata=about("What it costs."))
    version = version()
    listing = fields.Nested(ListingDataSchema, required=True, metadata=about("What the product page advertises."))


class StatusChangedSchema(EventDataSchema):
    """One side changes the status of a product; `version` orders the events of that side of that product."""

    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    status = fields.String(
        required=True,
        validate=validate.OneOf([status.value for status in Status]),
        metadata=about("The status that this side requests."),
    )
    actor = fields.String(
        required=True,
        validate=validate.OneOf([Side.SELLER.value, Side.MARKETPLACE.value]),
        metadata=about("The side that acts."),
    )
    reason = fields.String(required=True, validate=_reason, metadata=about("Why, in words.", "A fault is being fixed"))
    effective_at = Moment(
        allow_none=True, load_default=None, may_be_future=True, metadata=about("When it takes effect; null: at once.")
    )
    version = version()


class ChangeCancelledSchema(EventDataSchema):
    """One side cancels its scheduled change of a product."""

    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    actor = fields.String(
        required=True,
        validate=validate.OneOf([Side.SELLER.value, Side.MARKETPLACE.value]),
        metadata=about("The side that acts."),
    )
    reason = fields.String(required=True, validate=_reason, metadata=about("Why, in words.", "A fault is being fixed"))
    version = version()


class ReinstatedSchema(EventDataSchema):
    """The marketplace undoes a withdrawal."""

    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    reason = fields.String(required=True, validate=_reason, metadata=about("Why, in words.", "A fault is being fixed"))
    version = version()


def _product_and_seller(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    yield from seller(data)
    yield from product(data)


@handles("product.upserted", ProductUpsertedSchema, subject=PRODUCT, touches=_product_and_seller)
def product_upserted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Store the description and this revision of the listing."""
    if locked_subjects.get(SubjectKind.SELLER, event.data["seller_id"]) is None:
        raise ParentUnknown("seller", event.data["seller_id"])
    is_new = locked_subjects.get(SubjectKind.PRODUCT, event.data["product_id"]) is None
    cause = event.cause(actor="marketplace")
    changed = upsert_product(uow, locked_subjects, event.data, cause, described_at=event.sent_at)
    if not is_new:  # a late description too may say what the price will be, or was, at a renewal.
        request_price_review(uow, event.data["product_id"])
    if not changed:
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"product:{event.data['product_id']}" if is_new else None)


@handles("product.status_changed", StatusChangedSchema, subject=PRODUCT, touches=product, urgent=True)
def product_status_changed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Hold, lift, withdraw or schedule, for the side that the event names."""
    return apply_status_change(uow, _known(locked_subjects, event), event)


@handles("product.change_cancelled", ChangeCancelledSchema, subject=PRODUCT, touches=product, urgent=True)
def product_change_cancelled(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Empty the slot of the side that the event names."""
    side = Side(event.data["actor"])
    effect = cancel_scheduled(
        uow,
        _known(locked_subjects, event),
        side,
        event.cause(actor=side),
        version=event.data["version"],
        sent_at=event.sent_at,
        received_at=event.received_at,
    )
    return result_of(effect, "nothing was scheduled" if effect is Effect.NO_EFFECT else None)


@handles("product.reinstated", ReinstatedSchema, subject=PRODUCT, touches=product, urgent=True)
def product_reinstated(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Undo the withdrawal: the product is offline, under a marketplace hold."""
    outcome = reinstate(
        uow,
        _known(locked_subjects, event),
        event.cause(actor=Side.MARKETPLACE),
        version=event.data["version"],
        sent_at=event.sent_at,
        received_at=event.received_at,
    )
    return result_of(outcome.effect, "the product was not withdrawn" if outcome.effect is Effect.NO_EFFECT else None)


def apply_status_change(uow: UnitOfWork, locked: LockedSubject, event: InboundEvent) -> Result:
    """A status change by event, of a product or of a pack."""
    request = StatusRequest(
        side=Side(event.data["actor"]),
        status=Status(event.data["status"]),
        version=event.data["version"],
        sent_at=event.sent_at,
        effective_at=event.data["effective_at"],
    )
    cause = event.cause(actor=request.side)
    outcome = change_status(uow, locked, request, cause, received_at=event.received_at)
    return result_of(outcome.effect, explain(outcome, locked, request))


def _known(locked_subjects: LockedSubjects, event: InboundEvent) -> LockedSubject:
    locked = locked_subjects.get(SubjectKind.PRODUCT, event.data["product_id"])
    if locked is None:
        raise ParentUnknown("product", event.data["product_id"])
    return locked
