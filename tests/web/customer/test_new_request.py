"""New requests: what a customer writes is never lost, what was found is shown, and the request is sent once."""

from __future__ import annotations

import re
from collections.abc import Callable

import time_machine
from sqlalchemy import delete, select

from marketplace_hooks.models.drafts import RequestDraft
from marketplace_hooks.models.inspections import Inspection
from marketplace_hooks.models.support import SupportRequest

from ...support.customers import SHOP
from ...support.marketplace import OFFLINE, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE, set_up_support

FORM = f"/support/new?purchase={PURCHASE}"
OTHER_SHOP = "https://other.example/"
WORDS = {"subject": "The gallery is empty", "body": "Since the update\nno picture is shown."}


def writes(customer: Browser, **more: str) -> str:
    """Fill in the form and go on; gives the address of the page that follows."""
    customer.get(FORM)
    customer.post("/support/new", **{"kind": "anomaly", **WORDS, **more})
    return customer.page.path


def requests(marketplace: Marketplace) -> list[SupportRequest]:
    return marketplace.all(select(SupportRequest))


def test_the_form_is_prefilled_with_the_shop_and_says_that_business_care_is_active(customer: Browser) -> None:
    page = customer.get(FORM)
    assert page.form("/support/new").fields["shop_url"] == SHOP
    assert "Business Care active" in page.visible_text
    assert "Through 2 March 2027." in page.visible_text


def test_the_purchase_is_chosen_first(customer: Browser) -> None:
    page = customer.get("/support/new")
    assert FORM in page.links


def test_what_was_written_stays_when_something_is_wrong(customer: Browser) -> None:
    customer.get(FORM)
    page = customer.post(
        "/support/new", subject="", body=WORDS["body"], shop_url="not a shop", platform_version="8,2", modules="x;y"
    )
    assert page.status == 422
    form = page.form("/support/new")
    assert form.fields["body"] == WORDS["body"]
    assert (form.fields["shop_url"], form.fields["platform_version"], form.fields["modules"]) == (
        "not a shop",
        "8,2",
        "x;y",
    )
    assert "There are 4 problems" in page.visible_text
    assert {"subject", "shop_url", "platform_version", "modules"} <= set(page.ids)


def test_another_shop_is_not_visited_and_the_ground_is_told_before_anything_is_sent(
    customer: Browser, desk: Marketplace
) -> None:
    writes(customer, shop_url=OTHER_SHOP)
    assert "You can send it; the seller may refuse it" in customer.page.visible_text
    assert "This is not the shop the product was bought for. We did not visit it." in customer.page.visible_text
    assert requests(desk) == []
    [draft] = desk.all(select(RequestDraft))
    customer.post(f"/support/new/sending/{draft.id}")
    [sent] = requests(desk)
    assert (sent.handling, sent.grounds, sent.subject) == ("accepted", ["other_merchant_site"], WORDS["subject"])
    assert "Your request was sent." in customer.page.visible_text
    assert desk.all(select(RequestDraft.body)) == [""]


def test_a_request_that_is_sent_twice_is_one_request(customer: Browser, desk: Marketplace) -> None:
    checked = writes(customer, shop_url=OTHER_SHOP)
    [draft] = desk.all(select(RequestDraft))
    customer.post(f"/support/new/sending/{draft.id}")
    first = customer.page.path
    assert customer.get(checked).answer.headers["Location"].endswith(first)
    customer.get(FORM)  # any page with a token; the second click comes from the page that was left.
    token = customer.page.form("/support/new").fields["form_token"]
    again = customer.client.post(f"/support/new/sending/{draft.id}", data={"form_token": token})
    assert (again.status_code, again.headers["Location"].endswith(first)) == (303, True)
    assert len(requests(desk)) == 1


def test_the_same_form_sent_twice_is_one_draft_with_one_check(customer: Browser, desk: Marketplace) -> None:
    customer.get(FORM)
    sent = {**customer.page.form("/support/new").fields.to_dict(), **WORDS}
    first, second = (customer.client.post("/support/new", data=sent).headers["Location"] for _ in range(2))
    assert first == second
    assert (len(desk.all(select(RequestDraft))), len(desk.all(select(Inspection)))) == (1, 1)


def test_a_changed_description_keeps_the_check_and_a_changed_shop_makes_another(
    customer: Browser, desk: Marketplace
) -> None:
    first = writes(customer)
    [draft] = desk.all(select(RequestDraft))
    page = customer.get(f"/support/new?draft={draft.id}")
    assert page.form("/support/new").fields["body"] == WORDS["body"]
    customer.post("/support/new", body="Otherwise")
    assert customer.page.path == first
    customer.get(f"/support/new?draft={draft.id}")
    customer.post("/support/new", shop_url=OTHER_SHOP)
    assert customer.page.path != first
    latest = customer.page.path
    assert customer.get(first).answer.headers["Location"].endswith(latest)


def test_a_running_check_is_asked_for_again_with_and_without_javascript(customer: Browser) -> None:
    path = writes(customer)
    assert "checks done" in customer.page.visible_text
    assert f'hx-get="{path}"' in customer.page.text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in customer.page.text
    fragment = customer.get(path, HX_Request="true")
    assert fragment.text.lstrip().startswith('<div id="checks"')
    assert "<html" not in fragment.text


