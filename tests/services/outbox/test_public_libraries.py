"""Receivers written with public libraries, in Python and JavaScript, verify every delivery. `webhooks.md` 11."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from marketplace_hooks.models.outbox import DeliveryState
from marketplace_hooks.remote.signatures import new_secret, signed_headers
from marketplace_hooks.services.outbox.endpoints import rotate_secret
from marketplace_hooks.services.outbox.ping import ping_endpoint
from marketplace_hooks.services.outbox.redeliver import redeliver

from ...support.customers import publish_refund
from ...support.deliveries import deliver, deliveries, open_shop, subscribe
from ...support.library_receivers import LIBRARIES, LibraryReceiver, open_receiver
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.support_desk import PURCHASE, in_transaction, publish_request, set_up_support

REASONS = ("Fermé pour l’été : à bientôt ! 🎉", "Réouverture — « déjà » 🇫🇷", 'l\'œuvre est "épuisée"\n\t\\ 𝄞 \u2028')
"""What makes bytes and characters differ: accents, emoji, quotes, a backslash, control and line separators."""


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


@pytest.fixture(params=LIBRARIES, ids="-".join)
def receiver(request: pytest.FixtureRequest) -> Iterator[LibraryReceiver]:
    with open_receiver(*request.param) as opened:
        yield opened


def publish_several_types(shop: Marketplace) -> None:
    """Things happen to a purchase, a request, a product and a pack, and are delivered."""
    set_up_support(shop)
    publish_request(shop, subject="La galerie est cassée 😢", body="Elle ne s’ouvre plus après l’été.")
    shop.publish_pack("pack-1", "mod-1", "mod-2")
    for status, reason in zip((OFFLINE, ONLINE, WITHDRAWN), REASONS, strict=True):
        shop.change_status("mod-1", status, reason=reason)
        shop.run_all_now()
    publish_refund(shop, PURCHASE)


def replay(shop: Marketplace) -> None:
    """Send the first delivery again."""
    first = deliveries(shop)[0].id
    in_transaction(shop, lambda uow: redeliver(uow, first))
    assert deliver(shop) == 1


def test_every_delivery_is_believed_and_nothing_that_was_forged(shop: Marketplace, receiver: LibraryReceiver) -> None:
    endpoint_id, secret = subscribe(shop, receiver.url, types=["*"])
    receiver.use_secret(secret)
    publish_several_types(shop)
    events = [one.event for one in receiver.deliveries()]
    assert len({event["type"] for event in events}) >= 8
    assert set(REASONS) <= {event["data"]["caused_by"]["reason"] for event in events}

    assert ping_endpoint(shop.runtime, endpoint_id).status == 204
    assert receiver.deliveries()[-1].event["type"] == "endpoint.ping"
    replay(shop)
    believed = receiver.deliveries()
    assert believed[-1].event["id"] in [event["id"] for event in events]
    assert [one.is_believed for one in believed] == [True] * len(believed)
    assert {one.state for one in deliveries(shop)} == {DeliveryState.DELIVERED}
    assert {one.attempts for one in deliveries(shop)} == {1}

    genuine = believed[0]
    assert send(receiver, genuine.body, genuine.headers) == 204
    for body, headers in forgeries(genuine.body, genuine.headers, secret):
        assert send(receiver, body, headers) == 401


def test_while_secrets_are_rotated_a_receiver_with_either_one_believes(
    shop: Marketplace, receiver: LibraryReceiver
) -> None:
    endpoint_id, old = subscribe(shop, receiver.url, types=["*"])
    receiver.use_secret(old)
    _, new = in_transaction(shop, lambda uow: rotate_secret(shop.runtime, uow, endpoint_id))
    shop.change_status("mod-1", OFFLINE, reason=REASONS[0])
    shop.run_all_now()
    receiver.use_secret(new)
    replay(shop)
    assert ping_endpoint(shop.runtime, endpoint_id).status == 204
    sent = receiver.deliveries()
    assert len(sent) >= 3
    assert {(one.is_believed, len(one.headers["webhook-signature"].split())) for one in sent} == {(True, 2)}

    receiver.use_secret(new_secret())
    replay(shop)
    assert receiver.deliveries()[-1].is_believed is False
    first = deliveries(shop)[0]
    assert (first.state, first.last_status) == (DeliveryState.PENDING, 401)


def forgeries(body: bytes, headers: dict[str, str], secret: str) -> list[tuple[bytes, dict[str, str]]]:
    """A delivery with something changed: body, id, timestamp, secret, signature, or sent ten minutes late."""
    event_id = headers["webhook-id"]
    now = datetime.now(UTC)
    return [
        (body.replace(b"mod-1", b"mod-2"), headers),
        (body + b" ", headers),
        (body, {**headers, "webhook-id": "evt_another"}),
        (body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}),
        (body, signed_headers(event_id, now, body, [new_secret()])),
        (body, {**headers, "webhook-signature": "v1," + "A" * 43 + "="}),
        (body, signed_headers(event_id, now - timedelta(minutes=10), body, [secret])),
    ]


def send(receiver: LibraryReceiver, body: bytes, headers: dict[str, str]) -> int:
    """Post to a receiver as anybody could; return the status."""
    signed = {name: value for name, value in headers.items() if name.startswith("webhook-")}
    return requests.post(receiver.url, data=body, headers=signed, timeout=30).status_code
