"""From a shop's disk to the seller's form: each fault is found by the companion, and proposed with its ground."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..support.api_callers import caller_of
from ..support.customers import set_up_purchase
from ..support.hostile_server import HostileServer, answering, reply
from ..support.marketplace import Marketplace, open_marketplace, sample
from ..support.page_client import browser_of
from ..support.php_shops import PhpServer, PhpShop
from ..support.support_desk import PURCHASE

PRODUCT = "lumengallery"
ROW = "modules/lumengallery/classes/Row.php"
HAND_WRITTEN = (
    "<?php\nclass LumengalleryOverride extends Lumengallery\n{\n    public function hookHeader()\n    {\n    }\n}\n"
)
CORE_FILE = "classes/Cart.php"
CHECKSUMS = (
    "<checksum_list><ps_root_dir>"
    f'<md5file name="index.php">{hashlib.md5(b"released").hexdigest()}</md5file>'
    f'<dir name="classes"><md5file name="Cart.php">{hashlib.md5(b"as released").hexdigest()}</md5file></dir>'
    "</ps_root_dir></checksum_list>"
)


@pytest.fixture
def site(php: PhpServer) -> PhpShop:
    """A healthy shop of 8.1.7 that runs the product as it was released."""
    shop = php.open_shop()
    shop.add_module(PRODUCT, "1.0.0")
    shop.write(ROW, "<?php // row\n")
    shop.write("index.php", "released")
    shop.write(CORE_FILE, "as released")
    return shop


@pytest.fixture
def announced() -> tuple[str, str]:
    """The first and the last version of PrestaShop that the product is announced for."""
    return "8.0", "8.2"


@pytest.fixture
def marketplace(sqlite_url: str, tmp_path: Path, site: PhpShop, announced: tuple[str, str]) -> Iterator[Marketplace]:
    """The product with its release's manifest, bought for the shop `site`.

    On one database: that a report leads to its ground on both is shown in `tests/web/api/test_site_evidence.py`.
    """
    settings = {"ALLOWED_NETWORKS": "127.0.0.0/8", "INSPECTION_DEADLINE_S": 20}
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as opened:
        sell_product(opened, site, announced)
        yield opened


def sell_product(opened: Marketplace, site: PhpShop, announced: tuple[str, str]) -> None:
    """Publish the product with its release, announced for these versions of PrestaShop, and sell it for the shop."""
    listing = {
        **sample("product.upserted")["data"]["listing"],
        "technical_name": PRODUCT,
        "compatible_from": announced[0],
        "compatible_to": announced[1],
        "incompatible_modules": [{"name": "badmod", "from": "1.0", "to": "2.0"}],
        "published_at": "2024-01-01T00:00:00+01:00",
    }
    opened.publish("seller.upserted", seller_id="seller-1")
    opened.publish("product.upserted", product_id="mod-1", seller_id="seller-1", listing=listing)
    folder = site.folder / "modules" / PRODUCT
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    manifest = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    release = {"release_id": "rel-1", "product_id": "mod-1", "number": "1.0.0", "kind": "free", "fixes": []}
    opened.publish("release.published", **release, manifest=manifest)
    opened.run_all_now()
    set_up_purchase(opened, PURCHASE, shop_url=site.url)


def checked(marketplace: Marketplace, site: PhpShop) -> dict[str, Any]:
    """The check of a customer who gave the companion's key, once it is done."""
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "credentials": {"companion_key": site.key}}
    customer = caller_of(marketplace, "customer", "customer-1")
    started = customer.post("/eligibility", asked).get_json()
    marketplace.run_all_now()
    found: dict[str, Any] = customer.get(f"/eligibility/{started['check_id']}").get_json()
    assert found["state"] == "done"
    return found


def form_of(marketplace: Marketplace, site: PhpShop, check_id: str) -> str:
    """The seller's form of a refusal, as it is read, of a request by this check."""
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "subject": "Export", "body": "It fails."}
    sent = caller_of(marketplace, "customer", "customer-1").post("/support-requests", {**asked, "check_id": check_id})
    assert sent.status_code == 201, sent.text
    request_id = sent.get_json()["request_id"]
    return browser_of(marketplace, "seller", "seller-1").get(f"/seller/requests/{request_id}/refusal").visible_text


def change_a_file(site: PhpShop) -> None:
    site.write(ROW, "<?php // mine\n")


def add_an_executable(site: PhpShop) -> None:
    site.write("modules/lumengallery/classes/Hack.php", "<?php\n")


def override_by_hand(site: PhpShop) -> None:
    site.write(f"override/modules/{PRODUCT}/{PRODUCT}.php", HAND_WRITTEN)


def change_prestashop(site: PhpShop) -> None:
    site.write(CORE_FILE, "changed")
    check_prestashop(site)


def check_prestashop(site: PhpShop) -> None:
    """Let the merchant check the files of PrestaShop."""
    with HostileServer(answering(reply(200, CHECKSUMS.encode()))) as prestashop:
        site.describe(api_url=f"http://127.0.0.1:{prestashop.port}")
        site.back_office(companion_act="check_core")


def add_a_conflict(site: PhpShop) -> None:
    site.add_module("badmod", "1.5.0")


def be_too_old(site: PhpShop) -> None:
    site.describe(version="1.7.8.11")


FAULTS = [
    (change_a_file, "source_modified", "classes/Row.php"),
    (add_an_executable, "source_modified", "classes/Hack.php"),
    (override_by_hand, "conflicting_development", f"override/modules/{PRODUCT}/{PRODUCT}.php"),
    (change_prestashop, "source_modified", CORE_FILE),
    (add_a_conflict, "conflicting_development", "badmod"),
    (be_too_old, "platform_version_incompatible", "1.7.8.11"),
]


@pytest.mark.parametrize(("spoil", "ground", "shown"), FAULTS, ids=lambda one: getattr(one, "__name__", None))
def test_a_fault_of_the_shop_is_on_the_sellers_form_with_its_ground(
    marketplace: Marketplace,
    site: PhpShop,
    spoil: Callable[[PhpShop], None],
    ground: str,
    shown: str,
) -> None:
    spoil(site)
    check = checked(marketplace, site)
    assert check["grounds"] == [ground]
    assert shown in form_of(marketplace, site, check["check_id"])


@pytest.mark.parametrize("announced", [("1.6", "9.0")])
def test_all_checks_of_a_healthy_shop_pass_on_every_line_of_prestashop(marketplace: Marketplace, site: PhpShop) -> None:
    for version in ("1.6.1.0", "1.7.8.11", "8.1.7", "9.0.0"):
        site.describe(version=version)
        check_prestashop(site)
        check = checked(marketplace, site)
        assert {one["name"]: one["result"] for one in check["checks"]} == dict.fromkeys(
            (one["name"] for one in check["checks"]), "pass"
        )
        assert (check["outcome"], check["grounds"], check["missing"]) == ("accepted", [], [])
        [found] = [one["evidence"]["version"] for one in check["checks"] if one["name"] == "platform_version"]
        assert found == version
