"""Commands about what was received: the log is narrowed, and an event leads to what followed from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.marketplace import OFFLINE, Marketplace


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database: the statements are tested with their services."""
    return sqlite_url


def typed(shop: Marketplace, *arguments: str, exit_code: int = 0) -> Any:
    context = ScriptInfo(create_app=lambda: shop.app)
    result = CliRunner().invoke(hooks_group, ["events", *arguments, "--json"], obj=context)
    assert result.exit_code == exit_code, (arguments, result.output)
    return json.loads(result.output) if exit_code == 0 else result.output


def test_an_event_leads_to_what_followed_and_the_log_is_narrowed_by_date(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.1/32:9")  # nobody listens there.
    shop.publish_products("mod-1")
    add_endpoint(shop.runtime, "http://127.0.0.1:9/in", types=["product.hidden"])
    event_id = shop.change_status("mod-1", OFFLINE)
    shop.run_all_now()
    shown = typed(shop, "show", event_id)
    [hidden] = [one for one in shown["published"] if one["type"] == "product.hidden"]
    assert [one["state"] for one in hidden["deliveries"]] == ["pending"]
    assert ([one["state"] for one in shown["cascades"]], shown["other_bodies_kept_aside"]) == (["done"], 0)
    ids = {one["event_id"] for one in typed(shop, "list", "--from", "2020-01-01T00:00:00Z")}
    assert event_id in ids
    assert typed(shop, "list", "--to", "2020-01-01T00:00:00Z") == []
    assert "offset" in typed(shop, "list", "--from", "yesterday", exit_code=2)
    assert "no event evt_nowhere" in typed(shop, "show", "evt_nowhere", exit_code=1)
    assert "no event" in typed(shop, "show", event_id, "--source", "nobody", exit_code=1)
