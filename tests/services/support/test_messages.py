"""Messages of a request: those that a person judges count from their original receipt. `deadlines.md`."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from marketplace_hooks.errors import Conflict
from marketplace_hooks.services.support.messages import confirm_message
from marketplace_hooks.services.support.sla_run import run_sla

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    REQUEST,
    clock_of,
    clocks,
    due,
    in_transaction,
    messages,
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
