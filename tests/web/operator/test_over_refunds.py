"""Refunds beyond the price paid: an operator finds every one of them, the last first. `rules.md` 17."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from ...support.customers import money, publish_customer, publish_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import Page, browser_of
from ...support.support_desk import now

MANY = 27
PAGE = "/operator/over-refunds"


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """For each of 27 purchases ten euros too much went back, for the one with the highest id last."""
    marketplace.publish_products("mod-1")
    publish_customer(marketplace)
    for number in range(MANY):
        publish_purchase(marketplace, f"bought-{number:02}")
    marketplace.run_all_now()
    for number in range(MANY):
        clock.shift(timedelta(minutes=1))
        refund = {"refund_id": None, "request_id": None, "refunded_at": now(), "amount": money(10900)}
        marketplace.publish("purchase.refunded", purchase_id=f"bought-{number:02}", **refund)
    marketplace.run_all_now()
    return marketplace


def purchases(page: Page) -> list[str]:
    return re.findall(r"bought-\d\d", page.visible_text)


def test_the_last_is_first_and_every_one_is_found(desk: Marketplace) -> None:
    operator = browser_of(desk, "operator", "odette")
    newest_first = [f"bought-{number:02}" for number in reversed(range(MANY))]
    first = operator.get(PAGE)
    assert purchases(first) == newest_first[:25]
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert onward is not None
    second = operator.get(onward[1].replace("&amp;", "&"))
    assert purchases(second) == newest_first[25:]
    back = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert back is not None
    assert purchases(operator.get(back[1].replace("&amp;", "&"))) == newest_first[:25]


def test_the_page_of_refunds_shows_the_last_and_leads_to_all(desk: Marketplace) -> None:
    page = browser_of(desk, "operator", "odette").get("/operator/refunds")
    assert purchases(page) == [f"bought-{number:02}" for number in reversed(range(MANY - 5, MANY))]
    assert f'href="{PAGE}"' in page.text


def test_a_dispute_lost_after_a_refund_counts_from_its_decision(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=1))
    desk.publish("purchase.disputed", purchase_id="bought-03", disputed_at=now(), amount=money(9900))
    desk.publish("purchase.dispute_closed", purchase_id="bought-03", outcome="lost", closed_at=now())
    desk.run_all_now()
    assert purchases(browser_of(desk, "operator", "odette").get(PAGE))[:2] == ["bought-03", "bought-26"]
