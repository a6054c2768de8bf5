"""Events about packs: described, status changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

from ..domain.member_descriptions import PACK_ID, SELLER_ID, about
from ..models.products import SubjectKind
from ..services.catalog.locked_subjects import LockedSubjects, SubjectKey
from ..services.catalog.packs import upsert_pack
from ..services.core.unit_of_work import UnitOfWork
from .fields import EventDataSchema, EventMoneySchema, Identifier, Titles, version
from .products import StatusChangedSchema, apply_status_change
from .registry import PACK, Applied, InboundEvent, ParentUnknown, Result, handles, pack, seller


class PackUpsertedSchema(EventDataSchema):
    """The current description of a pack, with everything that is in it."""

    pack_id = Identifier(required=True, metadata=PACK_ID)
    seller_id = Identifier(required=True, metadata=SELLER_ID)
    title = Titles(
        required=True,
        metadata=about("The name, for each language.", {"fr": "Relance de paniers", "en": "Cart reminder"}),
    )
    price = fields.Nested(EventMoneySchema, required=True, metadata=about("What it costs."))
    product_ids = fields.List(
        Identifier(),
        required=True,
        validate=validate.Length(max=500),
        metadata=about("The products in the pack.", ["20133", "20134"]),
    )
    version = version()


class PackStatusChangedSchema(StatusChangedSchema):
    """One side changes the status of a pack, by the same rules as for a product."""

    class Meta(EventDataSchema.Meta):
        exclude = ("product_id",)

    pack_id = Identifier(required=True, metadata=PACK_ID)


def _pack_and_members(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    yield from seller(data)
    yield from pack(data)
    for product_id in data["product_ids"]:
        yield SubjectKind.PRODUCT, product_id


@handles("pack.upserted", PackUpsertedSchema, subject=PACK, touches=_pack_and_members)
def pack_upserted(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Store the description and the membership; wait for members that are not known yet."""
    for kind, id_ in _pack_and_members(event.data):
        if kind is not SubjectKind.PACK and locked_subjects.get(kind, id_) is None:
            raise ParentUnknown(kind, id_)
    is_new = locked_subjects.get(SubjectKind.PACK, event.data["pack_id"]) is None
    cause = event.cause(actor="marketplace")
    if not upsert_pack(uow, locked_subjects, event.data, cause, described_at=event.sent_at):
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"pack:{event.data['pack_id']}" if is_new else None)


@handles("pack.status_changed", PackStatusChangedSchema, subject=PACK, touches=pack, urgent=True)
def pack_status_changed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Hold, lift, withdraw or schedule, for the side that the event names."""
    locked = locked_subjects.get(SubjectKind.PACK, event.data["pack_id"])
    if locked is None:
        raise ParentUnknown("pack", event.data["pack_id"])
    return apply_status_change(uow, locked, event)
