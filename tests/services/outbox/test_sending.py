"""What an endpoint is sent: both secrets while rotating, its own headers, and a log that has no secret in it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from marketplace_hooks.errors import OutboundRefused, PayloadRejected
from marketplace_hooks.services.outbox.endpoints import add_endpoint, change_endpoint, rotate_secret

from ...support.deliveries import deliver, deliveries, endpoint, hide, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.support_desk import in_transaction
from ...support.webhook_receiver import Answer, Delivered, Receiver


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def is_believed(request: Delivered, secret: str) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_a_rotated_secret_signs_beside_the_old_one_for_24_hours(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver() as receiver:
        endpoint_id, old = subscribe(shop, receiver.url)
        _, new = in_transaction(shop, lambda uow: rotate_secret(shop.runtime, uow, endpoint_id))
        assert new != old
        clock.shift(timedelta(hours=24) - timedelta(microseconds=1))
        hide(shop, "mod-1")
        deliver(shop)
        clock.shift(timedelta(microseconds=1))
        hide(shop, "mod-2")
        deliver(shop)
    during, after = receiver.requests
    assert (is_believed(during, old), is_believed(during, new)) == (True, True)
    assert len(during.headers["webhook-signature"].split()) == 2
    assert (is_believed(after, old), is_believed(after, new)) == (False, True)


def test_each_of_several_secrets_of_a_day_signs_for_its_24_hours(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver() as receiver:
        endpoint_id, first = subscribe(shop, receiver.url)
        _, second = in_transaction(shop, lambda uow: rotate_secret(shop.runtime, uow, endpoint_id))
        clock.shift(timedelta(hours=1))
        _, third = in_transaction(shop, lambda uow: rotate_secret(shop.runtime, uow, endpoint_id))
        believed = []
        for number, hours in enumerate((22.9, 0.2, 0.95), start=1):
            clock.shift(timedelta(hours=hours))
            hide(shop, f"mod-{number}")
            deliver(shop)
            believed.append([is_believed(receiver.requests[-1], secret) for secret in (first, second, third)])
    assert believed == [[True, True, True], [False, True, True], [False, False, True]]


def test_a_rotation_mends_an_endpoint_whose_secrets_no_key_opens(
    clock: time_machine.Traveller, make_marketplace: Callable[..., Marketplace]
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    shop = open_shop(make_marketplace, ENCRYPTION_KEYS=old)
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        in_transaction(shop, lambda uow: rotate_secret(shop.runtime, uow, endpoint_id))
        changed = make_marketplace(ENCRYPTION_KEYS=new, ALLOWED_NETWORKS="127.0.0.0/8")
        _, secret = in_transaction(changed, lambda uow: rotate_secret(changed.runtime, uow, endpoint_id))
        clock.shift(timedelta(hours=24))
        hide(shop, "mod-1")
        deliver(changed)
    assert is_believed(receiver.requests[0], secret)


def test_custom_headers_are_sent_encrypted_at_rest_and_named_but_not_told_in_the_log(shop: Marketplace) -> None:
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url, headers={"Authorization": "Bearer s3cr3t", "X-Team": "desk"})
        hide(shop, "mod-1")
        deliver(shop)
    [request] = receiver.requests
    assert (request.headers["authorization"], request.headers["x-team"]) == ("Bearer s3cr3t", "desk")
    assert b"s3cr3t" not in (endpoint(shop, endpoint_id).headers or b"")
    [delivery] = deliveries(shop)
    [entry] = delivery.attempt_log or []
    assert {"authorization", "webhook-id", "webhook-timestamp", "x-team"} <= set(entry["headers"])
    assert (entry["status"], entry["address"], entry["error"]) == (204, "127.0.0.1", None)
    assert "s3cr3t" not in str(delivery.attempt_log)


@pytest.mark.parametrize("listens", [True, False])
def test_the_address_of_an_attempt_without_an_answer_is_in_the_log(
    make_marketplace: Callable[..., Marketplace], listens: bool
) -> None:
    shop = open_shop(make_marketplace, DELIVERY_TOTAL_S=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        subscribe(shop, f"http://127.0.0.1:{silent.getsockname()[1]}/in")
        if not listens:
            silent.close()
        hide(shop, "mod-1")
        deliver(shop)
    [delivery] = deliveries(shop)
    [entry] = delivery.attempt_log or []
    assert (entry["status"], entry["address"]) == (None, "127.0.0.1")
    assert entry["error"].startswith("timeout" if listens else "connection")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Team": "a\r\nX-Admin: yes"}, "header_value"),
        ({"X-Team": "a\0"}, "header_value"),
        ({"X Team": "a"}, "header_name"),
        ({"Webhook-Id": "evt_1"}, "header_reserved"),
        ({"Host": "elsewhere.example"}, "header_reserved"),
        ({f"X-{number}": "a" for number in range(21)}, "header_count"),
    ],
)
def test_a_header_that_would_speak_with_our_voice_is_refused_at_once(
    shop: Marketplace, headers: dict[str, str], code: str
) -> None:
    with pytest.raises(OutboundRefused) as refused:
        add_endpoint(shop.runtime, "https://93.184.215.14/in", headers=headers)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "wrong", [{"types": ["product.sold"]}, {"types": []}, {"rate_per_s": 0.0}, {"rate_per_s": 1e9}]
)
def test_a_setting_that_means_nothing_is_refused_and_nothing_is_changed(
    shop: Marketplace, wrong: dict[str, object]
) -> None:
    endpoint_id, _ = subscribe(shop, "https://93.184.215.14/in")
    with pytest.raises(PayloadRejected):
        in_transaction(shop, lambda uow: change_endpoint(shop.runtime, uow, endpoint_id, **wrong))
    assert (endpoint(shop, endpoint_id).types, endpoint(shop, endpoint_id).rate_per_s) == (["product.hidden"], None)


def test_another_filter_holds_for_what_is_published_from_then_on(shop: Marketplace) -> None:
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url, types=["pack.hidden"])
        hide(shop, "mod-1")
        deliver(shop)
        in_transaction(
            shop, lambda uow: change_endpoint(shop.runtime, uow, endpoint_id, types=["pack.hidden", "product.hidden"])
        )
        hide(shop, "mod-2")
        deliver(shop)
    assert [b'"mod-2"' in request.body for request in receiver.requests] == [True]


def test_every_attempt_sends_the_same_bytes(clock: time_machine.Traveller, shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(500)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        for _ in range(3):
            deliver(shop)
            clock.move_to(deliveries(shop)[0].due_at)
    assert len(receiver.requests) == 3
    assert len({(request.id, request.body) for request in receiver.requests}) == 1


@pytest.mark.parametrize("body", [b"\0\xff\xfe" * 20_000, b"x" * 1_000_000])
def test_of_an_answer_however_long_and_binary_a_little_is_kept(shop: Marketplace, body: bytes) -> None:
    with Receiver(answer=lambda _: Answer(500, body=body)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    [entry] = deliveries(shop)[0].attempt_log or []
    assert (len(entry["answer"]) <= 500, "\0" in entry["answer"]) == (True, False)
