"""Senders: what they sign is accepted, mapped and applied, and whatever is wrong with it is seen and mended later."""

from __future__ import annotations

import hmac
import json
import sys
from asyncio import CancelledError
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from marketplace_hooks.errors import ConfigurationError, PayloadRejected
from marketplace_hooks.events import mappings
from marketplace_hooks.events.envelope import parse_envelope
from marketplace_hooks.models.inbox import InboxConflict, InboxEvent
from marketplace_hooks.services.core.unit_of_work import Cause, run_in_transaction
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.privacy.erasure import erase_customer
from marketplace_hooks.standalone import load_runtime

from ..support.marketplace import Marketplace, sample

Opens = Callable[..., Marketplace]

SECRET = "a-secret-of-the-shop-1"
NEW_SECRET = "a-secret-of-the-shop-2"
REFERENCE = f"{__name__}:mapping"
SENDERS = {
    "shop": {"scheme": "github", "mapping": REFERENCE},
    "erp": {"scheme": "bearer", "event_id": "json:data.seller_id"},
}
SECRETS = {"shop": [SECRET, NEW_SECRET], "erp": SECRET}
SELLER = sample("seller.upserted")["data"]

current: Callable[[Any], Any]
"""What the mapping of these tests does now."""


def mapping(payload: Any) -> Any:
    return current(payload)


def seller(payload: Any) -> Any:
    return {"type": "seller.upserted", "data": {**SELLER, "seller_id": payload.data["vendor"]}}


@pytest.fixture(autouse=True)
def _maps_sellers() -> None:
    maps_as(seller)


def maps_as(function: Callable[[Any], Any]) -> None:
    global current
    current = function


@pytest.fixture
def marketplace(make_marketplace: Opens) -> Marketplace:
    return make_marketplace(WEBHOOK_SENDERS=SENDERS, WEBHOOK_SENDER_SECRETS=SECRETS)


def post(
    marketplace: Marketplace, content: Any, *, event_id: str = "d-1", topic: str = "vendor", secret: str = SECRET
) -> TestResponse:
    """Post a payload signed by hand, as GitHub would."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest(),
        "X-GitHub-Delivery": event_id,
        "X-GitHub-Event": topic,
    }
    return marketplace.app.test_client().post("/webhooks/shop", data=body, headers=headers)


def reason(marketplace: Marketplace, event_id: str = "d-1") -> str:
    event = marketplace.event(event_id)
    assert event.state == "rejected"
    return " ".join(str(error["message"]) for error in event.errors or ())


def test_a_payload_is_stored_as_it_came_and_becomes_events_in_its_order(marketplace: Marketplace) -> None:
    def with_product(payload: Any) -> Any:
        product = {**sample("product.upserted")["data"], "seller_id": payload.data["vendor"], "product_id": "mod-9"}
        yield seller(payload)
        yield {"type": "product.upserted", "timestamp": "2026-03-02T09:00:00Z", "data": product}

    maps_as(with_product)
    body = b'{"vendor": "v-1",  "n": 1.50}'
    answer = post(marketplace, body)
    assert (answer.status_code, answer.json) == (202, {"event_id": "d-1", "duplicate": False})
    stored = marketplace.event("d-1")
    assert (stored.type, stored.subject, stored.state) == ("shop:vendor", "source:shop", "received")
    assert body in (stored.body or b"")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome("d-1") == ("applied", "mapped")
    made = [marketplace.event(f"d-1-{number}") for number in (1, 2)]
    assert [(one.type, one.subject, one.state, one.mapped_from) for one in made] == [
        ("seller.upserted", "seller:v-1", "applied", "d-1"),
        ("product.upserted", "product:mod-9", "applied", "d-1"),
    ]
    assert marketplace.seller("v-1").name == SELLER["name"]
    assert marketplace.status("mod-9") == "online"


def test_a_repetition_is_a_duplicate_and_another_body_is_put_aside(marketplace: Marketplace) -> None:
    post(marketplace, {"vendor": "v-1"})
    marketplace.run_all_now()
    assert post(marketplace, {"vendor": "v-1"}, secret=NEW_SECRET).json == {"event_id": "d-1", "duplicate": True}
    assert post(marketplace, {"vendor": "v-2"}).json == {"event_id": "d-1", "duplicate": True, "conflict": True}
    marketplace.run_all_now()
    assert len(marketplace.all(select(InboxEvent))) == 2
    [aside] = marketplace.all(select(InboxConflict))
    assert parse_envelope(aside.body.replace(b"shop:vendor", b"vendor")).data == {"vendor": "v-2"}


class Exiting(dict[str, Any]):
    """A host's own mapping, whose reading ends the program."""

    def items(self) -> Any:
        raise SystemExit(3)


WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (lambda payload: payload.data["absent"], "The mapping failed: KeyError: 'absent'"),
    (lambda payload: sys.exit(2), "The mapping failed: SystemExit: 2"),
    (lambda payload: (_ for _ in ()).throw(CancelledError("late")), "The mapping failed: CancelledError: late"),
    (lambda payload: {"type": "seller.upserted", "data": Exiting(vendor="v-1")}, "is not JSON: SystemExit: 3"),
    (lambda payload: 7, "The mapping failed: TypeError"),
    (lambda payload: ["seller.upserted"], "Event 1 of the mapping is no mapping with type, data"),
    (lambda payload: {"type": "seller.upserted"}, "Event 1 of the mapping is no mapping"),
    (lambda payload: {**seller(payload), "id": "mine"}, "Event 1 of the mapping is no mapping"),
    (lambda payload: {"type": "seller.seen", "data": {}}, "a type that is not known: seller.seen"),
    (lambda payload: {"type": "shop:x", "data": {}}, "cannot be stored: type must be a dotted name"),
    (lambda payload: {"type": "seller.upserted", "data": {"x": object()}}, "is not JSON: TypeError"),
    (lambda payload: {"type": "seller.upserted", "data": {"x": float("nan")}}, "is not JSON: ValueError"),
    (lambda payload: {"type": "seller.upserted", "data": {"name": "\0"}}, "holds a NUL character"),
    (lambda payload: {"type": "seller.upserted", "data": {}, "timestamp": "now"}, "timestamp must be RFC 3339"),
    (lambda payload: [seller(payload)] * 1001, "more than 1000 events"),
    (lambda payload: (seller(payload) for _ in iter(int, 1)), "more than 1000 events"),
    (lambda payload: {**seller(payload), "data": {"name": "x" * 1_048_576}}, "is larger than 1048576 bytes"),
    (
        lambda payload: [seller(payload), {"type": "seller.suspended", "data": {"seller_id": 7}}],
        "Event 2 of the mapping (seller.suspended), data.seller_id: Not a valid string.",
    ),
    (lambda payload: (_ for _ in ()).throw(ValueError("\0\ud800" + "x" * 9999)), "The mapping failed: ValueError:"),
]


def test_what_a_mapping_does_wrong_is_the_reason_and_is_mended_by_a_replay(marketplace: Marketplace) -> None:
    maps_as(lambda payload: WRONG[int(payload.data["vendor"])][0](payload))
    ids = [f"d-{number}" for number, _ in enumerate(WRONG)]
    for number, event_id in enumerate(ids):
        assert post(marketplace, {"vendor": str(number)}, event_id=event_id).status_code == 202
    marketplace.run_all_now()
    for event_id, (_, expected) in zip(ids, WRONG, strict=True):
        assert expected in reason(marketplace, event_id)
    assert len(marketplace.all(select(InboxEvent))) == len(WRONG)
    maps_as(seller)
    leasing.replay(marketplace.runtime, ids[0])
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(ids[0]) == ("applied", "mapped")
    assert marketplace.seller("0").name == SELLER["name"]


