"""Events about releases: published, purchased."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from ..config.parsers import is_secure_or_local
from ..domain.inspections.file_integrity import clean_path
from ..domain.member_descriptions import (
    COMPATIBLE_FROM,
    COMPATIBLE_TO,
    PRODUCT_ID,
    PURCHASE_ID,
    RELEASE_ID,
    SHA256,
    about,
)
from ..models.products import SubjectKind
from ..models.releases import Release, ReleaseKind
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.releases.publishing import publish_release, record_release_purchase
from ..services.support.fix_deliveries import resolve_by_purchase, resolve_by_release
from .fields import EventDataSchema, EventMoneySchema, Identifier, Moment
from .purchases import known_purchase
from .registry import PRODUCT, PURCHASE, Applied, InboundEvent, ParentUnknown, Result, handles, product

_bound = validate.Length(1, 50)
_sha256 = validate.Regexp(r"^[0-9a-f]{64}\Z", error="Must be a SHA-256 in 64 lower-case hexadecimal digits.")

NOT_DOWNLOADABLE = "Must be an https address in ASCII, without a name or password in it."


def _downloadable(url: str) -> None:
    """What a browser may be sent to, and what `services/downloads` can sign: nothing but an address of the web."""
    try:
        parts = urlsplit(url)
        readable = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        readable = False
    if not readable or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise ValidationError(NOT_DOWNLOADABLE)


def _downloadable_by_https(url: str) -> None:
    """The same, and nobody can read or change the file on its way: by http, it comes from this machine alone."""
    _downloadable(url)
    if not is_secure_or_local(url):
        raise ValidationError(NOT_DOWNLOADABLE)


class DownloadUrl(fields.String):
    """Where a release's file is. `may_be_http`: also where others can read it on its way."""

    def __init__(self, *, may_be_http: bool = False) -> None:
        about_it = about(
            "Where the file is; customers get a signed link to it.", "https://files.example.com/cartreminder-2.4.0.zip"
        )
        check = _downloadable if may_be_http else _downloadable_by_https
        super().__init__(required=True, validate=[validate.Length(8, 2_000), check], metadata=about_it)


def _module_path(path: str) -> None:
    """A file inside the module's folder: what a companion reports is compared by these paths."""
    try:
        clean_path(path)
    except ValueError as error:
        raise ValidationError("Must be a path inside the module's folder, such as classes/Row.php.") from error


class ReleasePublishedSchema(EventDataSchema):
    """A version of a product can be downloaded; a paid one is bought for `price`."""

    release_id = Identifier(required=True, metadata=RELEASE_ID)
    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    number = fields.String(required=True, validate=_bound, metadata=about("The version's number.", "2.4.0"))
    kind = fields.String(
        required=True,
        validate=validate.OneOf([kind.value for kind in ReleaseKind]),
        metadata=about("Whether it comes with Business Care or is bought."),
    )
    compatible_from = fields.String(required=True, allow_none=True, validate=_bound, metadata=COMPATIBLE_FROM)
    compatible_to = fields.String(required=True, allow_none=True, validate=_bound, metadata=COMPATIBLE_TO)
    published_at = Moment(required=True, may_be_future=True, metadata=about("When it becomes available for download."))
    download_url = DownloadUrl()
    sha256 = fields.String(required=True, validate=_sha256, metadata=SHA256)
    price = fields.Nested(
        EventMoneySchema,
        allow_none=True,
        load_default=None,
        metadata=about("What a paid release costs; null for one that is free.", None),
    )
    manifest = fields.Dict(
        keys=fields.String(validate=[validate.Length(1, 1_000), _module_path]),
        values=fields.String(validate=_sha256),
        allow_none=True,
        load_default=None,
        metadata=about(
            "The SHA-256 of every file of the module, by its path; null: not known.",
            {"cartreminder.php": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
        ),
    )
    fixes = fields.List(
        Identifier(),
        load_default=list,
        validate=validate.Length(max=1_000),
        metadata=about("The support requests that it fixes.", ["req-1"]),
    )

    @validates_schema
    def _priced_if_paid(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["kind"] == ReleaseKind.PAID and data["price"] is None:
            raise ValidationError("A paid release has a price.", "price")
        if data["kind"] == ReleaseKind.FREE and data["price"] is not None and data["price"]["amount_cents"] > 0:
            raise ValidationError("A free release has no price.", "price")


class ReleasePurchasedSchema(EventDataSchema):
    """The holder of a purchase bought a paid release of its product."""

    release_id = Identifier(required=True, metadata=RELEASE_ID)
    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    amount = fields.Nested(EventMoneySchema, required=True, metadata=about("How much."))
    purchased_at = Moment(required=True, metadata=about("When it was bought."))


@handles("release.published", ReleasePublishedSchema, subject=PRODUCT, touches=product)
def release_published(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Record the release, notify every entitled holder, and resolve the requests that it fixes."""
    locked = locked_subjects.get(SubjectKind.PRODUCT, event.data["product_id"])
    if locked is None:
        raise ParentUnknown("product", event.data["product_id"])
    cause = event.cause(actor="seller")
    is_new = publish_release(uow, locked, event.data, cause, sent_at=event.sent_at)
    if is_new is False:
        return Result(applied=Applied.SUPERSEDED)
    note = None
    if event.data["fixes"] and event.data["published_at"] <= uow.now:
        release = uow.session.get_one(Release, event.data["release_id"])
        at = max(event.data["published_at"], min(event.received_at, uow.now))
        note = resolve_by_release(uow, release, event.data["fixes"], at, cause).note
    created = f"release:{event.data['release_id']}" if is_new else None
    return Result(applied=Applied.CHANGED, note=note, created=created)


@handles("release.purchased", ReleasePurchasedSchema, subject=PURCHASE)
def release_purchased(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Record the purchase: from then on the release may be downloaded, and meets the requests that wait for it."""
    purchase = known_purchase(uow, event)
    release = uow.session.get(Release, event.data["release_id"])
    if release is None:
        raise ParentUnknown("release", event.data["release_id"])
    is_new = record_release_purchase(uow, release, purchase, event.data)
    if is_new:
        bought_at = min(event.data["purchased_at"], uow.now)
        resolve_by_purchase(uow, release, purchase.id, bought_at, event.cause(actor="customer"))
    return Result(applied=Applied.CHANGED if is_new else Applied.NO_EFFECT, note=None if is_new else "known already")
