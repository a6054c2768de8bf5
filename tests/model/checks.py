"""Comparison of the product's answers with the reference, and the invariants by their names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace_hooks.models.outbox import OutgoingEvent

from .client import MarketplaceClient
from .reference.care import CLAIM_DELAY, VALID, Care, reactivation_price
from .reference.clocks import Countdown
from .reference.days import end_of, start_of
from .reference.marketplace import Reference
from .reference.requests import Request

SERVICE = "marketplace_hooks"
"""The actor of what follows from the passing of time."""


def check_catalog(client: MarketplaceClient, reference: Reference) -> None:
    """Status and visibility of every product and pack."""
    catalog = reference.catalog
    expected = {id_: (catalog.status(id_), catalog.public_answer(id_) == 200) for id_ in catalog.subjects}
    found = client.catalog()
    assert found == expected, (found, expected)


def check_subject(client: MarketplaceClient, reference: Reference, id_: str) -> None:
    """The answer to the public, holds and scheduled changes of one product or pack."""
    catalog = reference.catalog
    subject = catalog.subjects[id_]
    assert (id_, client.public_answer(id_)) == (id_, catalog.public_answer(id_))
    seen = client.subject(id_)
    slots = {side: (at, status) for side, (at, status) in subject.slots.items()}
    assert {one["side"]: (instant(one["effective_at"]), one["status"]) for one in seen["scheduled"]} == slots, id_
    assert {one["side"] for one in seen["holds"]} == catalog.holding_sides(id_), id_
    if id_ in catalog.packs:
        assert sorted(seen["blocking"]) == catalog.blocking(id_), id_


def check_care(client: MarketplaceClient, reference: Reference, care: Care) -> None:
    """Price, entitlement, periods and the renewal to come of one purchase."""
    now = reference.now
    entitlement = client.entitlement(care.purchase_id)
    code = care.code(now)
    assert (care.purchase_id, entitlement["code"]) == (care.purchase_id, code)
    assert entitlement["valid"] is (code in VALID)
    an_entitlement_ends_only_by_its_day_a_refund_a_termination_or_the_bank(care, entitlement, now)
    check_downloads(client, reference, care)
    assert client.price_paid(care.purchase_id, care.customer_id) == care.price_paid, care.purchase_id
    seen = client.care(care.purchase_id, care.customer_id)
    if care.ended_at is not None:
        assert seen["next_renewal"] is None, "a refunded or terminated purchase renews"
        return
    if code in VALID:
        assert entitlement["business_care"] == {
            "active": True,
            "last_day": care.last_paid_day(now).isoformat(),
        } | {key: value for key, value in entitlement["business_care"].items() if key not in ("active", "last_day")}
    periods = [(one.index, str(one.first_day), str(one.last_day), one.payment) for one in care.periods(now)]
    found = [(one["index"], one["first_day"], one["last_day"], one["payment"]) for one in seen["periods"]]
    assert found == periods, (care.purchase_id, found, periods)
    check_next_renewal(reference, care, seen)
    if code == "EXPIRED" and not care.product.is_withdrawn:
        expected = reactivation_price(care.product.price_at(now))
        assert seen["reactivation"] is not None, care.purchase_id
        assert seen["reactivation"]["amount"]["amount_cents"] == expected


def check_downloads(client: MarketplaceClient, reference: Reference, care: Care) -> None:
    """Every release of the product that was bought, and whether it may be downloaded under this purchase."""
    releases = [one for one in reference.releases.values() if one.product is care.product]
    if releases:
        expected = {one.id: care.may_download(one, reference.now) for one in releases}
        assert client.downloads(care.purchase_id, care.customer_id) == expected, care.purchase_id


def check_next_renewal(reference: Reference, care: Care, seen: dict[str, Any]) -> None:
    """The renewal to come, its instant, and what it would cost as known now."""
    at = care.next_instant(reference.now)
    if at is not None and at <= reference.now < at + CLAIM_DELAY:
        return  # neither to come nor there: it is claimed a quarter of an hour later.
    upcoming = seen["next_renewal"]
    assert (upcoming and instant(upcoming["at"])) == at, care.purchase_id
    if upcoming is not None:
        price = reference.price_of_renewal(care.purchase_id, upcoming["period_index"], reference.now)
        assert upcoming["amount"]["amount_cents"] == price, care.purchase_id


def check_request(client: MarketplaceClient, request: Request) -> None:
    """Handling, both clocks, and what is owed."""
    seen = client.request(request.id)
    assert (request.id, seen["handling"]) == (request.id, request.handling)
    check_clock(request.id, seen["clocks"]["acknowledgement"], request.acknowledgement)
    check_clock(request.id, seen["clocks"]["fix"], request.fix)
    second_fix = request.claim.second_fix if request.claim else None
    check_clock(request.id, seen["clocks"].get("second_fix"), second_fix)
    if request.handling == "refused":
        a_refusal_has_a_person_a_text_and_evidence(seen["refusal"])
    refund = seen["refund"]
    assert (request.id, refund["state"]) == (request.id, request.claim.state if request.claim else "none")
    if request.claim is not None:
        assert refund["owed"]["amount_cents"] == request.claim.still_owed
        assert refund["given_back_total"]["amount_cents"] == request.care.given_back


def check_clock(id_: str, seen: dict[str, Any] | None, expected: Countdown | None) -> None:
    """One clock: its state, and while it runs or after it was missed its instant."""
    if expected is None:
        assert seen is None or seen["state"] == "void", id_
        return
    assert seen is not None, id_
    assert (id_, seen["state"]) == (id_, expected.state)
    if expected.state in ("running", "missed"):
        assert (id_, instant(seen["due_before"])) == (id_, expected.due_before)


def check_new_events(client: MarketplaceClient, reference: Reference) -> None:
    """What the product has published since the last time: each with its cause, and no amount above what is owed."""
    for event in client.new_events():
        every_outgoing_event_follows_from_an_inbound_one_or_a_person(client, event)
        care = reference.purchases.get(event.data.get("purchase_id") or "")
        if event.type == "subscription.renewal_notice_due":
            cents = event.data["amount"]["amount_cents"]
            renewed_index = event.data["period_index"] + 1  # the notice names the period that ends.
            reference.hear_notice(event.data["purchase_id"], renewed_index, cents)
        elif event.type == "subscription.renewal_due" and care is not None:
            nobody_is_charged_for_a_withdrawn_or_refunded_purchase(reference, care, event)
        elif event.type == "support_request.refund_requested" and care is not None:
            what_is_asked_back_never_exceeds_what_was_paid(reference, care, event)


# --- invariants


def nobody_is_charged_for_a_withdrawn_or_refunded_purchase(
    reference: Reference, care: Care, event: OutgoingEvent
) -> None:
    index = event.data["period_index"]
    [period] = [one for one in care.periods(reference.now) if one.index == index]
    assert period.payment == "pending", (care.purchase_id, index)
    at = start_of(period.first_day)
    assert care.is_renewed(at), (care.purchase_id, index)
    assert event.data["amount"]["amount_cents"] == reference.price_of_renewal(care.purchase_id, index, at)


def what_is_asked_back_never_exceeds_what_was_paid(reference: Reference, care: Care, event: OutgoingEvent) -> None:
    assert event.data["amount"]["amount_cents"] <= care.still_owed, (event.data, care.given_back)
    asked = [
        one.id
        for one in reference.requests.values()
        if one.care is care and one.claim is not None and one.claim.state in ("requested", "manual")
    ]
    assert len(asked) <= 1, asked


def an_entitlement_ends_only_by_its_day_a_refund_a_termination_or_the_bank(
    care: Care, entitlement: dict[str, Any], now: datetime
) -> None:
    is_paid_for_today = now < end_of(care.last_paid_day(now))
    if is_paid_for_today and care.ended_at is None and not care.is_disputed:
        assert entitlement["valid"], (care.purchase_id, entitlement)


def a_refusal_has_a_person_a_text_and_evidence(refusal: dict[str, Any]) -> None:
    assert refusal["by"].strip()
    assert refusal["text"].strip()
    assert any(refusal["evidence"].values())


def every_outgoing_event_follows_from_an_inbound_one_or_a_person(
    client: MarketplaceClient, event: OutgoingEvent
) -> None:
    """What time brings about follows from the purchase or the request that an inbound event or a person has made."""
    cause = event.cause
    if cause["event_id"] is not None:
        assert cause["event_id"] in client.sent, (event.type, cause)
        return
    is_person = cause["actor"] in ("seller", "marketplace", "customer", "operator", "bank")
    follows_from_time = cause["actor"] == SERVICE and event.type.startswith(("subscription.", "support_request."))
    assert is_person or follows_from_time, (event.type, cause)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
