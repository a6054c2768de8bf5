"""What are we told about packs?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

from ..services.packs import upsert_pack
from ..services.standings import Standings, Subject
from ..services.work import Work
from ..store.products import SubjectKind
from .fields import EventSchema, Identifier, MoneySchema, Titles, version
from .products import StatusChangedSchema, apply_status_change
from .registry import Applied, ParentUnknown, Result, Told, handles, pack, seller


class PackUpsertedSchema(EventSchema):
    """A pack as it is described now, with everything that is in it."""

    pack_id = Identifier(required=True)
    seller_id = Identifier(required=True)
    title = Titles(required=True)
    price = fields.Nested(MoneySchema, required=True)
    product_ids = fields.List(Identifier(), required=True, validate=validate.Length(max=500))
    version = version()


class PackStatusChangedSchema(StatusChangedSchema):
    """One side changes the status of a pack, by the same rules as of a product."""

    class Meta(EventSchema.Meta):
        exclude = ("product_id",)

    pack_id = Identifier(required=True)


def _pack_and_members(data: Mapping[str, Any]) -> Iterable[Subject]:
    yield from seller(data)
    yield from pack(data)
    for product_id in data["product_ids"]:
        yield SubjectKind.PRODUCT, product_id


@handles("pack.upserted", PackUpsertedSchema, touches=_pack_and_members)
def pack_upserted(work: Work, standings: Standings, told: Told) -> Result:
    """Keep the description and the membership; wait for members that have not been told yet."""
    for kind, id_ in _pack_and_members(told.data):
        if kind is not SubjectKind.PACK and standings.get(kind, id_) is None:
            raise ParentUnknown(kind, id_)
    is_new = standings.get(SubjectKind.PACK, told.data["pack_id"]) is None
    if not upsert_pack(work, standings, told.data, told.cause(actor="marketplace")):
        return Result(applied=Applied.SUPERSEDED)
    return Result(applied=Applied.CHANGED, created=f"pack:{told.data['pack_id']}" if is_new else None)


@handles("pack.status_changed", PackStatusChangedSchema, touches=pack)
def pack_status_changed(work: Work, standings: Standings, told: Told) -> Result:
    """Hold, lift, withdraw or schedule, for the side that the event names."""
    standing = standings.get(SubjectKind.PACK, told.data["pack_id"])
    if standing is None:
        raise ParentUnknown("pack", told.data["pack_id"])
    return apply_status_change(work, standing, told)
