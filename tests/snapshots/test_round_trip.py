"""Round trip: whatever state this service makes, its export is imported elsewhere, and exported there the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.domain.support.deadlines import Closure
from marketplace_hooks.models.purchases import Customer
from marketplace_hooks.models.releases import Release
from marketplace_hooks.models.subscriptions import Notice, RepeatedNotice, SubscriptionState
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter
from marketplace_hooks.services.support.announced_closures import announced_closures
from marketplace_hooks.services.support.moves import extend_fix

from ..support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    PURCHASE,
    RENEWAL,
    SECOND,
    code_of,
    is_charged,
    notices,
    outgoing,
    payments,
    publish_charge,
    publish_renewal_cancelled,
    purchase,
    run_until,
    subscription,
)
from ..support.customers import (
    money,
    publish_dispute,
    publish_dispute_won,
    publish_purchase,
    publish_release,
    publish_renewal,
    publish_termination,
)
from ..support.databases import apply_migrations, sqlite_url
from ..support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace, open_marketplace, sample
from ..support.snapshots import run_as_json, run_command
from ..support.support_desk import (
    CAUSE,
    clocks,
    explain,
    in_transaction,
    publish_message,
    publish_request,
    set_up_support,
)


@pytest.fixture(autouse=True)
def bought(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    """One product, bought on Monday 2 March 2026 at 10:30 in Paris."""
    set_up_support(marketplace)


def exported(marketplace: Marketplace, path: Path) -> dict[str, dict[str, Any]]:
    """The data of every line of an export, by kind and id."""
    result = run_command(marketplace, "export", path)
    assert result.exit_code == 0, result.output
    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    return {f"{one['kind']} {one['data'][one['kind'] + '_id']}": one for one in lines}


@contextmanager
def moved(first: Marketplace, folder: Path) -> Iterator[Marketplace]:
    """Another installation with what the first one exports: it exports the same, and neither differs from the file."""
    folder.mkdir(exist_ok=True)
    path = folder / "first.ndjson"
    lines = exported(first, path)
    url = sqlite_url(folder / "second.db")
    apply_migrations(url)
    with open_marketplace(url, folder / "second") as second:
        answer = run_as_json(second, "import", path)
        assert (answer["errors"], answer["written"]) == ([], True)
        assert exported(second, folder / "second.ndjson") == lines
        for one in (first, second):
            compared = run_as_json(one, "compare", path)
            assert (compared["errors"], compared["examples"]) == ([], [])
        yield second


def test_a_renewal_that_was_not_paid_and_the_reactivation_after_it(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    with moved(marketplace, tmp_path / "pending") as second:
        assert subscription(second).state is SubscriptionState.PAYMENT_PENDING
    publish_charge(marketplace, "payment_failed", final=True)
    run_until(marketplace, clock, RENEWAL + DAY)
    with moved(marketplace, tmp_path / "failed") as second:
        assert (code_of(second), payments(second)) == ("EXPIRED", {1: "paid", 2: "failed"})
    run_until(marketplace, clock, RENEWAL + 40 * DAY)
    publish_charge(marketplace, "reactivated", 3, amount_cents=13365)
    marketplace.run_all_now()
    assert payments(marketplace) == {1: "paid", 2: "failed", 3: "paid"}
    with moved(marketplace, tmp_path / "reactivated") as second:
        assert (code_of(second), subscription(second).current_index) == ("VALID", 3)
        assert subscription(second).last_day == subscription(marketplace).last_day == date(2028, 4, 12)
        run_until(second, clock, subscription(second).renewal_at + CLAIM_DELAY)
        assert payments(second) == {1: "paid", 2: "failed", 3: "paid", 4: "pending"}


def test_a_release_by_http_that_was_taken_before(marketplace: Marketplace, tmp_path: Path) -> None:
    publish_release(marketplace)
    marketplace.run_all_now()
    url = "http://files.example/a.zip"
    with marketplace.runtime.database.session() as session:
        session.execute(update(Release).values(download_url=url))
    with moved(marketplace, tmp_path / "moved") as second:
        assert second.all(select(Release.download_url)) == [url]


def test_a_charge_that_was_reversed_and_the_reactivation_after_it(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    is_charged(marketplace, clock)
    publish_renewal_cancelled(marketplace, RENEWAL - SECOND)
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert payments(marketplace) == {1: "paid", 2: "failed"}
    with moved(marketplace, tmp_path / "reversed") as second:
        assert (code_of(second), payments(second)) == ("EXPIRED", {1: "paid", 2: "failed"})
    run_until(marketplace, clock, RENEWAL + 2 * DAY)
    publish_charge(marketplace, "reactivated", 3, amount_cents=13365)
    run_until(marketplace, clock, RENEWAL + 3 * DAY)
    with moved(marketplace, tmp_path / "reactivated") as second:
        assert (code_of(second), subscription(second).state) == ("VALID", SubscriptionState.ACTIVE)


def test_a_purchase_of_ten_periods(marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path) -> None:
    for index in range(2, 12):
        run_until(marketplace, clock, subscription(marketplace).renewal_at + CLAIM_DELAY)
        publish_renewal(marketplace, PURCHASE, index)
    assert len(payments(marketplace)) == 11
    with moved(marketplace, tmp_path) as second:
        assert subscription(second).last_day == subscription(marketplace).last_day == date(2037, 3, 2)


def test_a_customer_who_was_erased_with_everything_that_was_bought_and_asked(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    marketplace.publish("purchase.shop_bound", shop_url="https://new.example/", bound_at=datetime.now(UTC).isoformat())
    publish_request(marketplace)
    publish_message(marketplace)
    publish_renewal_cancelled(marketplace, datetime.now(UTC))
    publish_termination(marketplace, PURCHASE)
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    clock.shift(60)
    with moved(marketplace, tmp_path) as second:
        assert (purchase(second).shop_url, purchase(second).terminated_reason) == (None, None)
        [erased_at] = second.all(select(Customer.erased_at))
        assert erased_at == datetime.now(UTC) - timedelta(seconds=60)


def test_a_product_and_a_pack_that_sides_put_online_again(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    marketplace.publish_products("mod-2", "mod-3", "mod-4")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    for kind, id_ in (("product", "mod-1"), ("pack", "pack-1"), ("product", "mod-3")):
        marketplace.change_status(id_, "offline_temporary", kind=kind, version=4)
        marketplace.change_status(id_, "online", kind=kind, version=5)
        marketplace.run_all_now()
    marketplace.change_status("mod-3", "offline_permanent", MARKETPLACE, version=7)
    marketplace.change_status("mod-4", "offline_permanent", version=2)
    marketplace.run_all_now()
    marketplace.publish("product.reinstated", product_id="mod-4", version=1)
    marketplace.run_all_now()
    with moved(marketplace, tmp_path) as second:
        assert [second.status(f"mod-{number}") for number in range(1, 5)] == [ONLINE, ONLINE, WITHDRAWN, OFFLINE]
        assert second.side_states("mod-1")["seller"].version == 5
        late = second.change_status("mod-1", "offline_temporary", version=3)
        late_of_pack = second.change_status("pack-1", "offline_temporary", kind="pack", version=3)
        second.run_all_now()
        assert [second.state_and_outcome(one)[1] for one in (late, late_of_pack)] == ["superseded"] * 2
        assert second.is_pack_visible("pack-1")


def test_two_notices_of_one_renewal_and_money_given_back(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    run_until(marketplace, clock, RENEWAL - 65 * DAY)
    marketplace.run_all_now()
    run_until(marketplace, clock, RENEWAL - 55 * DAY)
    announced = {**sample("product.upserted")["data"], "price": money(12000), "version": 50}
    announced["listing"] = {**announced["listing"], "published_at": datetime.now(UTC).isoformat()}
    marketplace.publish("product.upserted", **announced)
    run_until(marketplace, clock, RENEWAL - 54 * DAY)
    sent = [(one.amount_cents, one.sent_at) for one in read_all_notices(marketplace)]
    assert [cents for cents, _ in sent] == [3960, 4800]
    publish_purchase(marketplace, "purchase-2")
    for refund in ({"refund_id": "re_1", "amount": money(9900)}, {"refund_id": "re_2", "amount": money(5000)}):
        at = {"refunded_at": datetime.now(UTC).isoformat(), "request_id": None}
        marketplace.publish("purchase.refunded", purchase_id="purchase-2", **at, **refund)
    publish_purchase(marketplace, "purchase-3")
    marketplace.run_all_now()
    publish_dispute(marketplace, "purchase-3")
    publish_dispute_won(marketplace, "purchase-3")
    with moved(marketplace, tmp_path) as second:
        assert [(one.amount_cents, one.sent_at) for one in read_all_notices(second)] == sent
        assert (subscription(second).announced_cents, subscription(second).notice_at) == (4800, None)
        assert purchase(second, "purchase-2").over_refunded_cents == 5000
        assert code_of(second, about=PurchaseFilter(purchase_id="purchase-3")) == "VALID"
        run_until(second, clock, RENEWAL + CLAIM_DELAY)
        [claimed] = outgoing(second, "renewal_due")
        assert claimed.data["amount"] == money(4800)


def read_all_notices(marketplace: Marketplace) -> list[Notice | RepeatedNotice]:
    """The notices of the first purchase, the first one and those after it."""
    later = marketplace.all(select(RepeatedNotice).where(RepeatedNotice.purchase_id == PURCHASE))
    return [*notices(marketplace), *later]


def test_requests_whose_state_no_line_describes_are_left_out_and_listed(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    for number in range(1, 5):
        publish_request(marketplace, f"request-{number}")
    publish_message(marketplace, request_id="request-1")
    in_transaction(marketplace, partial(explain, request_id="request-2"))
    clock.shift(20 * 3_600)
    publish_message(marketplace, request_id="request-4")
    extend = partial(extend_fix, request_id="request-4", days=5, reason="The host is closed.", cause=CAUSE)
    in_transaction(marketplace, extend)
    clock.shift(3 * 86_400)
    marketplace.run_all_now()
    assert clocks(marketplace, "request-3")["acknowledgement"] == "missed"
    result = run_command(marketplace, "export", tmp_path / "all.ndjson")
    sentence = "Not in the file, because a line cannot describe their state: request request-2, request-3, request-4."
    assert (result.exit_code, result.stderr.strip()) == (0, sentence)
    rows = {one["kind"]: one for one in run_as_json(marketplace, "export", tmp_path / "all.ndjson")}
    assert rows["request"]["left_out"] == ["request-2", "request-3", "request-4"]
    assert (rows["request"]["lines"], rows["request"]["too_long"]) == (1, [])


def test_a_line_that_an_import_would_refuse_is_named(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    publish_request(marketplace)
    for number in range(6):
        publish_message(marketplace, f"message-{number}", body=f"{number} {'é' * 99_000}")
    result = run_command(marketplace, "export", tmp_path / "all.ndjson")
    sentence = "Longer than 1 MiB, so that an import refuses the line: request request-1."
    assert (result.exit_code, result.stderr.strip()) == (0, sentence)


def test_a_renewal_that_an_undone_withdrawal_cancelled_stays_cancelled(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    marketplace.change_status("mod-1", "offline_permanent", version=2)
    marketplace.run_all_now()
    clock.shift(86_400)
    marketplace.publish("product.reinstated", product_id="mod-1", version=1)
    marketplace.change_status("mod-1", "online", MARKETPLACE, version=2)
    clock.shift(86_400)
    publish_purchase(marketplace, "purchase-2")
    marketplace.run_all_now()
    with moved(marketplace, tmp_path) as second:
        assert subscription(second).withdrawn_from == subscription(marketplace).withdrawn_from
        run_until(second, clock, RENEWAL + 4 * DAY)
        assert (code_of(second), payments(second)) == ("EXPIRED", {1: "paid"})
        assert payments(second, "purchase-2") == {1: "paid", 2: "pending"}


def test_a_closure_that_was_described_anew_keeps_what_it_had_announced(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    closure = {"closure_id": "closure-1", "seller_id": "seller-1", "first_day": "2026-03-09"}
    for last_day in ("2026-03-13", "2026-03-20"):
        declared_at = format_instant(datetime.now(UTC))
        marketplace.publish("seller.closure_declared", **closure, last_day=last_day, declared_at=declared_at)
        marketplace.run_all_now()
        clock.shift(DAY)
    marketplace.publish(
        "seller.closure_declared", **{**closure, "closure_id": "closure-2"}, last_day=None, declared_at=declared_at
    )
    clock.shift(SECOND)
    marketplace.publish("seller.closure_cancelled", closure_id="closure-2", seller_id="seller-1")
    marketplace.run_all_now()
    before = announced_closures_of(marketplace)
    assert len(before) == 2
    with moved(marketplace, tmp_path) as second:
        assert announced_closures_of(second) == before


def announced_closures_of(marketplace: Marketplace) -> list[Closure]:
    """The closures of the seller as customers could see them."""
    with marketplace.runtime.database.read_session() as session:
        return announced_closures(session, "seller-1")
