"""Commands about what was sent, as an operator types them, against an endpoint that listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.marketplace import OFFLINE, Marketplace
from ..support.webhook_receiver import Answer, Receiver


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    """A marketplace that may deliver to loopback, and gives up after one attempt."""
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_SCHEDULE_S="0")
    marketplace.publish_products("mod-1")
    return marketplace


def typed(shop: Marketplace, *arguments: str) -> Result:
    return CliRunner().invoke(hooks_group, ["deliveries", *arguments], obj=ScriptInfo(create_app=lambda: shop.app))


def listed(shop: Marketplace, *arguments: str) -> list[dict[str, Any]]:
    answer = typed(shop, "list", "--json", *arguments)
    assert answer.exit_code == 0, answer.output
    rows: list[dict[str, Any]] = json.loads(answer.output)
    return rows


def test_what_did_not_arrive_is_listed_and_sent_again_under_its_own_id(shop: Marketplace) -> None:
    answers = iter([Answer(500, body=b"not today"), Answer(204)])
    with Receiver(lambda request: next(answers)) as receiver:
        endpoint, _ = add_endpoint(shop.runtime, receiver.url, types=["product.hidden"])
        shop.change_status("mod-1", OFFLINE)
        shop.run_all_now()
        [lost] = listed(shop, "--state", "exhausted")
        assert (lost["subject"], lost["endpoint_id"], lost["last_status"]) == ("product:mod-1", endpoint.id, 500)
        assert listed(shop, "--event", lost["event_id"]) == listed(shop, "--type", "product.hidden") == [lost]
        assert listed(shop, "--state", "delivered") == []
        assert listed(shop, "--subject", "product:mod-1") == [lost]
        assert listed(shop, "--subject", "product:mod-2") == []
        assert listed(shop, "--from", "2020-01-01T00:00:00Z", "--to", "2999-01-01T00:00:00Z") == [lost]
        assert listed(shop, "--from", "2999-01-01T00:00:00Z") == listed(shop, "--to", "2020-01-01T00:00:00Z") == []
        shown = json.loads(typed(shop, "show", str(lost["delivery_id"]), "--json").output)
        assert shown["body"].encode() == receiver.requests[0].body
        assert [(one["status"], one["answer"]) for one in shown["attempt_log"]] == [(500, "not today")]
        again = typed(shop, "replay", str(lost["delivery_id"]), "--json")
        assert json.loads(again.output)["state"] == "pending"
        refused = typed(shop, "replay", str(lost["delivery_id"]))
        assert refused.exit_code == 1
        assert "the delivery is pending" in refused.output
        shop.run_all_now()
        [arrived] = listed(shop)
        assert (arrived["state"], arrived["attempts"]) == ("delivered", 1)
        assert [request.id for request in receiver.requests] == [lost["event_id"]] * 2
        assert typed(shop, "replay", str(lost["delivery_id"])).exit_code == 0, "what arrived may be wanted again"


def test_what_is_not_there_is_said_in_a_sentence(shop: Marketplace) -> None:
    assert "No delivery matches." in typed(shop, "list").output
    answer = typed(shop, "replay", "7")
    assert (answer.exit_code, "no delivery 7" in answer.output) == (1, True)
    answer = typed(shop, "show", "7")
    assert (answer.exit_code, "no delivery 7" in answer.output) == (1, True)
    for command in ("show", "replay"):
        for number in ("seven", "0", "9" * 30):
            assert typed(shop, command, number).exit_code == 2
