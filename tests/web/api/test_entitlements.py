"""The entitlement check by the API: the codes, what each role may see, and what one answer costs the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.business_care.entitlement_lookup import lookup_of
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.apps import close_app
from ...support.customers import (
    SHOP,
    publish_dispute,
    publish_refund,
    publish_renewal,
    publish_termination,
    set_up_purchase,
)
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace

SITE = "https://shop.example"
STRANGER = {
    "valid": False,
    "code": "NOT_FOUND",
    "detail": "no purchase of this product by this customer",
    "business_care": {"active": False, "last_day": None},
    "remedy": "buy",
}


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_products("mod-9", seller_id="seller-2")


@pytest.fixture
def platform(calls: MakeCaller) -> Caller:
    return calls("platform")


def asked(caller: Caller, **query: str) -> dict[str, Any]:
    answer = caller.get("/entitlements", query_string=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    content: dict[str, Any] = answer.get_json()
    return content


def code(caller: Caller, **query: str) -> str:
    found: str = asked(caller, **query)["code"]
    return found


def test_an_active_business_care_is_answered_whole(marketplace: Marketplace, platform: Caller) -> None:
    set_up_purchase(marketplace)
    assert asked(platform, purchase_id="purchase-1", shop_url=SITE) == {
        "valid": True,
        "code": "VALID",
        "detail": "subscription active for this product and shop",
        "business_care": {"active": True, "last_day": "2027-03-02"},
        "remedy": None,
    }


@pytest.mark.parametrize(
    ("site", "expected", "remedy"),
    [
        ("https://dev.shop.example", "VALID_STAGING_SHOP", None),
        ("https://other.example", "SHOP_SCOPE_MISMATCH", "change_shop"),
        ("not an address", "SHOP_URL_INVALID", "correct_shop_url"),
        ("", "SHOP_SCOPE_REQUIRED", "name_shop"),
    ],
)
def test_the_site_asked_about_is_compared_with_the_one_bound(
    marketplace: Marketplace, platform: Caller, site: str, expected: str, remedy: str | None
) -> None:
    set_up_purchase(marketplace)
    found = asked(platform, purchase_id="purchase-1", shop_url=site)
    assert (found["code"], found["remedy"], found["business_care"]["active"]) == (expected, remedy, True)


def test_an_unbound_purchase_asks_for_its_shop(marketplace: Marketplace, platform: Caller) -> None:
    set_up_purchase(marketplace, shop_url=None)
    assert code(platform, purchase_id="purchase-1", shop_url=SITE) == "SHOP_NOT_BOUND"


@pytest.mark.parametrize(
    ("end", "expected", "last_day"),
    [
        (publish_refund, "REFUNDED", "2027-03-02"),
        (publish_termination, "TERMINATED", "2026-03-02"),
        (publish_dispute, "PAYMENT_DISPUTED", "2027-03-02"),
    ],
)
def test_what_ends_it_is_seen_at_once(
    marketplace: Marketplace, platform: Caller, end: Any, expected: str, last_day: str
) -> None:
    set_up_purchase(marketplace)
    end(marketplace, "purchase-1")
    found = asked(platform, purchase_id="purchase-1", shop_url=SITE)
    assert (found["code"], found["business_care"]) == (expected, {"active": False, "last_day": last_day})


@pytest.mark.parametrize(("status", "expected"), [(OFFLINE, "VALID"), (WITHDRAWN, "VALID_RENEWAL_CANCELLED")])
def test_no_status_of_the_product_takes_an_entitlement_away(
    marketplace: Marketplace, platform: Caller, status: str, expected: str
) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    assert code(platform, purchase_id="purchase-1", shop_url=SITE) == expected


@pytest.mark.parametrize(("status", "remedy"), [(None, "reactivate"), (OFFLINE, "reactivate"), (WITHDRAWN, None)])
def test_what_is_over_can_be_reactivated_unless_the_product_is_withdrawn(
    marketplace: Marketplace, platform: Caller, status: str | None, remedy: str | None
) -> None:
    set_up_purchase(marketplace, purchased_at="2024-06-15T10:00:00+02:00")
    if status is not None:
        marketplace.change_status("mod-1", status)
        marketplace.run_all_now()
    found = asked(platform, purchase_id="purchase-1", shop_url=SITE)
    assert (found["code"], found["remedy"]) == ("EXPIRED", remedy)
    assert found["business_care"] == {"active": False, "last_day": "2025-06-15"}


def test_of_several_purchases_the_best_one_answers(marketplace: Marketplace, platform: Caller) -> None:
    set_up_purchase(marketplace, "old", purchased_at="2024-06-15T10:00:00+02:00")
    set_up_purchase(marketplace, "elsewhere", shop_url="https://elsewhere.example")
    set_up_purchase(marketplace, "gone")
    publish_refund(marketplace, "gone")
    ids = {"customer_id": "customer-1", "product_id": "mod-1"}
    assert code(platform, **ids, shop_url=SITE) == "SHOP_SCOPE_MISMATCH"
    assert code(platform, **ids, shop_url="https://elsewhere.example") == "VALID"
    assert code(platform, customer_id="customer-1", product_id="mod-2") == "NOT_FOUND"


def test_a_purchase_of_another_product_says_so(marketplace: Marketplace, platform: Caller) -> None:
    set_up_purchase(marketplace)
    assert code(platform, purchase_id="purchase-1", product_id="mod-2") == "PRODUCT_SCOPE_MISMATCH"
    assert code(platform, purchase_id="purchase-1", product_id="mod-1", shop_url=SITE) == "VALID"
    assert code(platform, purchase_id="purchase-1", customer_id="customer-2") == "NOT_FOUND"


# --- who is told what of whom


def test_a_customer_learns_nothing_of_other_customers(marketplace: Marketplace, calls: MakeCaller) -> None:
    set_up_purchase(marketplace)
    own = calls("customer", "customer-1")
    other = calls("customer", "customer-2")
    assert code(own, purchase_id="purchase-1", shop_url=SITE) == "VALID"
    assert code(own, product_id="mod-1", shop_url=SITE) == "VALID"
    for query in (
        {"purchase_id": "purchase-1", "shop_url": SITE},
        {"purchase_id": "purchase-1", "product_id": "mod-2"},
        {"customer_id": "customer-1", "product_id": "mod-1", "shop_url": SITE},
        {"purchase_id": "purchase-1", "customer_id": "customer-1"},
        {"purchase_id": "no-such-purchase"},
    ):
        assert asked(other, **query) == STRANGER


def test_a_seller_learns_nothing_of_other_sellers_products(marketplace: Marketplace, calls: MakeCaller) -> None:
    set_up_purchase(marketplace)
    own = calls("seller", "seller-1")
    other = calls("seller", "seller-2")
    assert code(own, purchase_id="purchase-1", shop_url=SITE) == "VALID"
    assert code(own, customer_id="customer-1", product_id="mod-1", shop_url=SITE) == "VALID"
    assert asked(other, purchase_id="purchase-1", shop_url=SITE) == STRANGER
    assert asked(other, customer_id="customer-1", product_id="mod-1", shop_url=SITE) == STRANGER


@pytest.mark.parametrize("role", ["seller", "customer"])
def test_only_the_marketplace_asks_of_another_time(marketplace: Marketplace, calls: MakeCaller, role: str) -> None:
    set_up_purchase(marketplace)
    caller = calls(role, f"{role}-1")
    refused = caller.get("/entitlements", query_string={"purchase_id": "purchase-1", "at": "2026-03-01T00:00:00Z"})
    assert problem_of(refused) == (403, "forbidden")


def test_nobody_in_particular_is_told_nothing(marketplace: Marketplace, public: Caller) -> None:
    set_up_purchase(marketplace)
    refused = public.get("/entitlements", query_string={"purchase_id": "purchase-1"})
    assert problem_of(refused) == (401, "not_signed_in")


@pytest.mark.parametrize("role", ["platform", "operator"])
def test_it_is_told_as_it_stood_at_an_instant(
    marketplace: Marketplace, calls: MakeCaller, clock: time_machine.Traveller, role: str
) -> None:
    set_up_purchase(marketplace)
    then = datetime.now(UTC) + timedelta(hours=1)
    clock.shift(timedelta(days=3))
    publish_refund(marketplace, "purchase-1")
    caller = calls(role)
    assert code(caller, purchase_id="purchase-1", shop_url=SITE) == "REFUNDED"
    assert code(caller, purchase_id="purchase-1", shop_url=SITE, at=then.isoformat()) == "VALID"
    assert code(caller, purchase_id="purchase-1", at="2025-01-01T00:00:00Z") == "NOT_STARTED"


@pytest.mark.parametrize("query", [{}, {"customer_id": "customer-1"}, {"product_id": "mod-1"}, {"purchase_id": ""}])
def test_a_question_about_nobody_is_refused(platform: Caller, query: dict[str, str]) -> None:
    assert problem_of(platform.get("/entitlements", query_string=query)) == (422, "payload_rejected")


@pytest.mark.parametrize("at", ["yesterday", "2026-03-01", "2026-03-01T10:00:00"])
def test_an_instant_without_its_offset_is_refused(platform: Caller, at: str) -> None:
    refused = platform.get("/entitlements", query_string={"purchase_id": "purchase-1", "at": at})
    assert problem_of(refused) == (422, "payload_rejected")
    assert refused.get_json()["errors"][0]["path"] == "at"


@pytest.mark.parametrize("id_", ["\0", "x" * 5_000, "é\U0001f600", "' OR 1=1 --", "%"])
def test_whatever_is_no_purchase_is_not_found(marketplace: Marketplace, platform: Caller, id_: str) -> None:
    set_up_purchase(marketplace)
    assert asked(platform, purchase_id=id_, shop_url=id_) == STRANGER


# --- what one answer costs, and whom a token opens it to


@pytest.fixture
def statements(marketplace: Marketplace) -> Iterator[list[str]]:
    """Every statement that reaches the database, by whatever way it goes."""
    seen: list[str] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **how: Any) -> Any:
            seen.append(str(query))
            return super().execute(query, *args, **how)

    def watch(connection: Any, *_: Any) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(seen.append)
        else:
            connection.cursor_factory = Counting

    database = marketplace.runtime.database
    database.dispose()
    sa.event.listen(database.engine, "connect", watch)
    yield seen
    sa.event.remove(database.engine, "connect", watch)


@pytest.mark.parametrize(
    "query",
    [
        {"purchase_id": "purchase-1", "shop_url": SITE},
        {"purchase_id": "no-such-purchase"},
        {"customer_id": "customer-1", "product_id": "mod-1"},
    ],
)
@pytest.mark.parametrize("role", ["platform", "customer", "seller"])
def test_one_answer_is_one_select(
    marketplace: Marketplace, calls: MakeCaller, statements: list[str], query: dict[str, str], role: str
) -> None:
    set_up_purchase(marketplace)
    caller = calls(role, None if role == "platform" else f"{role}-1")
    asked(caller, **query)
    statements.clear()
    asked(caller, **query)
    assert [one.split()[0] for one in statements] == ["SELECT"]


def test_many_periods_are_one_select_too(marketplace: Marketplace, calls: MakeCaller, statements: list[str]) -> None:
    set_up_purchase(marketplace, purchased_at="2022-06-15T10:00:00+02:00")
    for index in (2, 3, 4):
        publish_renewal(marketplace, "purchase-1", index)
    caller = calls("platform")
    asked(caller, purchase_id="purchase-1")
    statements.clear()
    found = asked(caller, purchase_id="purchase-1", shop_url=SITE)
    assert found["business_care"] == {"active": True, "last_day": "2026-06-15"}
    assert len(statements) == 1


@pytest.mark.parametrize("names", [{"purchase_id"}, {"customer_id", "product_id"}, {"purchase_id", "customer_id"}])
@pytest.mark.parametrize("with_token", [True, False])
def test_the_select_goes_by_indexes_alone(marketplace: Marketplace, names: set[str], with_token: bool) -> None:
    set_up_purchase(marketplace)
    statement = lookup_of(frozenset(names), with_token=with_token).statement
    with marketplace.runtime.database.read_session() as session:
        bind = session.get_bind()
        if bind.dialect.name == "postgresql":
            session.execute(sa.text("SET enable_seqscan = off"))
        explain = "EXPLAIN" if bind.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        asked_for = statement.params(dict.fromkeys(statement.compile().params, "x"))
        text = asked_for.compile(bind, compile_kwargs={"literal_binds": True})
        plan = [str(row) for row in session.execute(sa.text(f"{explain} {text}"))]
    assert not [line for line in plan if "SCAN mh_" in line or "Seq Scan" in line], plan


def test_nothing_is_written(marketplace: Marketplace, calls: MakeCaller, statements: list[str]) -> None:
    set_up_purchase(marketplace)
    caller = calls("operator")
    asked(caller, purchase_id="purchase-1")  # when the token was used is written once a minute.
    statements.clear()
    asked(caller, purchase_id="purchase-1")
    asked(caller, purchase_id="purchase-1", at=datetime.now(UTC).isoformat())
    verbs = {one.split()[0] for one in statements}
    assert verbs <= {"SELECT", "BEGIN", "ROLLBACK", "PRAGMA"}, verbs


@pytest.mark.parametrize("more", [{}, {"at": "2026-03-02T08:00:00Z"}])
def test_a_revoked_token_is_refused_from_that_instant(marketplace: Marketplace, more: dict[str, str]) -> None:
    set_up_purchase(marketplace)
    token, text = tokens.create(marketplace.runtime, "platform")
    caller = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    for _ in range(2):
        assert code(caller, purchase_id="purchase-1", shop_url=SITE) == "VALID"
    run_in_transaction(marketplace.runtime, lambda uow: tokens.revoke(uow, token.id))
    for _ in range(2):
        refused = caller.get("/entitlements", query_string={"purchase_id": "purchase-1", **more})
        assert problem_of(refused) == (401, "invalid_token")


def test_a_secret_that_is_wrong_opens_nothing_although_the_token_is_remembered(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    _, text = tokens.create(marketplace.runtime, "platform")
    assert code(Caller(marketplace.app, {"Authorization": f"Bearer {text}"}), purchase_id="purchase-1") != "NOT_FOUND"
    forged = Caller(marketplace.app, {"Authorization": f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}"})
    assert problem_of(forged.get("/entitlements", query_string={"purchase_id": "purchase-1"})) == (401, "invalid_token")


def test_somebody_whom_the_host_has_signed_in_asks_without_a_token(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    settings = marketplace.runtime.settings
    host = Flask("host")
    host.config["MARKETPLACE_HOOKS_INSTANCE"] = str(settings.instance)
    host.config["MARKETPLACE_HOOKS_DATABASE_URL"] = settings.database_url
    MarketplaceHooks(host, identity=lambda: {"role": "customer", "subject": "customer-1"})
    caller = Caller(host)
    assert code(caller, purchase_id="purchase-1", shop_url=SHOP) == "VALID"
    assert code(caller, product_id="mod-1", shop_url=SHOP) == "VALID"
    close_app(host)


def test_the_document_says_what_may_be_asked(public: Caller) -> None:
    [call] = public.get("/openapi.json").get_json()["paths"]["/api/v1/entitlements"].values()
    assert {one["name"] for one in call["parameters"]} == {
        "purchase_id",
        "customer_id",
        "product_id",
        "shop_url",
        "at",
    }
    assert call["x-roles"] == ["customer", "operator", "platform", "seller"]


def test_connections_that_died_while_they_were_idle_are_replaced(marketplace: Marketplace, platform: Caller) -> None:
    set_up_purchase(marketplace)
    database = marketplace.runtime.database
    if database.is_sqlite:
        pytest.skip("a file has no server that could end a connection")
    pids: list[int] = []

    def open_three(connection: Any) -> None:
        pids.append(connection.info.backend_pid)
        if len(pids) < 3:
            database.raw.run(open_three)

    database.raw.run(open_three)
    with database.engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(sa.func.unnest(pids)))).all()
    assert code(platform, purchase_id="purchase-1", shop_url=SITE) == "VALID"
