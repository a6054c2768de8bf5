"""Closures of an imported seller: deadlines mind them, nobody is notified, and both sides agree about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import select

from marketplace_hooks.models.products import Seller
from marketplace_hooks.models.support import SellerClosure

from ..support.marketplace import Marketplace
from ..support.snapshots import Line, count_outgoing, import_lines, line, run_as_json, run_command, write_lines
from ..support.support_desk import ACKNOWLEDGEMENT, clock_of, publish_request, set_up_support

WINTER = {
    "closure_id": "closure-1",
    "first_day": "2026-02-28",
    "last_day": "2026-03-08",
    "declared_at": "2026-02-20T09:00:00Z",
}
SUMMER = {
    "closure_id": "closure-2",
    "first_day": "2026-07-06",
    "last_day": None,
    "declared_at": "2026-02-20T09:00:00Z",
}
FRIDAY = "2026-02-27T09:00:00Z"
PARENTS = [line("product"), line("customer"), line("purchase", purchased_at="2025-06-01T09:00:00Z")]
ASKED_ON_FRIDAY = line("request", submitted_at=FRIDAY, clocks_from=FRIDAY)


def errors_of(marketplace: Marketplace, path: Path, *lines: Line) -> list[tuple[int, str, str]]:
    answer = run_as_json(marketplace, "import", "--check", write_lines(path, lines))
    return [(one["line"], one["path"], one["message"]) for one in answer["errors"]]


def test_a_request_that_is_moved_in_waits_for_the_end_of_its_sellers_closure(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    lines = [line("seller", closures=[WINTER, SUMMER]), *PARENTS, ASKED_ON_FRIDAY]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert clock_of(marketplace, ACKNOWLEDGEMENT).last_day == date(2026, 3, 9)
    clock.move_to(datetime(2026, 3, 6, 12, tzinfo=UTC))
    marketplace.run_all_now()
    assert clock_of(marketplace, ACKNOWLEDGEMENT).state == "running"
    assert count_outgoing(marketplace) == 0
    clock.move_to(datetime(2026, 3, 10, 12, tzinfo=UTC))
    marketplace.run_all_now()
    assert clock_of(marketplace, ACKNOWLEDGEMENT).state == "missed"


def test_a_closure_that_was_declared_after_the_request_suspends_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    late = {**WINTER, "declared_at": "2026-02-27T09:00:01Z"}
    lines = [line("seller", closures=[late]), *PARENTS, ASKED_ON_FRIDAY]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert clock_of(marketplace, ACKNOWLEDGEMENT).last_day == date(2026, 3, 2)


def test_a_closure_of_a_known_seller_moves_the_deadlines_that_run(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)
    before = count_outgoing(marketplace)
    assert clock_of(marketplace, ACKNOWLEDGEMENT).last_day == date(2026, 3, 3)
    import_lines(marketplace, tmp_path / "all.ndjson", [line("seller", closures=[WINTER])])
    assert clock_of(marketplace, ACKNOWLEDGEMENT).last_day == date(2026, 3, 9)
    marketplace.run_all_now()
    assert count_outgoing(marketplace) == before


def test_a_closure_that_an_event_has_made_known_stays_as_it_is_and_is_no_difference(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    marketplace.publish("seller.closure_declared", seller_id="seller-1", **SUMMER)
    marketplace.run_all_now()
    [announced_at] = marketplace.all(select(SellerClosure.announced_at))
    assert announced_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    path = write_lines(tmp_path / "all.ndjson", [line("seller", closures=[SUMMER])])
    assert run_as_json(marketplace, "import", path)["errors"] == []
    assert marketplace.all(select(SellerClosure.announced_at)) == [announced_at]
    assert run_command(marketplace, "compare", path).exit_code == 0
    write_lines(path, [line("seller", closures=[{**SUMMER, "last_day": "2026-07-10"}])])
    [difference] = run_as_json(marketplace, "compare", path)["examples"]
    assert (difference["path"], difference["stored"]) == ("closures.0.last_day", None)


def test_what_is_wrong_with_a_closure_has_its_place(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    def refused(**changes: Any) -> list[tuple[int, str, str]]:
        return errors_of(marketplace, tmp_path / "all.ndjson", line("seller", closures=[{**WINTER, **changes}]))

    assert refused() == []
    assert refused(last_day="2026-02-27") == [(1, "data.closures.0.last_day", "Lies before first_day.")]
    future = "lies more than 5 minutes in the future"
    assert refused(declared_at="2026-03-02T09:36:00Z") == [(1, "data.closures.0.declared_at", future)]
    twice = [line("seller", closures=[WINTER, SUMMER, WINTER])]
    message = "Has the closure_id closure-1 twice."
    assert errors_of(marketplace, tmp_path / "all.ndjson", *twice) == [(1, "data.closures", message)]
    of_two = [line("seller", closures=[WINTER]), line("seller", seller_id="seller-2", closures=[SUMMER, WINTER])]
    path = "data.closures.1.closure_id"
    owned = "closure-1 is a closure of seller seller-1."
    assert errors_of(marketplace, tmp_path / "all.ndjson", *of_two) == [(2, path, owned)]
    assert marketplace.all(select(Seller)) == []
    import_lines(marketplace, tmp_path / "all.ndjson", of_two[:1])
    assert errors_of(marketplace, tmp_path / "all.ndjson", of_two[1]) == [(1, path, owned)]
