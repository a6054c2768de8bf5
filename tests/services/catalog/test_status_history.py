"""The history of a status holds its changes and what was scheduled, the newest first."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from marketplace_hooks.models.products import SubjectKind
from marketplace_hooks.services.catalog.status_history import read_status_history

from ...support.customers import publish_release
from ...support.marketplace import OFFLINE, ONLINE, Marketplace


def test_changes_and_plans_are_told_apart_and_releases_left_out(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE, reason="Repairs")
    marketplace.run_all_now()
    clock.shift(60)
    publish_release(marketplace)
    marketplace.run_all_now()
    clock.shift(60)
    at = (marketplace.runtime.now() + timedelta(days=1)).isoformat()
    marketplace.change_status("mod-1", ONLINE, effective_at=at)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        history = read_status_history(session, SubjectKind.PRODUCT, "mod-1", limit=10)
        newest = read_status_history(session, SubjectKind.PRODUCT, "mod-1", limit=1)
    assert [(one.change, one.status) for one in history] == [("change_scheduled", ONLINE), ("held", None)]
    assert history[1].cause.reason == "Repairs"
    assert [one.change for one in newest] == ["change_scheduled"]