def test_a_mapping_that_runs_out_of_memory_is_tried_again(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    maps_as(Mock(side_effect=MemoryError()))
    post(marketplace, {"vendor": "v-1"})
    marketplace.run_all_now()
    assert (marketplace.event("d-1").state, marketplace.event("d-1").attempts) == ("received", 0)
    maps_as(seller)
    clock.shift(2)
    marketplace.run_all_now()
    assert marketplace.event("d-1").state == "applied"


def test_what_is_nothing_to_us_is_ignored_and_does_not_hold_up_the_next(marketplace: Marketplace) -> None:
    maps_as(lambda payload: seller(payload) if payload.topic == "vendor" else None)
    post(marketplace, {"vendor": "v-1"}, event_id="d-1", topic="ping")
    post(marketplace, {"vendor": "v-2"}, event_id="d-2")
    marketplace.run_all_now()
    assert [marketplace.event(one).state for one in ("d-1", "d-2", "d-2-1")] == ["ignored", "applied", "applied"]


def test_an_event_that_has_the_id_of_one_that_was_made_is_never_overwritten(marketplace: Marketplace) -> None:
    post(marketplace, {"vendor": "v-1"}, event_id="d-1-1")
    post(marketplace, {"vendor": "v-2"}, event_id="d-1")
    marketplace.run_all_now()
    assert reason(marketplace) == "Another event has the id of one that was mapped: d-1-1"
    assert marketplace.seller("v-1").name == SELLER["name"]


def test_a_wrong_signature_is_answered_as_a_source_that_does_not_exist(marketplace: Marketplace) -> None:
    wrong = post(marketplace, {"vendor": "v-1"}, secret="a-secret-of-nobody-1")
    client = marketplace.app.test_client()
    nowhere = client.post("/webhooks/nowhere", data=b"{}", headers={"Content-Type": "application/json"})
    unsigned = client.post("/webhooks/shop", data=b"{}", headers={"Content-Type": "application/json"})
    as_ours = marketplace.post(json.dumps(sample("seller.upserted")).encode(), source="shop")
    assert {one.status_code for one in (wrong, nowhere, unsigned, as_ours)} == {401}
    assert wrong.json == nowhere.json == unsigned.json
    assert marketplace.all(select(InboxEvent)) == []


def test_a_signed_body_that_cannot_be_stored_is_refused_and_nothing_is_stored(marketplace: Marketplace) -> None:
    for body in (b"[]", b"{", b'{"a": 1, "a": 2}'):
        assert post(marketplace, body).status_code == 400
    for more in ({"event_id": ""}, {"topic": "x" * 70}, {"topic": "a\tb"}):
        answer = post(marketplace, {}, **more)
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert marketplace.all(select(InboxEvent)) == []


def test_a_sender_without_a_mapping_posts_our_own_envelope(marketplace: Marketplace) -> None:
    body = json.dumps({**sample("seller.upserted"), "data": {**SELLER, "seller_id": "gid://erp/7"}}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}"}
    event_id = marketplace.app.test_client().post("/webhooks/erp", data=body, headers=headers).json["event_id"]
    assert event_id.startswith("sha256-")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event_id) == ("applied", "changed")
    assert marketplace.event(event_id).body == body


def test_a_mapped_customer_is_erased_with_the_payload(marketplace: Marketplace) -> None:
    maps_as(lambda payload: {"type": "customer.upserted", "data": payload.data["buyer"]})
    buyer = {**sample("customer.upserted")["data"], "customer_id": "c-7"}
    post(marketplace, {"buyer": buyer, "order": {"mail_id": buyer["email"]}})
    marketplace.run_all_now()
    cause = Cause(actor="marketplace", reason="")
    assert run_in_transaction(marketplace.runtime, lambda uow: erase_customer(uow, "c-7", cause))
    with marketplace.runtime.database.read_session() as session:
        bodies = b" ".join(session.scalars(text("SELECT body FROM mh_inbox")))
    assert buyer["email"].encode() not in bodies
    assert buyer["name"].encode() not in bodies


def test_a_mapping_that_cannot_be_loaded_stops_the_start_with_a_sentence(make_marketplace: Opens) -> None:
    for wrong in ("no_such.module:function", f"{__name__}:nothing", f"{__name__}:SECRET", "no-such-entry-point"):
        senders = {"shop": {"scheme": "github", "mapping": wrong}}
        with pytest.raises(ConfigurationError, match=f"WEBHOOK_SENDERS: the mapping '{wrong}' "):
            make_marketplace(WEBHOOK_SENDERS=senders, WEBHOOK_SENDER_SECRETS={"shop": SECRET})


def test_a_plain_rq_worker_does_not_start_with_a_mapping_that_cannot_be_loaded(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exits.py").write_text("import sys\nsys.exit('usage: exits')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MARKETPLACE_HOOKS_INSTANCE", str(tmp_path))
    monkeypatch.setenv("MARKETPLACE_HOOKS_WEBHOOK_SENDER_SECRETS", f"shop={SECRET}")
    for wrong in ("no_such.module:function", "exits:mapping"):
        senders = json.dumps({"shop": {"scheme": "github", "mapping": wrong}})
        monkeypatch.setenv("MARKETPLACE_HOOKS_WEBHOOK_SENDERS", senders)
        with pytest.raises(ConfigurationError, match=f"WEBHOOK_SENDERS: the mapping '{wrong}' "):
            load_runtime()


def test_a_mapping_is_found_by_its_entry_point(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "acme-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[{mappings.ENTRY_POINTS}]\nacme-shop = {REFERENCE}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert mappings.load_mapping("acme-shop") is mapping


def test_a_payload_whose_content_was_purged_says_so(marketplace: Marketplace) -> None:
    from marketplace_hooks.events.payloads import payload_of

    with pytest.raises(PayloadRejected):
        payload_of(InboxEvent(body=None, type="shop:x"))
