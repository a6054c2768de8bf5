"""Endpoints as pages: a secret shown once, changed, tested, rotated, stopped, and sent again what they missed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from sqlalchemy import select, update

from marketplace_hooks.models.outbox import Delivery, DeliveryState, Endpoint
from marketplace_hooks.services.outbox import replay_several

from ...support.deliveries import deliver, deliveries, endpoint, hide, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import in_transaction
from ...support.webhook_receiver import Answer, Receiver

LIST = "/operator/endpoints"


@pytest.fixture
def marketplace(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def test_a_secret_is_shown_once(marketplace: Marketplace, operator: Browser) -> None:
    operator.get(LIST)
    fields = {"types": "product.hidden pack.hidden", "headers": "X-Team: desk", "rate": "2,5"}
    made = operator.post(LIST, url="https://93.184.215.14/in", **fields)
    assert re.search(r"whsec_[A-Za-z0-9+/=]{40,}", made.text)
    [added] = marketplace.all(select(Endpoint))
    assert (added.types, added.rate_per_s) == (["product.hidden", "pack.hidden"], 2.5)
    page = operator.get(f"{LIST}/{added.id}")
    assert ("whsec_" in page.text, "X-Team" in page.visible_text, 'value="2.5"' in page.text) == (False, True, True)
    assert added.url in operator.get(LIST).visible_text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "https://10.0.0.1/in"}, "Enter a public https address"),
        ({"url": ""}, "Enter the address that receives the webhooks"),
        ({"types": "product.sold"}, "One of these is not an event type"),
        ({"headers": "Host: x"}, "Enter each header as"),
        ({"headers": "no colon"}, "Enter each header as"),
        ({"headers": "X-Team: a\nX-Team: b"}, "Enter each header as"),
        ({"rate": "0"}, "Enter a number above 0, and at most 1,000"),
        ({"rate": "fast"}, "Enter a number, such as 2.5"),
        ({"description": "one\ntwo"}, "Use at most 500 characters, on one line"),
    ],
)
def test_what_no_endpoint_can_be_is_corrected_on_the_form(
    marketplace: Marketplace, operator: Browser, fields: dict[str, str], message: str
) -> None:
    operator.get(LIST)
    page = operator.post(LIST, **{"url": "https://93.184.215.14/in", **fields})
    assert (page.status, message in page.visible_text) == (422, True)
    assert marketplace.all(select(Endpoint)) == []
    id_, _ = subscribe(marketplace, "https://93.184.215.14/in")
    operator.get(f"{LIST}/{id_}")
    page = operator.post(f"{LIST}/{id_}/settings", **fields)
    assert (page.status, message in page.visible_text) == (422, True)


def test_it_is_changed_tested_rotated_stopped_and_deleted(marketplace: Marketplace, operator: Browser) -> None:
    with Receiver(answer=lambda _: Answer(422, body=b"no such tenant")) as receiver:
        id_, _ = subscribe(marketplace, receiver.url, headers={"X-Team": "desk"})
        path = f"{LIST}/{id_}"
        operator.get(path)
        assert "The settings were saved." in operator.post(f"{path}/settings", description="The desk").visible_text
        assert endpoint(marketplace, id_).headers is not None
        assert "no such tenant" in operator.post(f"{path}/ping").visible_text
    assert "whsec_" in operator.post(f"{path}/rotation").text
    operator.get(path)
    assert "disabled" in operator.post(f"{path}/disabling").visible_text
    assert "Sending has resumed" in operator.post(f"{path}/enabling").visible_text
    assert "The endpoint was deleted." in operator.post(f"{path}/deletion").visible_text
    assert operator.get(path).status == 404


def test_its_last_day_is_drawn_and_what_it_missed_is_sent_again(marketplace: Marketplace, operator: Browser) -> None:
    with Receiver() as receiver:
        id_, _ = subscribe(marketplace, receiver.url)
        hide(marketplace, "mod-1", "mod-2")
        deliver(marketplace)
        [first, _] = deliveries(marketplace)
        ended = update(Delivery).where(Delivery.id == first.id).values(state=DeliveryState.EXHAUSTED)
        in_transaction(marketplace, lambda uow: uow.session.execute(ended))
        page = operator.get(f"{LIST}/{id_}")
        assert "50% of webhooks were delivered." in page.visible_text
        far = operator.post(f"{LIST}/{id_}/replay", first="2026-03-01", last="2026-03-31")
        assert (far.status, "at most 14 days apart" in far.visible_text) == (422, True)
        done = operator.post(f"{LIST}/{id_}/replay", first="", last="")
        assert "1 webhook will be sent again." in done.visible_text
        done = operator.post(f"{LIST}/{id_}/replay", first="", last="")
        assert "There is nothing to send again." in done.visible_text
        deliver(marketplace)
    assert len(receiver.requests) == 3


def test_what_arrived_is_sent_again_too_where_that_is_wanted(
    clock: time_machine.Traveller, marketplace: Marketplace, operator: Browser
) -> None:
    with Receiver() as receiver:
        id_, _ = subscribe(marketplace, receiver.url)
        hide(marketplace, "mod-1", "mod-2")
        deliver(marketplace)
        path = f"{LIST}/{id_}"
        operator.get(path)
        day = f"{marketplace.runtime.now():%Y-%m-%d}"
        assert "There is nothing to send again." in operator.post(f"{path}/replay", first=day, last=day).visible_text
        no_days = operator.post(f"{path}/replay", arrived="yes")
        assert (no_days.status, "Choose the days" in no_days.visible_text) == (422, True)
        done = operator.post(f"{path}/replay", first=day, last=day, arrived="yes")
        assert "2 webhooks will be sent again." in done.visible_text
        deliver(marketplace)
    assert len(receiver.requests) == 4


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("2026-10-12", "2026-10-25", 200),
        ("2026-10-12", "2026-10-26", 422),
        ("2026-03-16", "2026-03-29", 200),
        ("2026-03-29", "2026-03-28", 422),
    ],
)
def test_fourteen_days_are_fourteen_days_when_clocks_change(
    make_marketplace: Callable[..., Marketplace], first: str, last: str, status: int
) -> None:
    marketplace = open_shop(make_marketplace, REFERENCE_ZONE="Europe/Paris")
    operator = browser_of(marketplace, "operator", "odette")
    id_, _ = subscribe(marketplace, "https://93.184.215.14/in")
    operator.get(f"{LIST}/{id_}")
    assert operator.post(f"{LIST}/{id_}/replay", first=first, last=last).status == status


def test_too_many_for_one_call_are_refused_with_the_reason(
    marketplace: Marketplace, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_several, "MOST", 1)
    with Receiver() as receiver:
        id_, _ = subscribe(marketplace, receiver.url)
        hide(marketplace, "mod-1", "mod-2")
        deliver(marketplace)
    operator.get(f"{LIST}/{id_}")
    day = f"{marketplace.runtime.now():%Y-%m-%d}"
    page = operator.post(f"{LIST}/{id_}/replay", first=day, last=day, arrived="yes")
    assert (page.status, "webhooks match: choose fewer days" in page.visible_text) == (422, True)


def test_the_log_of_one_endpoint_and_what_was_sent(marketplace: Marketplace, operator: Browser) -> None:
    with Receiver() as receiver, Receiver() as other:
        id_, _ = subscribe(marketplace, receiver.url, headers={"X-Team": "desk"})
        subscribe(marketplace, other.url)
        hide(marketplace, "mod-1")
        deliver(marketplace)
    [ours] = [one for one in deliveries(marketplace) if one.endpoint_id == id_]
    log = operator.get(f"/operator/deliveries?endpoint_id={id_}")
    assert re.findall(r'id="delivery-(\d+)"', log.text) == [str(ours.id)]
    assert f"/operator/deliveries?endpoint_id={id_}" in operator.get(f"{LIST}/{id_}").text
    page = operator.get(f"/operator/deliveries/{ours.id}").visible_text
    assert all(part in page for part in ('"type": "product.hidden"', "x-team", "webhook-signature", "127.0.0.1"))
