"""The audit log as a page: who did what is found by its filters, and from the page of what it was done to."""

from __future__ import annotations

from marketplace_hooks.services.privacy.retention import purge
from marketplace_hooks.web.labels.audit_details import PURGED

from ...support.audit_log import audit_entries
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import REQUEST, publish_request, set_up_support

PAGE = f"/operator/requests/{REQUEST}"


def test_a_decision_names_the_operator_in_the_log_on_the_request_and_in_what_is_published(
    marketplace: Marketplace, operator: Browser
) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)
    operator.get(PAGE)
    operator.post(f"{PAGE}/extension", text="The parcel is late.", days="5")
    operator.get(PAGE)
    operator.post(f"{PAGE}/kind", kind="question")
    page = operator.get(PAGE)
    assert "Fix deadline extended" in page.visible_text
    assert "Operator · odette" in page.visible_text
    log = operator.get(f"/operator/audit?kind=support_request&id={REQUEST}")
    assert "Fix deadline extended Additional business days: 5" in log.visible_text
    assert "Request type changed Confirmed: " in log.visible_text
    assert "Type of request: Question" in log.visible_text
    [*_, changed] = marketplace.outgoing(REQUEST, "support_request")
    assert (changed.cause["actor"], changed.cause["operator_id"]) == ("marketplace", "odette")


def test_entries_are_found_by_who_action_object_request_and_day(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1")
    operator.get("/operator/products/mod-1/change/offline_temporary")
    operator.post("/operator/products/mod-1/change/offline_temporary", reason="A complaint.")
    [entry] = audit_entries(marketplace)
    day = f"{entry.at.astimezone(marketplace.runtime.settings.reference_zone):%Y-%m-%d}"
    for query in (
        "who=odette",
        "action=product.status_changed",
        "id=mod-1",
        f"request={entry.request_id}",
        f"to={day}",
    ):
        assert entry.request_id in operator.get(f"/operator/audit?{query}").visible_text, query
    for query in ("who=odile", "action=product.reinstated", "id=mod-2", "request=none", "to=2020-01-01"):
        assert "No entry matches" in operator.get(f"/operator/audit?{query}").visible_text, query


def test_an_empty_log_says_what_will_be_there_in_both_languages(marketplace: Marketplace, operator: Browser) -> None:
    assert "Every change made by a person" in operator.get("/operator/audit").visible_text
    odette = browser_of(marketplace, "operator", "odette", language="fr")
    assert "Journal d’audit" in odette.get("/operator/audit").visible_text


def test_what_was_recorded_beside_an_action_is_in_the_readers_language(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    odette = browser_of(marketplace, "operator", "odette", language="fr")
    odette.get("/operator/products/mod-1/change/offline_temporary")
    odette.post("/operator/products/mod-1/change/offline_temporary", reason="Une réclamation.")
    shown = odette.get("/operator/audit?id=mod-1").visible_text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Statut du produit modifié" in shown
    assert "Effet : Mis hors ligne Statut : Hors ligne" in shown


def test_what_is_purged_has_words(marketplace: Marketplace) -> None:
    assert set(purge(marketplace.runtime)) - set(PURGED) == set()


def test_others_do_not_read_it_and_trying_is_entered(marketplace: Marketplace, operator: Browser) -> None:
    seller = browser_of(marketplace, "seller", "seller-1")
    assert seller.get("/operator/audit").status == 403
    assert "Access refused" in operator.get("/operator/audit?who=seller-1").visible_text


def test_the_search_box_of_the_page_holds_no_words_of_ours(operator: Browser) -> None:
    assert "AuditFilter" not in operator.get("/operator/audit").text
