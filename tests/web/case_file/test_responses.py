"""A request's file as JSON, as a page and as a PDF: the three agree, and each side reads its own view."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import time_machine
from pypdf import PdfReader

from ...support.api_callers import Caller, MakeCaller
from ...support.customers import money
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import (
    FIX,
    PURCHASE,
    REQUEST,
    due,
    now,
    publish_message,
    publish_request,
    set_up_support,
)

FILE = f"/support-requests/{REQUEST}/file"
PAGES = {
    ("operator", "odette"): f"/operator/requests/{REQUEST}",
    ("seller", "seller-1"): f"/seller/requests/{REQUEST}",
    ("customer", "customer-1"): f"/support/{REQUEST}",
}
STRANGERS = (("seller", "seller-2"), ("customer", "customer-2"))
NOTE = "Between us: they never pay."
HOSTILE = "<script>alert(1)</script> {nb} **fett** (a\\b) \u202egnp.exe 👩‍👧 שלום مرحبا 漢字 œuvre’s 12 € Ωμέγα Київ"
READABLE = "<script>alert(1)</script> {nb} **fett** (a\\b) gnp.exe �� ���� ����� �� œuvre’s 12 € Ωμέγα Київ"


@pytest.fixture
def asked(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A request with an answer and an internal note."""
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    publish_request(marketplace, subject="La galerie reste blanche", body=HOSTILE)
    publish_message(marketplace, "answer", body="We look into the gallery.")
    publish_message(marketplace, "note", visibility="internal", body=NOTE)
    return marketplace


@pytest.fixture
def desk(asked: Marketplace, clock: time_machine.Traveller, calls: MakeCaller) -> Marketplace:
    """Refused, contested, overturned; then the fix was missed, and 40.00 of 99.00 was given back."""
    evidence = {"note": "Mail of 2 March, line 3"}
    refusal = {"ground": "site_work_or_third_party", "text": "Their carrier is down.", "evidence": evidence}
    path = f"/support-requests/{REQUEST}"
    moves = (
        calls("platform").post(f"{path}/refusal", {**refusal, "author_type": "human"}),
        calls("customer", "customer-1").post(f"{path}/contest", {"text": "It is announced."}),
        calls("operator").post(f"{path}/overturn", {"text": "The page announces it."}),
    )
    assert [one.status_code for one in moves] == [200, 200, 200]
    clock.move_to(due(asked, FIX))
    asked.run_all_now()
    refunded = {"request_id": None, "refund_id": "re-1", "refunded_at": now()}
    asked.publish("purchase.refunded", purchase_id=PURCHASE, amount=money(4000), **refunded)
    asked.run_all_now()
    return asked


def pdf_pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def api_pdf(caller: Caller, language: str = "en") -> str:
    answer = caller.get(FILE, headers={"Accept": "application/pdf", "Accept-Language": language})
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Accept")
    return " ".join(" ".join(pdf_pages(answer.get_data())).split())


def printed_words(page: str) -> Counter[str]:
    """The words of the sections of the page, and of what stands above them."""
    body = page[page.index("<h1>") : page.index("</main>")]
    body = re.sub(r'<p class="actions">.*?</p>', " ", body)
    return Counter(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def has_the_same_words(browser: Browser, path: str) -> None:
    """The page and the PDF, but for the PDF's footers and its sentence on what it could not print."""
    assert f'href="{path}/file"' in browser.get(path).text
    assert f'href="{path}/file.pdf"' in browser.page.text
    page = browser.get(f"{path}/file")
    assert (page.status, page.text.count("<h1")) == (200, 1)
    assert "<script>alert" not in page.text
    assert len(page.ids) == len(set(page.ids))
    pdf = browser.get(f"{path}/file.pdf")
    assert (pdf.status, pdf.answer.content_type) == (200, "application/pdf")
    texts = pdf_pages(pdf.answer.get_data())
    words = Counter(" ".join(texts).split())
    caption = re.search(r'<p class="soft">(.*?)</p>', page.text)
    assert caption is not None
    for number in range(1, len(texts) + 1):
        words -= Counter([*caption[1].split(), str(number), "/", str(len(texts))])
    shown = printed_words(page.text) - Counter(HOSTILE.split()) + Counter(READABLE.split())
    explanation = words - shown
    assert not shown - words
    assert "�" in explanation
    assert explanation.total() < 20


def test_the_page_and_the_pdf_say_the_same_word_for_word_to_each_side_in_both_languages(desk: Marketplace) -> None:
    for who, path in PAGES.items():
        for language in ("en", "fr"):
            has_the_same_words(browser_of(desk, *who, language=language), path)


def test_the_json_and_the_pdf_agree_on_amounts_days_and_texts(desk: Marketplace, operator: Caller) -> None:
    file = operator.get(FILE).get_json()
    text = api_pdf(operator)
    assert file["refund"]["owed"] == money(5900)
    for expected in ("€99.00", "−€40.00", "Still owed €59.00", file["request_id"], READABLE):
        assert expected in text
    for clock in (file["clocks"]["acknowledgement"], file["clocks"]["fix"]):
        day = date.fromisoformat(clock["last_day"])
        assert f"{day:%A %-d %B %Y}" in text.replace(",", "")
    [refusal] = file["refusals"]
    for name in ("text", "contest", "overturned"):
        assert refusal[name] in text
    assert refusal["evidence"]["note"] in text
    for name in ("refused_at", "contested_at", "decided_at"):
        assert f"{datetime.fromisoformat(refusal[name]):%-d %B %Y}" in text
    for message in file["messages"]:
        assert message["body"] in text
    for feature in file["listing"]["features"]:
        assert (feature if isinstance(feature, str) else feature["en"]) in text
    french = api_pdf(operator, "fr")
    for expected in ("Dossier de demande de SAV", "Reste dû 59,00 €", "Fonctionnalités annoncées"):
        assert expected in french


def test_each_side_reads_its_own_view_whatever_the_form(
    asked: Marketplace, calls: MakeCaller, operator: Caller, seller: Caller
) -> None:
    assert NOTE in api_pdf(operator)
    assert NOTE in api_pdf(seller)
    assert NOTE not in api_pdf(calls("customer", "customer-1"))
    path = PAGES["customer", "customer-1"]
    customer = browser_of(asked, "customer", "customer-1")
    assert NOTE not in customer.get(f"{path}/file").text
    assert NOTE not in " ".join(pdf_pages(customer.get(f"{path}/file.pdf").answer.get_data()))


def test_other_peoples_files_are_not_found(asked: Marketplace, calls: MakeCaller) -> None:
    for role, subject in STRANGERS:
        path = next(path for (one, _), path in PAGES.items() if one == role)
        for form in ("", "/file", "/file.pdf"):
            assert browser_of(asked, role, subject).get(f"{path}{form}").status == 404
        for accepted in ("*/*", "application/pdf"):
            assert calls(role, subject).get(FILE, headers={"Accept": accepted}).status_code == 404


def test_who_takes_anything_gets_json(asked: Marketplace, operator: Caller) -> None:
    for accepted in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json, application/pdf;q=0.9"):
        assert operator.get(FILE, headers={"Accept": accepted}).content_type == "application/json"


def test_the_document_of_the_api_names_the_pdf(public: Caller) -> None:
    paths: Any = public.get("/openapi.json").get_json()["paths"]
    [described] = [path["get"] for name, path in paths.items() if name.endswith("/support-requests/{request_id}/file")]
    assert set(described["responses"]["200"]["content"]) == {"application/json", "application/pdf"}