def test_nothing_can_be_sent_while_the_shop_is_looked_at(customer: Browser, desk: Marketplace) -> None:
    writes(customer)
    [draft] = desk.all(select(RequestDraft))
    customer.get(FORM)
    token = customer.page.form("/support/new").fields["form_token"]
    answer = customer.client.post(f"/support/new/sending/{draft.id}", data={"form_token": token})
    assert answer.status_code == 303
    assert requests(desk) == []


def test_who_is_not_entitled_learns_why_and_what_to_do(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller
) -> None:
    customer.get(f"/account/purchases/{PURCHASE}")
    customer.post(f"/account/purchases/{PURCHASE}/renewal")
    clock.shift(400 * 86_400)
    desk.run_all_now()
    writes(customer)
    words = customer.page.visible_text
    assert "This request cannot be sent now" in words
    assert "The last paid period has ended." in words
    assert "You can reactivate it at any time" in words
    assert not re.search(r"/support/new/sending/", customer.page.text)
    assert desk.all(select(RequestDraft.body)) == [WORDS["body"]]


def test_an_unsent_draft_is_found_among_the_requests(customer: Browser, desk: Marketplace) -> None:
    writes(customer)
    [draft] = desk.all(select(RequestDraft))
    assert f"/support/new?draft={draft.id}" in customer.get("/support").links


def test_a_question_before_buying_starts_no_clock(desk: Marketplace) -> None:
    curious = browser_of(desk, "customer", "customer-2")
    curious.get("/support/new?product=mod-1")
    page = curious.post("/support/new", subject="Does it do mirrors?", body="I sell mirrors.")
    assert "no checks or deadlines" in page.visible_text
    [draft] = desk.all(select(RequestDraft))
    page = curious.post(f"/support/new/sending/{draft.id}")
    [sent] = requests(desk)
    assert (sent.presale, sent.clocks_from, sent.kind) == (True, None, "question")
    assert "Before a purchase" in page.visible_text


def test_nobody_asks_about_a_hidden_product_before_buying_it(desk: Marketplace) -> None:
    desk.change_status("mod-1", OFFLINE)
    desk.run_all_now()
    assert browser_of(desk, "customer", "customer-2").get("/support/new?product=mod-1").status == 404


def test_drafts_and_checks_of_others_are_not_found(customer: Browser, desk: Marketplace, stranger: Browser) -> None:
    path = writes(customer)
    [draft] = desk.all(select(RequestDraft))
    for address in (path, FORM, f"/support/new?draft={draft.id}", "/support/new/chk_unknown", "/support/new/%00"):
        assert stranger.get(address).status == 404, address


def test_a_form_without_its_token_changes_nothing(customer: Browser, desk: Marketplace) -> None:
    customer.get(FORM)
    assert customer.post("/support/new", token=False, **WORDS).status == 400
    assert desk.all(select(RequestDraft)) == []


def test_a_form_that_was_open_for_too_long_is_shown_again_with_everything_in_it(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller
) -> None:
    customer.get(FORM)
    clock.shift(10 * 86_400)
    page = customer.post("/support/new", **WORDS)
    assert "Nothing is lost: send it again." in page.visible_text
    assert page.form("/support/new").fields["body"] == WORDS["body"]
    customer.post("/support/new")
    assert desk.all(select(RequestDraft.body)) == [WORDS["body"]]


def test_a_draft_outlives_its_check(customer: Browser, desk: Marketplace) -> None:
    path = writes(customer, shop_url=OTHER_SHOP)
    [draft] = desk.all(select(RequestDraft))
    with desk.runtime.database.session() as session:
        session.execute(delete(Inspection))
    assert customer.get(path).answer.headers["Location"].endswith(f"/support/new?draft={draft.id}")
    customer.get(f"/support/new?draft={draft.id}")
    page = customer.post("/support/new")
    assert "You can send it; the seller may refuse it" in page.visible_text


def test_who_has_her_shop_looked_at_too_often_is_told_when_to_go_on_and_loses_nothing(
    make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> None:
    desk = set_up_support(make_marketplace(CHECK_RATE_PER_MINUTE=2))
    customer = browser_of(desk, "customer", "customer-1")
    checked = writes(customer)
    token = customer.get(FORM).form("/support/new").fields["form_token"]
    again = customer.client.post(f"{checked}/again", data={"form_token": token})
    assert again.status_code == 303
    refused = customer.client.post(f"{again.location}/again", data={"form_token": token})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many attempts" in refused.text
    assert "Nothing was done. Try again in 60 seconds." in refused.text
    customer.get(FORM)
    page = customer.post("/support/new", **WORDS)
    assert (page.status, page.form("/support/new").fields["body"]) == (429, WORDS["body"])
    assert "Your shop has been checked too many times in a row." in page.visible_text
    assert len(desk.all(select(Inspection))) == 2
    clock.shift(60)
    assert customer.post("/support/new").status == 200
