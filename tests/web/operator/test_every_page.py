"""Every page of the operator opens in both languages, to the marketplace's people and to nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from marketplace_hooks.domain.support.refunds import RefundPath
from marketplace_hooks.domain.support.state_machine import RefundState
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.support import RefundClaim, SupportRequest
from marketplace_hooks.services.core.unit_of_work import UnitOfWork

from ...support.marketplace import OFFLINE, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.recorded_statements import counting_queries
from ...support.support_desk import in_transaction, publish_request, set_up_request, set_up_support

LISTS = {
    "/operator": 19,
    "/operator/events": 2,
    "/operator/deliveries": 2,
    "/operator/cascades": 2,
    "/operator/replies": 4,
    "/operator/requests?overdue=yes": 4,
    "/operator/requests?state=contested": 4,
    "/operator/refunds": 7,
    "/operator/over-refunds": 3,
    "/operator/reversals": 4,
    "/operator/products": 5,
    "/operator/sellers": 4,
    "/operator/sessions": 2,
    "/operator/tokens": 2,
}
"""Each list with the statements that it may take, however much is on it; one of them counts for the navigation."""


@pytest.fixture
def lived(marketplace: Marketplace) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    marketplace.change_status("mod-1", OFFLINE, reason="a fault")
    marketplace.run_all_now()
    return marketplace


def paths(marketplace: Marketplace) -> list[str]:
    [cascade] = marketplace.cascades("mod-1")
    whole = ["/operator/requests/request-1", "/operator/products/mod-1", "/operator/sellers/seller-1"]
    return [
        *LISTS,
        *whole,
        "/operator/platform-versions",
        f"/operator/cascades/{cascade.id}",
        "/operator/products/mod-1/reinstatement",
    ]


def owe_refunds(uow: UnitOfWork) -> None:
    """A refund of each request is to be made by hand, and more was given back for its purchase than was paid."""
    for request in uow.session.scalars(select(SupportRequest).where(SupportRequest.purchase_id.is_not(None))):
        purchase = uow.session.get_one(Purchase, request.purchase_id)
        purchase.over_refunded_cents = 100
        claim = RefundClaim(request_id=request.id, purchase_id=purchase.id, seller_id=request.seller_id)
        claim.state = RefundState.MANUAL
        claim.path = RefundPath.MANUAL
        claim.due_at = uow.now
        claim.amount_cents = 9900
        claim.currency = "EUR"
        claim.lines = [{"what": "price_paid", "amount_cents": 9900, "optional": False}]
        uow.session.add(claim)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_opens_in_both_languages_with_one_heading(lived: Marketplace, language: str) -> None:
    browser = browser_of(lived, "operator", language=language)
    for path in paths(lived):
        page = browser.get(path)
        assert (path, page.status, page.text.count("<h1")) == (path, 200, 1)
        assert f'<html lang="{language}">' in page.text
        assert len(page.ids) == len(set(page.ids)), f"{path} has one id twice"
        assert len(page.text) <= 60_000
        for forbidden in ("<script>", " style=", "<style", " onclick", "hx-on", "javascript:", "None<"):
            assert forbidden not in page.text, f"{path} has {forbidden}"


@pytest.mark.parametrize(("role", "subject"), [("seller", "seller-1"), ("customer", "customer-1"), ("platform", None)])
def test_the_room_is_closed_to_everybody_else(lived: Marketplace, role: str, subject: str | None) -> None:
    browser = browser_of(lived, role, subject)
    assert {path: browser.get(path).status for path in paths(lived)} == dict.fromkeys(paths(lived), 403)
    assert {browser_of(lived).get(path).status for path in paths(lived)} == {303}


def test_a_list_takes_as_few_statements_for_much_as_for_little(lived: Marketplace) -> None:
    browser = browser_of(lived, "operator")

    def cost() -> dict[str, int]:
        found = {}
        for path in LISTS:
            with counting_queries(lived) as queries:
                assert browser.get(path).status == 200
            found[path] = len(queries)
        return found

    little = cost()
    assert little == {path: min(most, little[path]) for path, most in LISTS.items()}
    for number in range(2, 5):
        lived.publish_products(f"mod-{number}", seller_id=f"seller-{number}")
        lived.change_status(f"mod-{number}", OFFLINE)
        publish_request(lived, f"request-{number}")
    lived.run_all_now()
    in_transaction(lived, owe_refunds)
    assert cost() == little


def test_what_no_page_is_called_is_404_and_a_strange_cursor_400(lived: Marketplace, operator: Browser) -> None:
    unknown = ("events/x", "deliveries/999", f"deliveries/{10**30}", "cascades/x", "requests/x", "products/x")
    for path in (*unknown, "sellers/x", "products/x/change/online", "products/x/change/gone"):
        assert operator.get(f"/operator/{path}").status == 404
    lists = [path.removeprefix("/operator/").partition("?")[0] for path in LISTS if path != "/operator"]
    for path in lists:
        assert operator.get(f"/operator/{path}?after=%00x").status == 400
        assert operator.get(f"/operator/{path}?after=1.%00x").status == 400
    assert operator.get("/operator/events?kind=%00&id=%00").status == 200
