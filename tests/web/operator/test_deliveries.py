"""Delivery log: an operator sees each delivery with its attempts, and sends one again."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.domain.standard_reasons import StandardReason
from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.core.unit_of_work import Cause
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import delete_endpoint, resume_endpoint

from ...support.marketplace import OFFLINE, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import in_transaction
from .conftest import has_endpoint


@pytest.fixture
def given_up(marketplace: Marketplace) -> Delivery:
    """The delivery of a hidden product, after its last attempt."""
    has_endpoint(marketplace)
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    dispatch(marketplace.runtime)
    [hidden, *_] = marketplace.outgoing("mod-1")
    [first] = marketplace.all(select(Delivery).where(Delivery.outbox_id == hidden.id))
    met = {"at": format_instant(marketplace.runtime.now()), "status": 503, "error": None, "took_ms": 1204}
    log = [{**met, "answer": "<b>closed</b>"}]
    ended = update(Delivery).where(Delivery.id == first.id)
    ended = ended.values(state=DeliveryState.EXHAUSTED, attempts=1, last_status=503, attempt_log=log)
    in_transaction(marketplace, lambda uow: uow.session.execute(ended))
    return first


def test_deliveries_are_found_by_state_subject_and_event(
    marketplace: Marketplace, operator: Browser, given_up: Delivery
) -> None:
    def found(query: str) -> int:
        links = operator.get(f"/operator/deliveries?{query}").links
        return len([link for link in links if link.startswith("/operator/deliveries/")])

    [hidden, *_] = marketplace.outgoing("mod-1")
    assert (found("state=exhausted"), found(f"kind=event&id={hidden.event_id}")) == (1, 1)
    assert found("kind=product&id=mod-1") == len(marketplace.outgoing("mod-1"))
    assert (found("state=exhausted&type=product.hidden"), found("type=product.shown")) == (1, 0)
    assert found("state=exhausted&from=2020-01-01&to=2999-01-01") == 1
    assert found("from=2999-01-01") == found("to=2020-01-01") == found("kind=product&id=mod-2") == 0
    assert "No matching delivery" in operator.page.visible_text


def test_a_delivery_shows_each_attempt_and_is_sent_again(
    marketplace: Marketplace, operator: Browser, given_up: Delivery
) -> None:
    path = f"/operator/deliveries/{given_up.id}"
    page = operator.get(path)
    assert ("503" in page.visible_text, "1,204 ms" in page.visible_text, "&lt;b&gt;closed" in page.text) == (
        True,
        True,
        True,
    )
    done = operator.post(f"{path}/again")
    assert "It will be sent again, with the same ID, once its endpoint is enabled." in done.visible_text
    assert "Its endpoint is disabled" in done.visible_text
    [again] = marketplace.all(select(Delivery).where(Delivery.id == given_up.id))
    assert again.state is DeliveryState.PARKED
    assert f"{path}/again" not in [form.action for form in operator.get(path).forms]


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (Cause(actor="marketplace_hooks", reason=StandardReason.TIME_OVER), "Ce service · le délai est écoulé"),
        (Cause(actor="marketplace", reason="A complaint."), "Demandé ici · la marketplace · A complaint."),
    ],
)
def test_a_reason_of_our_own_is_in_the_readers_language_and_a_written_one_as_it_is(
    marketplace: Marketplace, given_up: Delivery, cause: Cause, shown: str
) -> None:
    caused = update(OutgoingEvent).where(OutgoingEvent.id == given_up.outbox_id).values(cause=cause.as_json())
    in_transaction(marketplace, lambda uow: uow.session.execute(caused))
    odette = browser_of(marketplace, "operator", "odette", language="fr")
    assert shown in odette.get(f"/operator/deliveries/{given_up.id}").visible_text


def test_a_delivery_of_a_deleted_endpoint_says_so_and_offers_nothing(
    marketplace: Marketplace, operator: Browser, given_up: Delivery
) -> None:
    path = f"/operator/deliveries/{given_up.id}"
    operator.get(path)
    in_transaction(marketplace, lambda uow: delete_endpoint(uow, given_up.endpoint_id))
    assert operator.post(f"{path}/again").status == 404
    page = operator.get(path)
    assert "Its endpoint was deleted, so it cannot be sent again." in page.visible_text
    assert f"{path}/again" not in [form.action for form in page.forms]


def test_a_delivery_of_an_enabled_endpoint_is_sent_again_at_once(
    marketplace: Marketplace, operator: Browser, given_up: Delivery
) -> None:
    in_transaction(marketplace, lambda uow: resume_endpoint(uow, given_up.endpoint_id))
    path = f"/operator/deliveries/{given_up.id}"
    operator.get(path)
    done = operator.post(f"{path}/again")
    assert "It will be sent again, with the same ID." in done.visible_text
    assert "Its endpoint is disabled" not in done.visible_text


def test_a_delivery_whose_content_is_no_longer_kept_says_so_and_is_not_sent_again(
    marketplace: Marketplace, operator: Browser, given_up: Delivery
) -> None:
    path = f"/operator/deliveries/{given_up.id}"
    before = operator.get(path)
    forgotten = update(OutgoingEvent).where(OutgoingEvent.id == given_up.outbox_id).values(data={})
    in_transaction(marketplace, lambda uow: uow.session.execute(forgotten))
    assert f"{path}/again" in [form.action for form in before.forms]  # a page that was open before.
    refused = operator.post(f"{path}/again")
    assert refused.status == 409
    assert "Its content is no longer stored, so it cannot be sent again." in refused.visible_text
    page = operator.get(path)
    assert "Its content is no longer stored." in page.visible_text
    assert f"{path}/again" not in [form.action for form in page.forms]
    [same] = marketplace.all(select(Delivery).where(Delivery.id == given_up.id))
    assert same.state is DeliveryState.EXHAUSTED
