"""Messages of a request: those that a person judges count from their original receipt. `deadlines.md`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.errors import Conflict
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.messages import confirm_message
from marketplace_hooks.services.support.request_lists import RequestGroup, RequestQuery, list_requests
from marketplace_hooks.services.support.requests import Viewer
from marketplace_hooks.services.support.sla_run import run_sla
from marketplace_hooks.services.support.submission import NewRequest, send_as_is, submit

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    PURCHASE,
    REQUEST,
    TEMPLATE,
    clock_of,
    clocks,
    due,
    in_transaction,
    messages,
    now,
    publish_message,
    publish_request,
    published_types,
    request,
    set_up_support,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def judge(desk: Marketplace, *, counts: bool) -> None:
    in_transaction(desk, lambda uow: confirm_message(uow, REQUEST, "message-1", counts=counts, actor="op", cause=CAUSE))


@pytest.fixture
def unconfirmed_desk(desk: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """An answer five seconds after the request awaits a person, until after the deadline."""
    clock.shift(5)
    publish_message(desk)
    clock.move_to(due(desk, ACKNOWLEDGEMENT) + DAY)
    run_sla(desk.runtime)
    assert clocks(desk)["acknowledgement"] == "to_confirm"
    return desk


def test_a_message_confirmed_late_counts_at_its_original_receipt(unconfirmed_desk: Marketplace) -> None:
    judge(unconfirmed_desk, counts=True)
    run_sla(unconfirmed_desk.runtime)
    [message] = messages(unconfirmed_desk)
    found = clock_of(unconfirmed_desk, ACKNOWLEDGEMENT)
    assert (found.state, found.stopped_at) == ("met", message.received_at)
    assert request(unconfirmed_desk).acknowledged_at == message.received_at
    assert "acknowledgement_missed" not in published_types(unconfirmed_desk)


def test_a_message_declined_late_was_missed_at_the_deadline(unconfirmed_desk: Marketplace) -> None:
    judge(unconfirmed_desk, counts=False)
    run_sla(unconfirmed_desk.runtime)
    found = clock_of(unconfirmed_desk, ACKNOWLEDGEMENT)
    assert (found.state, found.missed_at) == ("missed", found.due_before)
    assert published_types(unconfirmed_desk).count("acknowledgement_missed") == 1


def test_a_late_answer_beside_a_message_to_confirm_does_not_judge_it(unconfirmed_desk: Marketplace) -> None:
    publish_message(
        unconfirmed_desk, "message-2", body="Bonjour, avez-vous pu regarder le dossier des images que je demandais ?"
    )
    assert clocks(unconfirmed_desk)["acknowledgement"] == "to_confirm"
    judge(unconfirmed_desk, counts=True)
    assert clocks(unconfirmed_desk)["acknowledgement"] == "met"


def test_a_late_message_to_confirm_keeps_no_deadline_open(unconfirmed_desk: Marketplace) -> None:
    """Only what was received in time may still meet it: declined, it was missed, whatever else awaits a person."""
    publish_message(unconfirmed_desk, "message-2", body=TEMPLATE)
    assert messages(unconfirmed_desk)[-1].counts is None
    judge(unconfirmed_desk, counts=False)
    run_sla(unconfirmed_desk.runtime)
    found = clock_of(unconfirmed_desk, ACKNOWLEDGEMENT)
    assert (found.state, found.missed_at) == ("missed", found.due_before)
    assert published_types(unconfirmed_desk).count("acknowledgement_missed") == 1


@pytest.mark.parametrize(("counts", "state"), [(True, "met"), (False, "missed")])
def test_a_message_in_time_that_arrives_after_the_miss_was_noticed_awaits_a_person(
    desk: Marketplace, clock: time_machine.Traveller, counts: bool, state: str
) -> None:
    in_time = datetime.now(UTC) + 5 * SECOND
    clock.move_to(due(desk, ACKNOWLEDGEMENT) + HOUR)
    run_sla(desk.runtime)
    publish_message(desk, received_at=in_time.isoformat())
    found = clock_of(desk, ACKNOWLEDGEMENT)
    assert (found.state, found.missed_at) == ("to_confirm", None)
    run_sla(desk.runtime)
    judge(desk, counts=counts)
    run_sla(desk.runtime)
    found = clock_of(desk, ACKNOWLEDGEMENT)
    assert (found.state, found.missed_at) == (state, None if counts else found.due_before)
    assert published_types(desk).count("acknowledgement_missed") == 1


def test_a_closure_that_is_cancelled_while_a_message_awaits_a_person_moves_the_deadline(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    described = {
        "closure_id": "closure-1",
        "seller_id": "seller-1",
        "first_day": "2026-03-04",
        "last_day": "2026-03-06",
    }
    desk.publish("seller.closure_declared", declared_at=now(), **described)
    desk.run_all_now()
    clock.shift(DAY)
    publish_request(desk, "request-2")
    clock.shift(HOUR)
    publish_message(desk, request_id="request-2", body=TEMPLATE)
    assert due(desk, ACKNOWLEDGEMENT, "request-2") == datetime(2026, 3, 9, 23, tzinfo=UTC)
    desk.publish("seller.closure_cancelled", declared_at=now(), **described)
    desk.run_all_now()
    assert due(desk, ACKNOWLEDGEMENT, "request-2") == datetime(2026, 3, 4, 23, tzinfo=UTC)
    assert clocks(desk, "request-2")["acknowledgement"] == "to_confirm"


def test_what_was_answered_before_the_request_was_complete_is_not_its_first_response(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    incomplete = {"request_id": "request-2", "customer_id": "customer-1", "product_id": "mod-1", "subject": "Broken"}

    def submit_incomplete(uow: UnitOfWork) -> None:
        new = NewRequest(**incomplete, purchase_id=PURCHASE, body="Empty", submitted_at=uow.now)
        submit(uow, new, CAUSE)

    in_transaction(desk, submit_incomplete)
    clock.shift(HOUR)
    publish_message(desk, request_id="request-2")
    in_transaction(desk, lambda uow: send_as_is(uow, "request-2", CAUSE))
    found = request(desk, "request-2")
    assert (found.handling, found.acknowledged_at) == ("accepted", None)
    wanted = RequestQuery(state=RequestGroup.TO_ACKNOWLEDGE)
    with desk.runtime.database.read_session() as session:
        listed = list_requests(session, Viewer(seller_id="seller-1"), wanted, limit=9)
        assert "request-2" in [one.id for one in listed]


def test_a_message_is_judged_once(unconfirmed_desk: Marketplace) -> None:
    judge(unconfirmed_desk, counts=True)
    with pytest.raises(Conflict) as refused:
        judge(unconfirmed_desk, counts=False)
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("counts", "does_not_count")


def test_an_absence_phrase_of_the_customer_s_own_subject_is_not_held_against_the_answer(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    clock.shift(HOUR)
    publish_request(marketplace, subject="Absence : the banner does not show")
    clock.shift(HOUR)
    publish_message(marketplace, "message-1", subject="Absence : the banner does not show")
    publish_message(marketplace, "message-2", subject="Out of office: Absence : the banner does not show")
    assert [message.counts for message in messages(marketplace)] == [True, False]
    assert clocks(marketplace)["acknowledgement"] == "met"


@pytest.mark.parametrize("sender", ["Lumen <help@lumen.example>", "help@lumen.example <bot@evil.example>"])
def test_a_helpdesk_relay_is_an_address_and_not_a_part_of_one(
    desk: Marketplace, clock: time_machine.Traveller, sender: str
) -> None:
    clock.shift(HOUR)
    desk.publish("seller.upserted", helpdesk_relays=["Help@lumen.example"])
    publish_message(desk, headers=[["From", sender], ["Auto-Submitted", "auto-generated"]])
    assert [message.counts for message in messages(desk)] == ["evil" not in sender]
