"""Lines of sellers, products, packs and releases: the data of their events, with earlier listings and statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..domain.catalog.statuses import Side, Status
from ..events.fields import EventDataSchema, EventMoneySchema, Moment, version
from ..events.packs import PackUpsertedSchema
from ..events.products import ListingDataSchema, ProductUpsertedSchema
from ..events.releases import DownloadUrl, ReleasePublishedSchema
from ..events.sellers import SellerUpsertedSchema
from ..events.support import ClosureDataSchema

_reason = validate.Length(0, 2_000)


class SuspensionLineSchema(EventDataSchema):
    """A seller's account is suspended since an instant."""

    reason = fields.String(required=True, validate=_reason)
    since = Moment(required=True)


class AnnouncedDaysLineSchema(EventDataSchema):
    """Days of a closure that an earlier description announced, and when it did."""

    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True, allow_none=True)
    announced_at = Moment(required=True)


class ClosureLineSchema(ClosureDataSchema):
    """`seller.closure_declared` of the line's seller; customers could see it once it was declared, or announced."""

    class Meta(ClosureDataSchema.Meta):
        exclude = ("seller_id",)

    announced_at = Moment(load_default=None, allow_none=True)
    announced_before = fields.List(
        fields.Nested(AnnouncedDaysLineSchema), load_default=list, validate=validate.Length(max=100)
    )

    @validates_schema
    def _is_in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["last_day"] is not None and data["last_day"] < data["first_day"]:
            raise ValidationError("Lies before first_day.", "last_day")


class SellerLineSchema(SellerUpsertedSchema):
    """`seller.upserted`, whether the account is suspended, and the closures that were not cancelled."""

    suspended = fields.Nested(SuspensionLineSchema, allow_none=True, load_default=None)
    closures = fields.List(fields.Nested(ClosureLineSchema), load_default=list, validate=validate.Length(max=1_000))

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **kwargs: Any) -> None:
        _refuse_repeated((one["closure_id"] for one in data["closures"]), "closures", "closure_id")


class StatusLineSchema(EventDataSchema):
    """The status that one side asked for last, and since when, unless it is online; `version` orders later events."""

    actor = fields.String(required=True, validate=validate.OneOf([Side.SELLER.value, Side.MARKETPLACE.value]))
    status = fields.String(required=True, validate=validate.OneOf([status.value for status in Status]))
    reason = fields.String(load_default="", validate=_reason)
    since = Moment(load_default=None, allow_none=True)
    version = version()

    @validates_schema
    def _is_dated(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["since"] is None and data["status"] != Status.ONLINE:
            raise ValidationError("Required unless it is online.", "since")


class ReinstatedWithdrawalLineSchema(EventDataSchema):
    """A withdrawal that the marketplace has undone since: the renewals that it cancelled stay cancelled."""

    actor = fields.String(required=True, validate=validate.OneOf([Side.SELLER.value, Side.MARKETPLACE.value]))
    reason = fields.String(load_default="", validate=_reason)
    since = Moment(required=True)
    reinstated_at = Moment(required=True)
    reinstated_reason = fields.String(load_default="", validate=_reason)

    @validates_schema
    def _is_in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["reinstated_at"] < data["since"]:
            raise ValidationError("Lies before the withdrawal.", "reinstated_at")


class ListingLineSchema(ListingDataSchema):
    """An earlier revision of a listing, with the version and the price that the description had then."""

    version = version()
    price = fields.Nested(EventMoneySchema, required=True)


class ProductLineSchema(ProductUpsertedSchema):
    """`product.upserted`, with earlier listings, the last status of each side, and withdrawals that were undone."""

    listings = fields.List(fields.Nested(ListingLineSchema), load_default=list, validate=validate.Length(max=1_000))
    statuses = fields.List(fields.Nested(StatusLineSchema), load_default=list, validate=validate.Length(max=2))
    withdrawals = fields.List(
        fields.Nested(ReinstatedWithdrawalLineSchema), load_default=list, validate=validate.Length(max=1_000)
    )

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **kwargs: Any) -> None:
        _refuse_repeated((one["version"] for one in (data, *data["listings"])), "listings", "version")
        _refuse_repeated((one["actor"] for one in data["statuses"]), "statuses", "actor")
        _refuse_other_currencies(data["price"], data["listings"])


class PackLineSchema(PackUpsertedSchema):
    """`pack.upserted`, and what each side has asked for last."""

    statuses = fields.List(fields.Nested(StatusLineSchema), load_default=list, validate=validate.Length(max=2))

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **kwargs: Any) -> None:
        _refuse_repeated((one["actor"] for one in data["statuses"]), "statuses", "actor")


class ReleaseLineSchema(ReleasePublishedSchema):
    """`release.published`. One that is published already is not announced again; one of the future is, then.

    Its file may be fetched by http: events could name such addresses once, and an export has what they named.
    """

    download_url = DownloadUrl(may_be_http=True)


def _refuse_repeated(values: Iterable[Any], name: str, what: str) -> None:
    found: set[Any] = set()
    for value in values:
        if value in found:
            raise ValidationError(f"Has the {what} {value} twice.", name)
        found.add(value)


def _refuse_other_currencies(price: Mapping[str, Any], listings: list[dict[str, Any]]) -> None:
    for number, listing in enumerate(listings):
        if listing["price"]["currency"] != price["currency"]:
            message = f"Is another currency than {price['currency']}, which the line has elsewhere."
            raise ValidationError({number: {"price": {"currency": [message]}}}, "listings")
