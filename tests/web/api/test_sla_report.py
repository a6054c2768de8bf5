"""A seller's figures by the API: what each counts, in which month, and who may read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import Engine, event

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.services.support import moves

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    due,
    in_transaction,
    publish_message,
    publish_request,
    set_up_support,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATH = "/sellers/seller-1/figures"


def month(caller: Caller, name: str = "2026-03") -> dict[str, Any]:
    answer = caller.get(f"{PATH}?from={name}&to={name}")
    assert answer.status_code == 200, answer.text
    [found] = answer.get_json()["months"]
    assert found["month"] == name
    content: dict[str, Any] = found
    return content


def outcomes(of: dict[str, Any]) -> tuple[int, int, int, int, float | None]:
    return of["in_time"], of["late"], of["open"], of["void"], of["median_business_days"]


def resolves(desk: Marketplace, request_id: str) -> None:
    in_transaction(
        desk,
        lambda uow: moves.resolve(uow, request_id, how="explanation", release_id=None, text="Done", cause=CAUSE),
    )


def refuses(desk: Marketplace, ground: Ground, request_id: str = REQUEST) -> None:
    in_transaction(
        desk,
        lambda uow: moves.refuse(
            uow, request_id, ground=ground, text="No", evidence={"files": ["a"]}, by="seller-1", cause=CAUSE
        ),
    )


def test_figures_count_what_was_kept_and_how_soon(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    for number in range(1, 5):
        publish_request(desk, f"request-{number}")
    publish_request(desk, "request-5", kind="question")
    clock.shift(HOUR)
    publish_message(desk, "m-1", request_id="request-1")
    clock.shift(DAY)
    publish_message(desk, "m-2", request_id="request-2")
    clock.shift(3 * DAY)
    publish_message(desk, "m-3", request_id="request-3")
    found = month(seller)
    assert found["requests"] == 5
    assert outcomes(found["acknowledged"]) == (2, 3, 0, 0, 1.0)
    assert outcomes(found["fixed"]) == (0, 0, 4, 0, None)
    resolves(desk, "request-1")
    clock.shift(3 * DAY)
    resolves(desk, "request-2")
    in_transaction(desk, lambda uow: moves.withdraw(uow, "request-4", CAUSE))
    assert outcomes(month(seller)["fixed"]) == (2, 0, 1, 1, 4.5)


def test_what_was_reopened_took_the_days_of_both_stretches(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.shift(2 * DAY)
    resolves(desk, REQUEST)
    assert outcomes(month(seller)["fixed"]) == (1, 0, 0, 0, 2.0)
    clock.shift(7 * DAY)
    in_transaction(desk, lambda uow: moves.report_not_fixed(uow, REQUEST, text="", cause=CAUSE))
    assert outcomes(month(seller)["fixed"]) == (0, 0, 1, 0, None)
    clock.shift(DAY)
    resolves(desk, REQUEST)
    assert outcomes(month(seller)["fixed"]) == (1, 0, 0, 0, 3.0)


def test_a_clock_that_has_run_out_is_late_before_anybody_noticed_and_stays_so(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX) - timedelta(seconds=1))
    assert outcomes(month(seller)["fixed"])[:3] == (0, 0, 1)
    clock.shift(1)
    assert outcomes(month(seller)["fixed"])[:3] == (0, 1, 0)
    desk.run_all_now()
    found = month(seller)
    assert outcomes(found["fixed"]) == (0, 1, 0, 0, None)
    assert found["refunds"] == [{"state": "due", "count": 1, "amount": {"amount_cents": 9900, "currency": "EUR"}}]
    resolves(desk, REQUEST)
    assert outcomes(month(seller)["fixed"]) == (0, 1, 0, 0, 31.0)


def test_each_refusal_counts_on_its_ground_and_the_overturned_are_told_apart(desk: Marketplace, seller: Caller) -> None:
    publish_request(desk)
    publish_request(desk, "request-2")
    refuses(desk, Ground.SOURCE_MODIFIED)
    refuses(desk, Ground.CONFLICTING_DEVELOPMENT, "request-2")
    in_transaction(desk, lambda uow: moves.contest(uow, REQUEST, text="No", cause=CAUSE))
    in_transaction(desk, lambda uow: moves.overturn(uow, REQUEST, reason="Right", cause=CAUSE))
    refuses(desk, Ground.CONFLICTING_DEVELOPMENT)
    assert month(seller)["refusals"] == [
        {"ground": "conflicting_development", "count": 2, "overturned": 0},
        {"ground": "source_modified", "count": 1, "overturned": 1},
    ]


def test_a_request_counts_in_the_month_of_the_reference_zone_in_which_its_clocks_started(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    for number, at in enumerate(("2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z")):
        clock.move_to(datetime.fromisoformat(at).astimezone(UTC))
        publish_request(desk, f"request-{number}")
    assert [month(seller, name)["requests"] for name in ("2026-02", "2026-03", "2026-04")] == [0, 1, 1]
    answer = seller.get(PATH).get_json()
    assert [one["month"] for one in answer["months"]] == [
        *(f"2025-{number:02}" for number in range(5, 13)),
        *(f"2026-{number:02}" for number in range(1, 5)),
    ]


def test_a_presale_question_counts_nowhere(desk: Marketplace, seller: Caller) -> None:
    publish_request(desk, presale=True, purchase_id=None)
    assert month(seller)["requests"] == 0


def test_figures_are_for_the_seller_and_the_marketplace(desk: Marketplace, calls: MakeCaller, operator: Caller) -> None:
    assert operator.get(PATH).status_code == 200
    assert calls("seller", "seller-2").get(PATH).status_code == 404
    assert operator.get("/sellers/nobody/figures").status_code == 404
    assert calls("customer", "customer-1").get(PATH).status_code == 403
    assert calls().get(PATH).status_code == 401


def test_which_months_are_asked_for(marketplace: Marketplace, seller: Caller) -> None:
    set_up_support(marketplace)
    for query in ("from=2026-03&to=2026-02", "from=2023-03&to=2026-03", "from=2026-13", "from=2026-3", "to=now"):
        assert problem_of(seller.get(f"{PATH}?{query}"))[0] == 422, query
    for query, count in (("from=2023-04&to=2026-03", 36), ("from=2025-07", 12), ("to=2024-02", 12)):
        assert len(seller.get(f"{PATH}?{query}").get_json()["months"]) == count, query


def test_the_figures_of_many_requests_take_as_many_statements_as_those_of_few(
    desk: Marketplace, seller: Caller
) -> None:
    def statements() -> int:
        count = 0

        def note(*_: Any) -> None:
            nonlocal count
            count += 1

        event.listen(Engine, "before_cursor_execute", note)
        try:
            month(seller)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return count

    publish_request(desk)
    month(seller)  # the first call of a token in a minute notes its use.
    few = statements()
    for number in range(2, 8):
        publish_request(desk, f"request-{number}")
    assert statements() == few
