"""Check of a snapshot: whatever is wrong is reported with file, line and path, and nothing of it is written."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from marketplace_hooks.models.products import Seller
from marketplace_hooks.snapshots.files import LONGEST_LINE, SnapshotFile, UnreadableFile

from ..support.marketplace import Marketplace
from ..support.snapshots import EURO_99, Line, line, listing, renewal, run_as_json, run_command, write_lines

DOLLARS = {"amount_cents": 9900, "currency": "USD"}
_FIRST = {"period_index": 1, "kind": "purchase"}
_DISPUTE = {"disputed_at": "2026-02-01T00:00:00Z", "amount": EURO_99}
_SINCE_EVER = {"actor": "seller", "status": "offline_temporary", "reason": "", "version": 1}
PARENTS = [line("seller"), line("product"), line("customer")]


def errors_of(marketplace: Marketplace, path: Path, *lines: Line) -> list[tuple[int, str, str]]:
    """The line, path and message of each error of these lines behind those of their parents."""
    answer = run_as_json(marketplace, "import", write_lines(path, [*PARENTS, *lines]))
    assert answer["written"] is False
    assert marketplace.all(select(func.count()).select_from(Seller)) == [0]
    assert {one["file"] for one in answer["errors"]} <= {str(path)}
    return [(one["line"], one["path"], one["message"]) for one in answer["errors"]]


def _failed(index: int) -> dict[str, Any]:
    return {"period_index": index, "kind": "renewal", "payment": "failed"}


def test_an_error_has_its_line_its_path_and_what_is_wrong(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = tmp_path / "data.ndjson"
    second_period = renewal(2, "2023-03-10T23:00:00Z")
    bought = "2022-03-10T09:00:00Z"
    today = "2026-03-01T09:00:00Z"
    second_reactivation = renewal(3, today, kind="reactivation")
    early_reactivation = renewal(4, "2024-03-01T09:00:00Z", kind="reactivation")
    cases: list[tuple[Line, str, str]] = [
        (
            line("purchase", price_paid={"amount_cents": -1, "currency": "EUR"}),
            "data.price_paid.amount_cents",
            "Must be",
        ),
        ({"kind": "shop", "data": {}}, "kind", "Must be one of: seller, customer"),
        ({"kind": "seller"}, "", "The line must be an object with kind and data."),
        ({**line("seller"), "timestamp": "yesterday"}, "timestamp", "Must be an instant"),
        (line("purchase", purchased_at="2027-01-01T00:00:00Z"), "data.purchased_at", "in the future"),
        (
            line("purchase", purchased_at=bought, refunds=[{"refunded_at": bought, "amount": DOLLARS}]),
            "data.refunds.0.amount.currency",
            "is another currency than EUR",
        ),
        (
            line("product", product_id="mod-2", version=2, listings=[listing(1, bought, price=DOLLARS)]),
            "data.listings.0.price.currency",
            "Is another currency than EUR",
        ),
        (
            line("purchase", purchased_at=bought, periods=[{**second_period, "first_day": "2023-03-10"}]),
            "data.periods.0.first_day",
            "overlaps period 1, which ends on 2023-03-10",
        ),
        (
            line("purchase", purchased_at=bought, periods=[{**second_period, "last_day": "2024-03-11"}]),
            "data.periods.0.last_day",
            "is 2024-03-10 by the contract",
        ),
        (
            line("purchase", purchased_at=bought, periods=[renewal(2, "2022-09-01T00:00:00Z", kind="reactivation")]),
            "data.periods.0.first_day",
            "overlaps period 1",
        ),
        (
            line("purchase", purchased_at=bought, periods=[renewal(3, "2024-03-10T23:00:00Z")]),
            "data.periods.0.period_index",
            "must be 2",
        ),
        (
            line("purchase", purchased_at=bought, periods=[{**_FIRST, "payment": "failed"}]),
            "data.periods.0.payment",
            "the first period cannot have failed",
        ),
        (
            line("purchase", purchased_at=bought, periods=[second_period, _FIRST, _failed(3), renewal(4, today)]),
            "data.periods.3.payment",
            "the period before was not paid",
        ),
        (
            line("purchase", purchased_at=bought, periods=[{**_failed(2), "payment": "pending"}, second_reactivation]),
            "data.periods.1.payment",
            "the period before is not paid yet",
        ),
        (
            line("purchase", purchased_at=bought, periods=[second_period, _failed(3), early_reactivation]),
            "data.periods.2.first_day",
            "overlaps period 2, which ends on 2024-03-10",
        ),
        (
            line("purchase", purchased_at=bought, periods=[{"period_index": 2, "kind": "renewal"}]),
            "data.periods.0.charge_id",
            "Required of a paid renewal",
        ),
        (
            line("purchase", notices=[{"period_index": 2, "sent_at": bought}]),
            "data.notices.0.period_index",
            "the purchase has no such period",
        ),
        (
            line("purchase", disputes=[{**_DISPUTE, "outcome": "won", "closed_at": "2026-01-15T00:00:00Z"}]),
            "data.disputes.0.closed_at",
            "Lies before the dispute began",
        ),
        (line("product", statuses=[_SINCE_EVER]), "data.statuses.0.since", "Required unless it is online"),
        (line("purchase", product_id="mod-9"), "data.product_id", "No line describes product mod-9"),
        (line("purchase", pack_id="pack-9"), "data.pack_id", "No line describes pack pack-9"),
        (line("purchase", pack_id="pack-9", refunds=[]), "data.pack_id", "No line describes pack pack-9"),
        (
            line("request", customer_id="customer-1", purchase_id="purchase-9"),
            "data.purchase_id",
            "No line describes purchase purchase-9",
        ),
        (line("seller", name="Another"), "data.seller_id", f"stands in line 1 of {path} with other content."),
    ]
    for wrong, where, message in cases:
        found = errors_of(sqlite_marketplace, path, wrong)
        assert [(number, at) for number, at, _ in found if message in found[0][2]][:1] == [(4, where)], (where, found)


def test_what_only_two_lines_together_show_is_an_error_too(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = tmp_path / "data.ndjson"
    bought = {"purchased_at": "2022-03-10T09:00:00Z", "periods": [renewal(2, "2023-03-10T23:00:00Z")]}
    twice = [line("purchase", **bought), line("purchase", purchase_id="purchase-2", **bought)]
    assert errors_of(sqlite_marketplace, path, *twice) == [
        (5, "data.periods.0.charge_id", "ch-2 pays another period already.")
    ]
    release = {"release_id": "release-1", "amount": EURO_99, "purchased_at": "2026-02-21T10:00:00Z"}
    free = [line("release", fixes=[]), line("purchase", releases=[release])]
    assert errors_of(sqlite_marketplace, path, *free) == [
        (5, "data.releases.0.release_id", "is a free release: nobody buys it")
    ]
    asked = [line("purchase"), line("customer", customer_id="customer-2"), line("request", customer_id="customer-2")]
    assert errors_of(sqlite_marketplace, path, *asked) == [(6, "data.customer_id", "is not the purchase's")]


def test_the_same_line_twice_is_one_entity(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = tmp_path / "data.ndjson"
    bought = {"purchased_at": "2022-03-10T09:00:00Z", "periods": [renewal(2, "2023-03-10T23:00:00Z")]}
    plain = line("purchase", **bought)
    written_out = line("purchase", **bought, refunds=[], disputes=[])
    other = line("purchase", **bought, shop_url="https://other.example")
    errors = errors_of(sqlite_marketplace, path, plain, {}, plain, other)
    assert [(number, where) for number, where, _ in errors] == [(5, ""), (7, "data.purchase_id")]
    assert errors[1][2] == f"purchase purchase-1 stands in line 4 of {path} with other content."
    answer = run_as_json(sqlite_marketplace, "import", write_lines(path, [*PARENTS, plain, written_out, plain]))
    assert (answer["errors"], answer["written"]) == ([], True)
    assert [one["new"] for one in answer["entities"] if one["kind"] == "purchase"] == [1]


def test_every_place_that_names_an_unknown_parent_is_an_error(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    named = [("customer-9", "mod-1"), ("customer-1", "mod-9"), ("customer-9", "mod-9")]
    lines = [
        line("purchase", purchase_id=f"purchase-{number}", customer_id=customer_id, product_id=product_id)
        for number, (customer_id, product_id) in enumerate(named)
    ]
    assert errors_of(sqlite_marketplace, tmp_path / "data.ndjson", *lines) == [
        (4, "data.customer_id", "No line describes customer customer-9, and it is not known here."),
        (5, "data.product_id", "No line describes product mod-9, and it is not known here."),
        (6, "data.customer_id", "No line describes customer customer-9, and it is not known here."),
        (6, "data.product_id", "No line describes product mod-9, and it is not known here."),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"not json\n", "the line is not JSON"),
        (b'{"kind": "seller", "kind": "seller", "data": {}}\n', "the same name twice"),
        (b"\xff\xfe\n", "the line is not UTF-8"),
        (b'{"a": "' + b"x" * LONGEST_LINE + b'"}\n', "The line is longer than 1 MiB."),
    ],
)
def test_a_line_that_cannot_be_read_does_not_hide_the_next(
    sqlite_marketplace: Marketplace, tmp_path: Path, text: bytes, message: str
) -> None:
    path = tmp_path / "data.ndjson"
    path.write_bytes(text + b"\n" + b'{"kind": "seller", "data": {}}\n')
    answer = run_as_json(sqlite_marketplace, "import", path)
    assert message in answer["errors"][0]["message"]
    assert answer["errors"][0]["line"] == 1
    assert {one["line"] for one in answer["errors"][1:]} == {3}


def test_a_line_of_one_mebibyte_is_read(sqlite_marketplace: Marketplace, tmp_path: Path) -> None:
    path = tmp_path / "data.ndjson"
    text = json.dumps(line("seller")).encode()
    path.write_bytes(text[:-1] + b" " * (LONGEST_LINE - len(text)) + b"}\n")
    assert run_as_json(sqlite_marketplace, "import", path)["written"] is True


def test_a_gzip_that_is_cut_short_is_an_error_and_a_whole_one_is_not(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = tmp_path / "data.ndjson.gz"
    lines = [line("seller", seller_id=f"seller-{number}", name=f"{number * 7919}") for number in range(2_000)]
    whole = gzip.compress("".join(f"{json.dumps(one)}\n" for one in lines).encode())
    path.write_bytes(whole[:-200])
    [error] = run_as_json(sqlite_marketplace, "import", path)["errors"]
    assert "The gzip file is cut short" in error["message"]
    assert error["line"] > 100
    assert sqlite_marketplace.all(select(func.count()).select_from(Seller)) == [0]
    path.write_bytes(whole)
    assert run_as_json(sqlite_marketplace, "import", path)["written"] is True


@pytest.mark.parametrize("change", ["appended", "replaced", "rewritten"])
def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path: Path, change: str) -> None:
    path = write_lines(tmp_path / "data.ndjson", [line("seller"), line("customer")])
    lines = SnapshotFile(path).lines()
    assert next(lines).number == 1
    if change == "appended":
        with path.open("ab") as file:
            file.write(b"{}\n")
    elif change == "replaced":
        write_lines(tmp_path / "other.ndjson", [line("seller"), line("customer")]).replace(path)
    else:
        os.utime(path, ns=(0, 0))
    with pytest.raises(UnreadableFile, match="has changed while it was read"):
        list(lines)


def test_what_is_no_file_is_an_error() -> None:
    with pytest.raises(UnreadableFile, match="It is no regular file"):
        list(SnapshotFile(Path("/dev/zero")).lines())


def test_a_thousand_errors_are_listed_and_all_are_counted(sqlite_marketplace: Marketplace, tmp_path: Path) -> None:
    path = tmp_path / "data.ndjson"
    path.write_text("[]\n" * 1_001)
    answer = run_as_json(sqlite_marketplace, "import", path)
    assert (len(answer["errors"]), answer["error_count"]) == (1_000, 1_001)
    result = run_command(sqlite_marketplace, "import", path)
    assert result.exit_code == 1
    assert f"{path}:1: The line must be an object with kind and data." in result.stdout
    assert "and 1 more." in result.stdout
    assert "1001 errors: nothing was written." in result.stderr


def test_one_file_that_is_wrong_holds_back_all(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    right = write_lines(tmp_path / "right.ndjson", PARENTS)
    wrong = write_lines(tmp_path / "wrong.ndjson", [line("pack", product_ids=["mod-1", "mod-7"])])
    answer = run_as_json(sqlite_marketplace, "import", right, wrong)
    assert [(one["file"], one["line"], one["path"]) for one in answer["errors"]] == [
        (str(wrong), 1, "data.product_ids.1")
    ]
    assert answer["written"] is False
    assert sqlite_marketplace.all(select(func.count()).select_from(Seller)) == [0]


def test_a_file_that_is_not_there_is_a_mistake_of_usage(sqlite_marketplace: Marketplace, tmp_path: Path) -> None:
    for command in ("import", "compare"):
        assert run_command(sqlite_marketplace, command, tmp_path / "nothing.ndjson").exit_code == 2
        assert run_command(sqlite_marketplace, command).exit_code == 2
