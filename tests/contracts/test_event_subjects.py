"""Every inbound type names its subject, and events about one thing are applied in the order of their receipt."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace_hooks.events.envelope import Envelope
from marketplace_hooks.events.fields import EventDataSchema, Identifier
from marketplace_hooks.events.intake import subject_and_shard
from marketplace_hooks.events.registry import (
    EVENTS,
    Applied,
    EventSubject,
    EventType,
    InboundEvent,
    Result,
    subject_of,
)
from marketplace_hooks.services.catalog.locked_subjects import LockedSubjects
from marketplace_hooks.services.core.unit_of_work import UnitOfWork

from ..support.marketplace import Marketplace, sample

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TYPES = sorted(EVENTS)


@pytest.mark.parametrize("name", TYPES)
def test_the_id_of_the_subject_is_a_required_field_of_the_schema(name: str) -> None:
    known = EVENTS[name]
    required = {field_name for field_name, field in known.schema.fields.items() if field.required}
    assert known.subject.id_field in required, f"{name} is about {known.subject}, which its schema does not require"


@pytest.mark.parametrize("name", TYPES)
def test_the_sample_of_a_type_says_what_it_is_about(name: str) -> None:
    known = EVENTS[name]
    data = sample(name)["data"]
    assert subject_of(name, data) == f"{known.subject.kind}:{data[known.subject.id_field]}"


def test_events_of_every_type_about_one_thing_share_its_shard() -> None:
    shards: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for name, known in EVENTS.items():
        envelope = Envelope(name, AT, {known.subject.id_field: "one-and-the-same"})
        shards[known.subject.kind].add(subject_and_shard(envelope, f"evt_{name}"))
    assert {kind: len(found) for kind, found in shards.items()} == dict.fromkeys(shards, 1)


@pytest.mark.parametrize(
    ("name", "data", "subject"),
    [
        ("product.praised", {"product_id": "12"}, "product:12"),
        ("subscription.paused", {"purchase_id": "o-1"}, "purchase:o-1"),
        ("product.praised", {"seller_id": "12"}, None),
        ("product.praised", {"product_id": 12}, None),
        ("product.praised", {"product_id": "1" * 101}, None),
        ("nobody.knows", {"product_id": "12"}, None),
    ],
)
def test_a_type_that_is_not_known_is_about_what_its_noun_is_about(
    name: str, data: dict[str, Any], subject: str | None
) -> None:
    assert subject_of(name, data) == subject


class VoucherSchema(EventDataSchema):
    voucher_id = Identifier(required=True)


def test_events_of_a_new_noun_about_one_thing_are_applied_in_the_order_of_their_receipt(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[tuple[str, str]] = []

    def record(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
        applied.append((event.data["voucher_id"], event.type))
        return Result(applied=Applied.CHANGED)

    steps = ("voucher.issued", "voucher.used", "voucher.cancelled")
    for name in steps:
        voucher = EventSubject(kind="voucher", id_field="voucher_id")
        known = EventType(name=name, schema=VoucherSchema(), subject=voucher, handle=record, touches=lambda data: ())
        monkeypatch.setitem(EVENTS, name, known)
    vouchers = [f"v-{number}" for number in range(20)]
    for name in steps:
        for voucher_id in vouchers:
            marketplace.publish(name, voucher_id=voucher_id)
    ids = [f"evt_{number}" for number in range(1, 1 + len(steps) * len(vouchers))]
    shards: dict[str, set[int]] = defaultdict(set)
    for event in (marketplace.event(event_id) for event_id in ids):
        assert event.subject == f"voucher:{json.loads(event.body or b'')['data']['voucher_id']}"
        shards[event.subject].add(event.shard)
    assert {len(found) for found in shards.values()} == {1}
    assert len({shard for found in shards.values() for shard in found}) > 1
    marketplace.run_all_now()
    for voucher_id in vouchers:
        assert [name for id_, name in applied if id_ == voucher_id] == list(steps)
