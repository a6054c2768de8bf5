"""Comparison and export: what was imported is found equal, every difference is reported, an export moves in again."""

from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import select

from marketplace_hooks.models.purchases import Purchase

from ..support.databases import apply_migrations, sqlite_url
from ..support.marketplace import Marketplace, open_marketplace
from ..support.snapshots import Line, import_lines, line, run_as_json, run_command, whole_marketplace, write_lines


def differences(answer: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """The counts of each kind that differs: only in the files, only here, different."""
    counted = {one["kind"]: (one["only_in_files"], one["only_here"], one["different"]) for one in answer["kinds"]}
    return {kind: counts for kind, counts in counted.items() if any(counts)}


def changed(lines: list[Line], kind: str, id_: str, **data: Any) -> list[Line]:
    """The lines, with other data in the line of one entity."""
    return [
        {**one, "data": {**one["data"], **data}} if one["kind"] == kind and one["data"][f"{kind}_id"] == id_ else one
        for one in lines
    ]


def test_what_was_imported_is_what_stands_here(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    answer = run_as_json(marketplace, "compare", tmp_path / "all.ndjson")
    assert (differences(answer), answer["examples"]) == ({}, [])
    assert run_command(marketplace, "compare", tmp_path / "all.ndjson").exit_code == 0


def test_every_difference_is_reported_by_kind_with_its_path(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    lines = whole_marketplace()
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    other = changed(lines, "purchase", "purchase-1", price_paid={"amount_cents": 1, "currency": "EUR"})
    other = changed(other, "seller", "seller-1", name="Other name")
    other = [one for one in other if one["data"].get("product_id") != "mod-4" or one["kind"] != "product"]
    other.append(line("purchase", purchase_id="purchase-9"))
    path = write_lines(tmp_path / "other.ndjson", other)
    answer = run_as_json(marketplace, "compare", path)
    assert differences(answer) == {"purchase": (1, 0, 1), "seller": (0, 0, 1), "product": (0, 1, 0)}
    found = {(one["kind"], one["id"]): (one["path"], one["in_files"], one["stored"]) for one in answer["examples"]}
    assert found == {
        ("purchase", "purchase-9"): ("", None, None),
        ("purchase", "purchase-1"): ("price_paid.amount_cents", 1, 9900),
        ("seller", "seller-1"): ("name", "Other name", "Atelier Lumen"),
        ("product", "mod-4"): ("", None, None),
    }
    result = run_command(marketplace, "compare", path)
    assert result.exit_code == 1
    assert "Other name" in result.stdout


def test_what_happened_since_is_a_difference(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    marketplace.change_status("mod-1", "offline_temporary", version=9)
    marketplace.publish("purchase.refunded", purchase_id="purchase-3", refunded_at="2026-03-02T09:00:00Z")
    marketplace.run_all_now()
    answer = run_as_json(marketplace, "compare", tmp_path / "all.ndjson")
    assert differences(answer) == {}, "the lines say nothing of statuses and refunds of these"
    lines = changed(whole_marketplace(), "product", "mod-1", statuses=[])
    lines = changed(lines, "purchase", "purchase-3", refunds=[])
    answer = run_as_json(marketplace, "compare", write_lines(tmp_path / "said.ndjson", lines))
    assert differences(answer) == {"product": (0, 0, 1), "purchase": (0, 0, 1)}


def test_the_price_of_a_pack_in_each_of_its_purchases_is_what_their_shares_come_to(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    whole = {"amount_cents": 15000, "currency": "EUR"}
    bought = {"pack_id": "pack-1", "price_paid": whole, "purchased_at": "2026-02-20T09:00:00Z"}
    purchases = [
        line("purchase", purchase_id="purchase-6", product_id="mod-1", **bought),
        line("purchase", purchase_id="purchase-7", product_id="mod-2", **bought, refunds=[]),
    ]
    lines = [*changed(whole_marketplace(), "pack", "pack-1", price=whole), *purchases]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    shares = select(Purchase.price_cents).where(Purchase.pack_id == "pack-1")
    frozen = marketplace.all(shares.order_by(Purchase.id))
    assert (len(frozen), sum(frozen)) == (2, 15000)
    assert differences(run_as_json(marketplace, "compare", tmp_path / "all.ndjson")) == {}
    product = line("product", version=3)["data"]
    marketplace.publish("product.upserted", **{**product, "price": {"amount_cents": 19900, "currency": "EUR"}})
    marketplace.run_all_now()
    path = write_lines(tmp_path / "purchases.ndjson", [one for one in lines if one["kind"] == "purchase"])
    assert differences(run_as_json(marketplace, "compare", path)) == {}, "the shares were frozen"
    other = changed(lines, "purchase", "purchase-6", price_paid={"amount_cents": 15001, "currency": "EUR"})
    path = write_lines(tmp_path / "other.ndjson", [one for one in other if one["kind"] == "purchase"])
    [example] = run_as_json(marketplace, "compare", path)["examples"]
    assert (example["path"], example["in_files"], example["stored"]) == ("price_paid.amount_cents", 15001, frozen[0])


def test_an_erased_customer_is_erased_whenever_each_side_did_it_and_may_be_gone_there(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    lines = whole_marketplace()
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    there = [one for one in lines if one["kind"] == "purchase"]
    there = [{**one, "data": {**one["data"], "shop_url": None, "shop_bindings": []}} for one in there]
    other = {"kind": "customer", "data": line("customer", customer_id="customer-2")["data"]}
    erased = {"kind": "customer", "data": {"customer_id": "customer-1", "erased_at": "2026-02-27T10:00:00Z"}}
    for customers in ([other, erased], [other]):
        path = write_lines(tmp_path / "there.ndjson", [*customers, *there])
        assert differences(run_as_json(marketplace, "compare", path)) == {}
    path = write_lines(tmp_path / "there.ndjson", [{**erased, "data": {**erased["data"], "customer_id": "customer-2"}}])
    [example] = run_as_json(marketplace, "compare", path)["examples"]
    assert (example["id"], example["path"], example["stored"]) == ("customer-2", "erased_at", None)
    path = write_lines(tmp_path / "there.ndjson", [erased])
    assert differences(run_as_json(marketplace, "compare", path)) == {"customer": (0, 1, 0)}


def test_what_no_side_holds_is_online_whatever_a_line_says_of_it(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    asked = {"reason": "", "since": "2026-01-10T10:00:00Z", "version": 5}
    back = {**asked, "actor": "seller", "status": "online"}
    gone = [
        {**asked, "actor": actor, "status": "offline_permanent", "since": f"2026-01-0{day}T10:00:00Z"}
        for actor, day in (("seller", 3), ("marketplace", 2))
    ]
    lines = [
        line("seller"),
        line("product", statuses=[back]),
        line("product", product_id="mod-2", statuses=[{**back, "since": None}]),
        line("product", product_id="mod-3", statuses=gone),
        line("release", price={"amount_cents": 0, "currency": "EUR"}, fixes=[]),
    ]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert differences(run_as_json(marketplace, "compare", tmp_path / "all.ndjson")) == {}
    [withdrawal] = marketplace.withdrawals("mod-3")
    assert withdrawal.side == "marketplace"
    without = changed(lines, "product", "mod-1", statuses=[])
    assert differences(run_as_json(marketplace, "compare", write_lines(tmp_path / "other.ndjson", without))) == {}
    other = changed(lines, "product", "mod-1", statuses=[{**back, "status": "offline_temporary"}])
    answer = run_as_json(marketplace, "compare", write_lines(tmp_path / "other.ndjson", other))
    assert differences(answer) == {"product": (0, 0, 1)}


def test_an_export_moves_into_another_installation(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    first = marketplace
    import_lines(first, tmp_path / "all.ndjson", whole_marketplace())
    first.publish("customer.erased", customer_id="customer-2")
    first.change_status("mod-1", "offline_temporary", version=9)
    first.run_all_now()
    exported = tmp_path / "export.ndjson.gz"
    assert run_command(first, "export", exported).exit_code == 0
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    with gzip.open(exported, "rt", encoding="utf-8") as file:
        lines = [json.loads(text) for text in file]
    assert len(lines) == len(whole_marketplace())
    assert differences(run_as_json(first, "compare", exported)) == {}
    url = sqlite_url(tmp_path / "second.db")
    apply_migrations(url)
    with open_marketplace(url, tmp_path / "second") as second:
        answer = run_as_json(second, "import", exported)
        assert (answer["error_count"], answer["written"]) == (0, True)
        assert differences(run_as_json(second, "compare", exported)) == {}
        assert second.status("mod-1") == first.status("mod-1") == "offline_temporary"


def test_an_export_that_cannot_be_written_is_a_sentence(marketplace: Marketplace, tmp_path: Path) -> None:
    result = run_command(marketplace, "export", tmp_path / "nowhere" / "export.ndjson")
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.output
    assert list(tmp_path.glob("**/*.unfinished")) == []
