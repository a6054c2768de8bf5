"""Commands about customers and about the installation, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.models.purchases import Customer

from ..support.customers import set_up_purchase
from ..support.marketplace import Marketplace


def typed(marketplace: Marketplace, *arguments: str) -> Result:
    return CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))


def test_a_customer_is_forgotten_by_command(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)
    answer = typed(marketplace, "erase-customer", "customer-1", "--yes", "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output) == {"customer_id": "customer-1", "erased": True, "was_known_as_erased": False}
    [customer] = marketplace.all(select(Customer))
    assert (customer.name, customer.email) == ("", "")
    [event] = marketplace.outgoing("customer-1", "customer")
    assert event.cause["actor"] == "operator"
    again = typed(marketplace, "erase-customer", "customer-1", "--yes", "--json")
    assert json.loads(again.output)["was_known_as_erased"] is True


@pytest.mark.parametrize(("settings", "state"), [({}, "warning"), ({"DOWNLOAD_SECRET": bytes(range(32)).hex()}, "ok")])
def test_the_doctor_says_whether_downloads_can_be_signed(
    make_marketplace: Callable[..., Marketplace], settings: dict[str, Any], state: str
) -> None:
    answer = typed(make_marketplace(**settings), "doctor", "--json")
    [check] = [one for one in json.loads(answer.output) if one["check"] == "downloads"]
    assert check["state"] == state


def test_without_a_running_demo_there_is_nothing_to_withdraw(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_HOOKS_INSTANCE", str(marketplace.runtime.settings.instance))
    answer = typed(marketplace, "demo")
    assert answer.exit_code == 1
    assert "up --demo" in answer.output
