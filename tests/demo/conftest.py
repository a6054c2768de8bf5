"""`demo`: the demo marketplace as `up --demo` has it, with its shops; the tests of this folder share one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketplace_hooks.cli.demo_story import CONTESTED, OVERTURNED, make_moves, settle_history
from marketplace_hooks.demo import business_care, catalog, history, status_changes, support
from marketplace_hooks.demo.fake_shops.file_host import FileHost
from marketplace_hooks.demo.fake_shops.server import FakeShop
from marketplace_hooks.demo.merchant_shops import SHOPS, demo_shops

from ..support import databases
from ..support.marketplace import Marketplace, open_marketplace
from ..support.support_desk import in_transaction
from .test_business_care import load

Demo = tuple[Marketplace, dict[str, str], FileHost]


@pytest.fixture(scope="package")
def demo(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as `up --demo` has it, with its shops."""
    folder = tmp_path_factory.mktemp("demo")
    url = databases.copy_sqlite(_sqlite_template, folder / "marketplace.db")
    shops = [FakeShop(shop).start() for shop in demo_shops()]
    files = FileHost().start()
    served = {customer: shop.url for customer, shop in zip(SHOPS, shops, strict=True)}
    settings = {
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "INSPECTION_DEADLINE_S": 10,
        "DOWNLOAD_SECRET": "ZGVtby0wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc=",
    }
    with open_marketplace(url, folder / "instance", DEMO=True, **settings) as marketplace:
        now = datetime.now(UTC)
        events = [
            *catalog.events(now),
            *business_care.events(now, file_host=f"http://127.0.0.1:{files.port}"),
            *status_changes.events(now),
            *history.events_before_open_requests(now),
            *history.events_since_open_requests(now),
            *support.bound_to_served_sites(served, now),
        ]
        load(marketplace, events)
        in_transaction(marketplace, make_moves)
        in_transaction(marketplace, lambda uow: settle_history(uow, {*history.request_ids(now), CONTESTED, OVERTURNED}))
        yield marketplace, served, files
    for one in (*shops, files):
        one.stop()
