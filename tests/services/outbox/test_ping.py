"""A ping is sent at once, signed as deliveries are, and says what the receiver answered."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from standardwebhooks.webhooks import Webhook

from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.outbox.endpoints import disable_endpoint, locked_endpoint
from marketplace_hooks.services.outbox.ping import ping_endpoint

from ...support.deliveries import deliveries, endpoint, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.ports import free_port
from ...support.support_desk import in_transaction
from ...support.webhook_receiver import Answer, Receiver


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def test_a_disabled_endpoint_is_tested_and_answers_in_its_own_words(shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(422, body=b"no such tenant")) as receiver:
        endpoint_id, secret = subscribe(shop, receiver.url)
        in_transaction(shop, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint_id), "a test"))
        result = ping_endpoint(shop.runtime, endpoint_id)
    assert (result.status, result.excerpt, result.is_success) == (422, "no such tenant", False)
    [request] = receiver.requests
    Webhook(secret).verify(request.body, request.headers)
    body = json.loads(request.body)
    assert (body["type"], body["sequence"], body["data"]["endpoint_id"]) == ("endpoint.ping", 0, endpoint_id)


def test_it_counts_neither_for_nor_against_the_endpoint(shop: Marketplace) -> None:
    endpoint_id, _ = subscribe(shop, f"http://127.0.0.1:{free_port()}/hooks")
    result = ping_endpoint(shop.runtime, endpoint_id)
    assert (result.status, str(result.error).startswith("connection")) == (None, True)
    assert (deliveries(shop), endpoint(shop, endpoint_id).failing_since) == ([], None)


def test_an_unknown_endpoint_is_not_tested(shop: Marketplace) -> None:
    with pytest.raises(NotFound):
        ping_endpoint(shop.runtime, "end_unknown")
