"""Endpoint commands, as an operator types them, against an endpoint that listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group

from ..support.audit_log import audited_actions
from ..support.deliveries import deliver, hide, open_shop
from ..support.marketplace import Marketplace
from ..support.webhook_receiver import Answer, Receiver


@pytest.fixture
def shop(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def typed(shop: Marketplace, *arguments: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(hooks_group, [*arguments, "--json"], obj=ScriptInfo(create_app=lambda: shop.app))
    assert result.exit_code == exit_code, (arguments, result.output)
    return json.loads(result.output) if result.output.startswith(("{", "[")) else result.output


def test_an_endpoint_is_added_changed_tested_rotated_and_deleted(shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(204)) as receiver:
        headers = ("--header", "X-Team: desk", "--rate", "5")
        added = typed(shop, "endpoints", "add", receiver.url, "--type", "product.hidden", *headers)
        id_ = added["endpoint_id"]
        assert typed(shop, "endpoints", "ping", id_)["status"] == 204
        receiver.answer = lambda _: Answer(500, body=b"not today")
        assert typed(shop, "endpoints", "ping", id_, exit_code=1)["answer"] == "not today"
        assert audited_actions(shop)[-2:] == ["endpoint.pinged", "endpoint.pinged"]
    shown = typed(shop, "endpoints", "show", id_)
    assert (shown["header_names"], shown["rate_per_s"], shown["types"]) == (["X-Team"], 5.0, ["product.hidden"])
    changed = typed(shop, "endpoints", "change", id_, "--type", "*", "--no-headers")
    assert (changed["types"], changed["header_names"], changed["rate_per_s"]) == (["*"], [], 5.0)
    assert typed(shop, "endpoints", "change", id_, "--no-rate")["rate_per_s"] is None
    assert typed(shop, "endpoints", "rotate", id_)["secret"] != added["secret"]
    typed(shop, "endpoints", "delete", id_)
    assert typed(shop, "endpoints", "list") == []


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("add", "https://10.0.0.1/in"), 1),
        (("add", "https://93.184.215.14/in", "--header", "Host: x"), 1),
        (("add", "https://93.184.215.14/in", "--header", "no colon"), 2),
        (("add", "https://93.184.215.14/in", "--header", "X-A: 1", "--header", "X-A: 2"), 2),
        (("add", "https://93.184.215.14/in", "--rate", "0"), 1),
        (("change", "end_unknown", "--rate", "1", "--no-rate"), 2),
        (("ping", "end_unknown"), 1),
        (("rotate", "end_unknown"), 1),
        (("delete", "end_unknown"), 1),
    ],
)
def test_what_cannot_be_is_one_sentence(shop: Marketplace, arguments: tuple[str, ...], exit_code: int) -> None:
    assert "Traceback" not in typed(shop, "endpoints", *arguments, exit_code=exit_code)


def test_what_an_endpoint_missed_and_a_range_are_sent_again(shop: Marketplace) -> None:
    with Receiver() as receiver:
        id_ = typed(shop, "endpoints", "add", receiver.url, "--type", "product.hidden")["endpoint_id"]
        hide(shop, "mod-1")
        deliver(shop)
        assert typed(shop, "deliveries", "replay", "--endpoint", id_) == {"replayed": 0, "has_more": False}
        shown = typed(shop, "endpoints", "show", id_)
        assert [(hour["delivered"], hour["failed"]) for hour in shown["hours"]] == [(1, 0)]
        assert shown["success_rate"] == 1
        day = f"{shop.runtime.now():%Y-%m-%d}"
        span = ("--from", f"{day}T00:00:00Z", "--to", f"{day}T23:59:59Z")
        assert typed(shop, "deliveries", "replay", *span)["replayed"] == 1
        typed(shop, "deliveries", "replay", exit_code=1)
        typed(shop, "deliveries", "replay", "1", "--endpoint", id_, exit_code=2)
