"""Plain purchases are read as their schema reads them; whatever is not plain, right or wrong, is left to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from marshmallow import ValidationError

from marketplace_hooks.snapshots.entities import UNDATED, Entity, EntityKind
from marketplace_hooks.snapshots.packing import pack_entity, pack_plain, unpack
from marketplace_hooks.snapshots.plain_purchases import plain_purchase
from marketplace_hooks.snapshots.purchase_schemas import PurchaseLineSchema, period_faults

from ..support.snapshots import line, renewal

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
SCHEMA = PurchaseLineSchema()
PLAIN = line("purchase", periods=[renewal(2, "2025-03-10T23:00:00Z")])["data"]

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.0, 2_000_000_000, 2_000_000_001, "", " ", "x", "x" * 100, "x" * 101, "x" * 2_001),
    *([], {}, [None], "EUR", "eur", "EUR\n", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00", "2026-03-02", "renewal"),
    *("purchase", "2099-01-01T00:00:00Z", {"amount_cents": 1, "currency": "EUR"}, {"amount_cents": True}),
]
INDEXES = [(1,), (3,), (2, 3), (2, 3, 4), (2, 2), (2, 4), (3, 2), (1, 2)]


def variants() -> list[dict[str, Any]]:
    """The plain line with each value in the place of each of its own, at every depth, and without each field."""
    found = [{**PLAIN, name: value} for name in PLAIN for value in VALUES]
    found += [
        {**PLAIN, "periods": [renewal(index, "2025-03-10T23:00:00Z") for index in indexes]} for indexes in INDEXES
    ]
    found += [{key: value for key, value in PLAIN.items() if key != name} for name in PLAIN]
    for field, inner in (("price_paid", PLAIN["price_paid"]), ("periods", PLAIN["periods"][0])):
        changed = [{**inner, name: value} for name in inner for value in VALUES]
        changed += [{key: value for key, value in inner.items() if key != name} for name in inner]
        changed += [{**inner, "more": 1}]
        found += [{**PLAIN, field: one if field == "price_paid" else [one]} for one in changed]
    return [*found, {**PLAIN, "more": 1}, {**PLAIN, "refunds": []}]


def test_what_is_recognised_is_what_the_schema_makes_of_it() -> None:
    recognised = 0
    for given in variants():
        plain = plain_purchase(given, NOW)
        if plain is not None:
            recognised += 1
            assert plain.data() == SCHEMA.load(given), given
            assert list(period_faults(plain.data(), ZONE)) == [], given
    assert recognised > 50


def test_a_plain_purchase_is_unpacked_as_it_was_packed() -> None:
    for timestamp, pack_id in ((UNDATED, None), (NOW, None), (NOW, "pack-1")):
        given = {**PLAIN, "pack_id": pack_id}
        plain = plain_purchase(given, NOW)
        assert plain is not None
        packed = pack_plain(plain, timestamp, given)
        named = [one for one in (given["customer_id"], given["product_id"], pack_id) if one is not None]
        assert [one.id for one in packed.parents] == named
        assert packed.charges == [("ch-2", "data.periods.0.charge_id")]
        entity = unpack(packed.kind, packed.id, packed.is_plain, packed.packed)
        assert entity == Entity(EntityKind.PURCHASE, given["purchase_id"], timestamp, SCHEMA.load(given), tuple(given))
        assert packed[:4] == pack_entity(entity)[:4]


def test_a_plain_line_is_recognised_and_a_wrong_one_is_not() -> None:
    assert plain_purchase(PLAIN, NOW) is not None
    for given in variants():
        try:
            SCHEMA.load(given)
        except ValidationError:
            assert plain_purchase(given, NOW) is None, given


@pytest.mark.parametrize("name", ["purchased_at"])
def test_a_line_of_the_future_is_left_to_the_schema(name: str) -> None:
    assert plain_purchase({**PLAIN, name: "2026-03-02T12:00:01Z"}, NOW) is None
