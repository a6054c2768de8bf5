"""The shortest and the longest deadlines that may be set work: no request fails, and a missed fix is refunded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import caller_of, problem_of
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    FIX,
    PURCHASE,
    REQUEST,
    clocks,
    due,
    publish_request,
    refund_state,
    request,
    set_up_support,
)

SHORTEST = {
    "acknowledgement_days": 1,
    "fix_days": 1,
    "reopening_days": 1,
    "contest_days": 1,
    "information_days": 1,
    "refund_choice_days": 1,
    "refund_window_months": 0,
    "closure_days": 0,
}
LONGEST = {
    **dict.fromkeys(("acknowledgement_days", "fix_days", "reopening_days", "refund_choice_days"), 365),
    **dict.fromkeys(("contest_days", "information_days", "closure_days"), 3_650),
    "refund_window_months": 120,
}
TEXT = {"text": "We have found the cause: a file of the gallery was changed."}


@pytest.fixture(params=[SHORTEST, LONGEST], ids=["shortest", "longest"])
def desk(
    request: pytest.FixtureRequest, make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> Marketplace:
    made = make_marketplace(**{name.upper(): value for name, value in request.param.items()})
    set_up_support(made)
    return made


def test_a_missed_fix_is_refunded(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    assert (clocks(desk)["fix"], refund_state(desk)) == ("missed", "due")
    clock.shift(timedelta(days=365 * 2))
    desk.run_all_now()
    settings = desk.runtime.settings
    assert (settings.fix_days, settings.refund_window_months) in ((1, 0), (365, 120))
    assert refund_state(desk) == ("requested" if settings.refund_window_months else "manual")


@pytest.mark.parametrize("move", ["resolution", "refusal"])
def test_a_request_is_answered_and_the_customer_objects_in_time(desk: Marketplace, move: str) -> None:
    publish_request(desk)
    seller = caller_of(desk, "platform")
    answers: dict[str, dict[str, Any]] = {
        "resolution": {"how": "explanation", "release_id": None},
        "refusal": {"ground": "source_modified", "evidence": {"files": ["gallery.php"]}},
    }
    answered = seller.post(f"/support-requests/{REQUEST}/{move}", {**answers[move], **TEXT, "author_type": "human"})
    assert answered.status_code == 200, problem_of(answered)
    customer = caller_of(desk, "customer", "customer-1")
    objection = {"resolution": "not-fixed", "refusal": "contest"}[move]
    assert customer.post(f"/support-requests/{REQUEST}/{objection}", TEXT).status_code == 200


def test_what_is_missing_may_be_added_until_a_day(desk: Marketplace) -> None:
    customer = caller_of(desk, "customer", "customer-1")
    sent = {"purchase_id": PURCHASE, "subject": "Empty", "body": "The gallery is empty.", "shop_url": None}
    id_ = customer.post("/support-requests", sent).get_json()["request_id"]
    found = request(desk, id_)
    assert (found.handling, found.waits_until is None) == ("needs_information", False)
