"""An upgrade without downtime: processes of 0.1.0 go on beside the new schema and the new code, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.database import migrate
from marketplace_hooks.database.engine import Database
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.remote.signatures import signed_headers

from ..support.customers import money
from ..support.marketplace import OFFLINE, SECRET, WITHDRAWN, Marketplace, open_marketplace, sample
from ..support.old_version import REVISION, OldVersion

APPLIED = ("applied", "changed")


@pytest.fixture
def old(empty_database_url: str, tmp_path: Path) -> Iterator[OldVersion]:
    """A process of 0.1.0 over a database of its own schema."""
    database = Database(empty_database_url)
    with migrate.alone(database) as connection:
        migrate.upgrade_to(connection, REVISION)
    database.dispose()
    given = {
        "DATABASE_URL": empty_database_url,
        "INSTANCE": tmp_path / "old",
        "WEBHOOK_SECRETS": f"marketplace={SECRET}",
    }
    (tmp_path / "old").mkdir()
    process = OldVersion(tmp_path / "code", {f"{PREFIX}{name}": str(value) for name, value in given.items()})
    yield process
    process.close()


def posts(old: OldVersion, event_id: str, type_: str, **data: Any) -> None:
    """Post a signed event to the old version's inbox."""
    now = datetime.now(UTC)
    envelope = {"type": type_, "timestamp": format_instant(now), "data": {**sample(type_)["data"], **data}}
    body = json.dumps(envelope)
    headers = signed_headers(event_id, now, body.encode(), [SECRET])
    assert old.post("/webhooks/marketplace", body, {"content-type": "application/json", **headers}) == 202


def unsettled(marketplace: Marketplace) -> int:
    waiting = select(func.count()).select_from(InboxEvent).where(InboxEvent.state != InboxState.APPLIED)
    return int(marketplace.all(waiting)[0])


def gapless(marketplace: Marketplace, product_id: str) -> bool:
    numbers = [event.sequence for event in marketplace.outgoing(product_id)]
    return numbers == list(range(1, len(numbers) + 1))


def test_old_and_new_processes_share_the_work_of_an_upgrade(
    old: OldVersion, empty_database_url: str, tmp_path: Path
) -> None:
    posts(old, "old_1", "seller.upserted", seller_id="seller-1")
    for number, product in enumerate(("mod-1", "mod-2", "mod-3")):
        posts(old, f"old_p{number}", "product.upserted", product_id=product, seller_id="seller-1", version=1)
    posts(old, "old_c", "customer.upserted", customer_id="customer-1")
    old.work()
    # A purchase is received by the old version, and waits while the schema changes below it.
    bought = {"purchase_id": "bought-1", "customer_id": "customer-1", "product_id": "mod-1", "pack_id": None}
    bought |= {"price_paid": money(9900), "purchased_at": datetime.now(UTC).isoformat()}
    posts(old, "old_b", "purchase.completed", **bought)
    with open_marketplace(empty_database_url, tmp_path / "new") as new:
        migrate.upgrade(new.runtime.database)
        # The old worker applies what the old and the new web receive, on the new schema.
        new.publish("purchase.completed", event_id="new_b", **{**bought, "purchase_id": "bought-2"})
        new.change_status("mod-2", OFFLINE, event_id="new_s", version=1)
        old.work()
        assert [new.state_and_outcome(id_) for id_ in ("old_b", "new_b", "new_s")] == [APPLIED] * 3
        assert (new.status("mod-2"), unsettled(new)) == (OFFLINE, 0)
        # New workers apply what the old web still receives, and finish what old ones began.
        posts(old, "old_w", "product.status_changed", **_withdrawn("mod-1"))
        new.run_all_now()
        assert (new.status("mod-1"), unsettled(new)) == (WITHDRAWN, 0)
        assert sorted(new.all(select(Subscription.purchase_id).where(Subscription.withdrawn_from.is_not(None)))) == [
            "bought-1",
            "bought-2",
        ]
        # And the old version is gone back to, on the schema that stays.
        new.change_status("mod-3", OFFLINE, event_id="new_last", version=1)
        old.work()
        assert (new.status("mod-3"), unsettled(new)) == (OFFLINE, 0)
        assert all(gapless(new, product) for product in ("mod-1", "mod-2", "mod-3"))
        assert len({event.event_id for event in new.outgoing("mod-1")}) == len(new.outgoing("mod-1"))
        assert migrate.differences(new.runtime.database) == []


def _withdrawn(product_id: str) -> dict[str, Any]:
    return {"product_id": product_id, "status": WITHDRAWN, "actor": "seller", "reason": "the end", "version": 1}
