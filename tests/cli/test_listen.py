"""The command that forwards outgoing events to a developer's program: signed, each once, and nothing is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.models.outbox import Delivery

from ..support.marketplace import OFFLINE, ONLINE, Marketplace
from ..support.ports import free_port
from ..support.webhook_receiver import Answer, Receiver

SINCE = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def listens(marketplace: Marketplace, *arguments: str) -> Result:
    return CliRunner().invoke(hooks_group, ["listen", *arguments], obj=ScriptInfo(create_app=lambda: marketplace.app))


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_events_are_forwarded_signed_in_their_order_and_their_answers_printed(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    types = ("--type", "product.hidden", "--type", "product.shown")
    with Receiver(answer=lambda request: Answer(status=500 if b"product.shown" in request.body else 204)) as receiver:
        result = listens(marketplace, receiver.url, "--since", SINCE, "--count", "2", *types, "--json")
    [begun, *sent] = lines(result)
    assert (result.exit_code, begun["forwarding_to"]) == (0, receiver.url)
    assert [(one["type"], one["status"]) for one in sent] == [("product.hidden", 204), ("product.shown", 500)]
    for request, one in zip(receiver.requests, sent, strict=True):
        assert json.loads(request.body)["id"] == request.id == one["id"]
        Webhook(begun["secret"]).verify(request.body, request.headers)
    assert marketplace.all(select(func.count()).select_from(Delivery)) == [0]


def test_a_program_that_does_not_listen_is_said_and_nothing_stops(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    result = listens(marketplace, str(free_port()), "--since", SINCE, "--count", "1", "--type", "product.hidden")
    assert (result.exit_code, "product.hidden" in result.stdout, "connection" in result.stdout) == (0, True, True)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["http://192.0.2.1/hooks"], 1),
        (["http://10.0.0.1:3000/"], 1),
        (["ftp://127.0.0.1/"], 1),
        (["http://user:word@127.0.0.1/"], 1),
        (["not an address"], 1),
        (["9", "--secret", "whsec_short"], 2),
        (["9", "--type", "product.praised"], 2),
        (["9", "--since", "yesterday"], 2),
        (["9", "--count", "0"], 2),
    ],
    ids=str,
)
def test_what_cannot_be_forwarded_to_is_refused_in_a_sentence(
    marketplace: Marketplace, arguments: list[str], status: int
) -> None:
    result = listens(marketplace, *arguments)
    assert (result.exit_code, "Error: " in result.stderr, "Traceback" in result.output) == (status, True, False)
