"""Acknowledgements: a person judges a doubtful reply, reads why, and it counts at the instant of its receipt."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    TEMPLATE,
    clock_of,
    clocks,
    messages,
    publish_message,
    publish_request,
    request,
    set_up_support,
)


def waits(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    """A request, and half an hour later what may be a template."""
    set_up_support(marketplace)
    publish_request(marketplace)
    clock.shift(timedelta(minutes=30))
    publish_message(marketplace, body=TEMPLATE)
    assert clocks(marketplace)["acknowledgement"] == "to_confirm"


def test_a_confirmed_message_counts_at_its_original_receipt(
    marketplace: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    waits(marketplace, clock)
    received_at = messages(marketplace)[0].received_at
    clock.shift(timedelta(days=5))
    page = operator.get("/operator/replies")
    assert ("About request-1" in page.visible_text, TEMPLATE in page.visible_text) == (True, True)
    assert "It reads like an automatic acknowledgement of receipt." in page.visible_text
    done = operator.post("/operator/replies", counts="yes")
    assert "from when it was received" in done.visible_text
    assert "No message to review" in done.visible_text
    assert clocks(marketplace)["acknowledgement"] == "met"
    assert request(marketplace).acknowledged_at == received_at
    assert messages(marketplace)[0].confirmed_by == "odette"


def test_a_declined_message_leaves_the_clock_to_run_out(
    marketplace: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    waits(marketplace, clock)
    operator.get("/operator/replies")
    operator.post("/operator/replies", counts="no")
    assert (clocks(marketplace)["acknowledgement"], messages(marketplace)[0].counts) == ("running", False)
    assert clock_of(marketplace, ACKNOWLEDGEMENT).missed_at is None


def test_what_somebody_else_has_judged_meanwhile_stands(
    marketplace: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    waits(marketplace, clock)
    operator.get("/operator/replies")
    other = browser_of(marketplace, "operator", "omar")
    other.get("/operator/replies")
    other.post("/operator/replies", counts="no")
    late = operator.post("/operator/replies", counts="yes")
    assert late.status == 409
    assert "Someone else has already decided about this message" in late.visible_text
    assert messages(marketplace)[0].counts is False


def test_neither_a_stale_form_nor_no_answer_changes_anything(
    marketplace: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    waits(marketplace, clock)
    operator.get("/operator/replies")
    assert operator.post("/operator/replies", token=False, counts="yes").status == 400
    operator.get("/operator/replies")
    unclear = operator.post("/operator/replies", counts="perhaps")
    assert (unclear.status, "Nothing was changed" in unclear.visible_text) == (422, True)
    assert messages(marketplace)[0].counts is None
