"""Packed lines: valid lines as they wait on the disk, between their check and their writing.

A plain purchase is a tuple of texts and numbers, for which `marshal` needs a tenth of the time of `pickle`; any other
line is pickled. What is packed was made by this process, and is read by no other.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from .entities import UNDATED, Entity, EntityKind, Parent, parents
from .plain_purchases import PlainPurchase


class PackedLine(NamedTuple):
    """One valid line: what is checked beside other lines, and everything that it says, packed.

    `charges` are the charges that paid a period, each with its path.
    """

    kind: EntityKind
    id: str
    parents: Sequence[Parent]
    charges: Sequence[tuple[str, str]]
    is_plain: bool
    packed: bytes


def pack_entity(entity: Entity) -> PackedLine:
    """Pack a line of any kind."""
    charges: list[tuple[str, str]] = []
    if entity.kind is EntityKind.PURCHASE:
        charge_ids = [period["charge_id"] for period in entity.data["periods"]]
        charges = [(id_, _charge_path(number)) for number, id_ in enumerate(charge_ids) if id_ is not None]
    packed = pickle.dumps((entity.timestamp, entity.data, entity.given), pickle.HIGHEST_PROTOCOL)
    needed = tuple(parents(entity.kind, entity.data))
    return PackedLine(entity.kind, entity.id, needed, charges, False, packed)


def pack_plain(plain: PlainPurchase, timestamp: datetime, given: Iterable[str]) -> PackedLine:
    """Pack the line of a plain purchase."""
    needed = [
        Parent(EntityKind.CUSTOMER, plain.customer_id, "data.customer_id"),
        Parent(EntityKind.PRODUCT, plain.product_id, "data.product_id"),
    ]
    if plain.pack_id is not None:
        needed.append(Parent(EntityKind.PACK, plain.pack_id, "data.pack_id"))
    charges = [(renewal[0], _charge_path(number)) for number, renewal in enumerate(plain.renewals)]
    dated = None if timestamp is UNDATED else timestamp.isoformat()
    packed = marshal.dumps((dated, tuple(plain), tuple(given)))
    return PackedLine(EntityKind.PURCHASE, plain.purchase_id, tuple(needed), charges, True, packed)


def unpack(kind: EntityKind, id_: str, is_plain: int, packed: bytes) -> Entity:
    """The entity of a packed line."""
    if is_plain:
        dated, plain, given = marshal.loads(packed)  # noqa: S302 - packed by this process, into a file of its own
        timestamp = UNDATED if dated is None else datetime.fromisoformat(dated)
        return Entity(kind, id_, timestamp, PlainPurchase(*plain).data(), given)
    timestamp, data, given = pickle.loads(packed)  # noqa: S301 - as above
    return Entity(kind, id_, timestamp, data, given)


def _charge_path(number: int) -> str:
    return f"data.periods.{number}.charge_id"
