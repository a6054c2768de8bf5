"""Who may call which route: every route of the app, for each kind of person and token.

A new route fails here until it stands in `PLACED`. Each letter answers one caller, in the order of `CALLERS`: `y`, it
is theirs, or everybody's; `n`, it is not for their role (401 or the sign-in for nobody, else 403); `-`, for them there
is no such thing (404). Whoever is refused sends a request that would be carried out if it were not; whoever is not, an
empty one, so that nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.models.cascades import Cascade

from ..support.api_callers import caller_of
from ..support.customers import publish_customer
from ..support.marketplace import OFFLINE, Marketplace, open_marketplace
from ..support.page_client import browser_of
from ..support.support_desk import PURCHASE, REQUEST, publish_message, publish_request, set_up_support

CALLERS = (
    (None, None),
    ("customer", "customer-1"),
    ("customer", "customer-2"),
    ("seller", "seller-1"),
    ("seller", "seller-2"),
    ("platform", None),
    ("operator", None),
)
NOBODY = "nobody"
TEXT = "The folder was renamed in 2.3: choose it again under Settings."
BODIES: dict[str, Any] = {
    "mh_api.change_product_status": {"status": "offline_temporary", "reason": "a break"},
    "mh_api.change_pack_status": {"status": "offline_temporary", "reason": "a break"},
    "mh_api.check_eligibility": {"purchase_id": PURCHASE},
    "mh_api.declare_closure": {"first_day": "2031-01-01", "last_day": "2031-01-03"},
    "mh_api.shorten_closure": {"last_day": "2031-01-02"},
    "mh_api.change_subscription_renewal": {"enabled": False},
    "mh_api.reactivate_subscription": {},
    "mh_api.submit_support_request": {"purchase_id": PURCHASE, "subject": "It fails", "body": "It does not save."},
    "mh_api.confirm": {"message_id": "message-1", "counts": True},
    "mh_api.contest_refusal": {"text": TEXT},
    "mh_api.attach_file_to_message": {"message_id": "message-1", "name": "error.png"},
    "mh_api.assign_support_request": {"assignee": "Camille"},
    "mh_api.extend_fix": {"business_days": 2},
    "mh_api.complete_information": {"shop_url": "https://www.shop.example/"},
    "mh_api.change_request_kind": {"kind": "question"},
    "mh_api.post_support_message": {"body": TEXT},
    "mh_api.say_not_fixed": {"text": TEXT},
    "mh_api.offer_paid_update": {"release_id": "release-1", "amount": {"amount_cents": 100, "currency": "EUR"}},
    "mh_api.answer_paid_update": {"accepted": True},
    "mh_api.see_to_refund": {"action": "request"},
    "mh_api.refuse_support_request": {"ground": "source_modified", "text": TEXT, "evidence": {"seen": TEXT}},
    "mh_api.resolve_support_request": {"how": "explanation", "text": TEXT},
    "mh_seller.shorten": {"last_day": "2031-01-02"},
    "mh_seller.declare": {"first_day": "2031-01-01", "last_day": "2031-01-03"},
    "mh_customer.write_request": {"purchase": PURCHASE, "subject": "It fails", "body": TEXT},
    "mh_api.waive_ground": {"ground": "source_modified"},
}
QUERIES = {
    "mh_api.preview_product_status": "?status=offline_temporary",
    "mh_api.preview_pack_status": "?status=offline_temporary",
    "mh_api.get_download": f"?purchase_id={PURCHASE}",
    "mh_api.check_entitlement": f"?purchase_id={PURCHASE}",
}
HARMLESS = ("mh_customer.write_request",)
"""What they are refused when it is empty; a draft changes nothing."""
MOVES = {"mh_customer.make_move": "withdrawal", "mh_operator.move_request": "note"}
PLACED = {
    "mh_api": {
        "ny-nnyn": (
            "answer_paid_update change_subscription_renewal check_eligibility complete_information "
            "contest_refusal export_customer reactivate_subscription say_not_fixed send_as_is show_eligibility "
            "submit_support_request withdraw_support_request"
        ),
        "nnn---n": "cancel_closure",
        "nnn--y-": "cancel_pack_change cancel_product_change",
        "nnny-yy": (
            "assign_support_request change_pack_status change_product_status confirm get_cascade preview_pack_status "
            "preview_product_status show_figures"
        ),
        "ny-y-yy": (
            "attach_file_to_message change_request_kind post_support_message show_request_file show_support_request"
        ),
        "nyyyyyy": "check_entitlement export_support_requests list_support_requests",
        "nnnnnny": (
            "create_token end_sessions_of export_audit_csv export_audit_ndjson list_audit_entries list_sessions "
            "list_tokens"
        ),
        "nnny-yn": (
            "declare_closure offer_paid_update refuse_support_request resolve_support_request shorten_closure "
            "waive_ground"
        ),
        "nnnnnn-": "end_session revoke_token",
        "nnnnnyy": (
            "add_endpoint correct_event extend_fix get_event list_all_endpoints list_deliveries list_events "
            "list_reversals overturn_refusal replay_event replay_several_deliveries uphold_refusal"
        ),
        "n--nnnn": "get_download",
        "-y-y-yy": "get_listing get_product",
        "---y-yy": "get_pack",
        "ny-nnyy": "get_subscription see_to_refund",
        "yyyyyyy": "list_closures list_packs list_products show_document show_pages",
        "nyynnyn": "list_own_purchases",
        "ny-nnnn": "list_purchase_downloads",
        "-------": "post_companion_report show_file",
        "nnnnn--": (
            "change_endpoint_settings disable enable get_delivery get_endpoint ping remove_endpoint replay_delivery "
            "rotate_endpoint_secret"
        ),
    },
    "mh_customer": {
        "ny-nnnn": (
            "change_renewal conversation give_information purchase reactivate reactivation renewal request_file "
            "request_pdf write_request"
        ),
        "n--nnnn": "check check_again declare_site download make_move question send_request",
        "nyynnnn": "export keys new_request purchases requests",
    },
    "mh_health": {
        "yyyyyyy": "live ready",
    },
    "mh_metrics": {
        "yyyyyyy": "metrics",
    },
    "mh_operator": {
        "nnnnnny": (
            "add_endpoint audit cascade cascades change confirm_change confirm_correction confirm_reinstatement "
            "confirm_replay correction create_token deliveries endpoints event events judge_reply move_request "
            "over_refunded overview product products refunds reinstatement replay replies request_file request_pdf "
            "requests platform_versions reversals search seller sellers sessions support_request tokens"
        ),
        "nnnnnn-": (
            "act_on_endpoint change_endpoint change_many changed_many confirm_many delivery end_sessions endpoint "
            "replay_deliveries revoke_token rotate_endpoint send_again test_endpoint"
        ),
    },
    "mh_pages": {
        "yyyyyyy": "choose_appearance choose_language",
        "-------": "brand_file static_file",
    },
    "mh_seller": {
        "nnny-nn": (
            "answer assign cancel cancel_change cancel_pack_change change change_pack confirm_change "
            "confirm_pack_change judge_proposal make_offer offer pack product progress propose_kind refusal "
            "refuse request_file request_page request_pdf resolution resolve shorten waive"
        ),
        "nnn--nn": "change_many changed_many confirm_many",
        "nnnyynn": "closures declare figures packs products refunds requests",
    },
    "mh_sign_in": {
        "-------": "begin choose come_back move_tour",
        "yyyyyyy": "choose_time_zone sign_out signed_out time_zone",
        "nyyyyny": "resume_form",
        "nyyyyyy": "sign_in",
    },
    "mh_storefront": {
        "yyyyyyy": "about_inspections companion companion_hash home sitemap_index sitemap_part",
        "---y-yy": "pack",
        "-y-y-yy": "product",
    },
}
"""By blueprint and answers, the routes that have them."""
ROUTES = {
    f"{blueprint}.{name}": answers
    for blueprint, by_answers in PLACED.items()
    for answers, names in by_answers.items()
    for name in names.split()
}


@pytest.fixture
def marketplace(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """On one database: who may call is decided before it is asked."""
    with open_marketplace(sqlite_url, tmp_path / "instance", API_RATE_PER_MINUTE=0) as marketplace:
        yield marketplace


@pytest.fixture
def subjects(marketplace: Marketplace) -> dict[str, Any]:
    """One of everything, of the first customer and the first seller; and what each part of an address may be."""
    set_up_support(marketplace)
    publish_customer(marketplace, "customer-2")
    marketplace.publish_products("mod-2", seller_id="seller-2")
    marketplace.publish_pack("pack-1", "mod-1")
    event_id = publish_request(marketplace)
    publish_message(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    seller = caller_of(marketplace, "seller", "seller-1")
    customer = caller_of(marketplace, "customer", "customer-1")
    [cascade, *_] = marketplace.all(select(Cascade.id))
    soon = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    closure = seller.post("/sellers/seller-1/closures", {"first_day": soon, "last_day": soon}).json
    check = customer.post("/eligibility", {"purchase_id": PURCHASE}).json
    assert closure is not None
    assert check is not None
    return {
        "product_id": "mod-1",
        "pack_id": "pack-1",
        "customer_id": "customer-1",
        "purchase_id": PURCHASE,
        "request_id": REQUEST,
        "seller_id": "seller-1",
        "event_id": event_id,
        "cascade_id": cascade,
        "closure_id": closure["closure_id"],
        "check_id": check["check_id"],
        "status": "offline_permanent",
        "appearance": "dark",
        "language": "fr",
        "part": "pages-1",
        "source": "marketplace",
        "delivery_id": 999,
        "draft_id": "0" * 32,
    }


def routes(marketplace: Marketplace) -> list[tuple[str, str, Rule]]:
    """Every endpoint of ours with its method; the webhooks, and paths that are nothing, have tests of their own."""
    return [
        (rule.endpoint, method, rule)
        for rule in marketplace.app.url_map.iter_rules()
        if rule.endpoint.startswith("mh_") and rule.endpoint not in ("mh_api.unknown", "mh_webhooks.receive")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


class Callers:
    """The callers, each with one token and one browser."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.marketplace = marketplace
        self.headers = [caller_of(marketplace, role, subject).headers if role else {} for role, subject in CALLERS]

    def letter(self, endpoint: str, method: str, path: str, number: int) -> str:
        """What this caller is answered; with an empty request, or one that would be carried out."""
        is_theirs = ROUTES[endpoint][number] == "y" and endpoint not in HARMLESS
        answer = self._answer(endpoint, method, path, number, {} if is_theirs else BODIES.get(endpoint, {}))
        location = answer.headers.get("Location", "")
        if answer.status_code in (401, 403) or (answer.status_code == 303 and location.startswith("/sign-in")):
            return "n"
        assert answer.status_code < 500 or answer.status_code == 503, (endpoint, answer.text)
        return "-" if answer.status_code == 404 else "y"

    def _answer(self, endpoint: str, method: str, path: str, number: int, body: dict[str, Any]) -> Any:
        if endpoint.startswith(("mh_api.", "mh_health.", "mh_metrics.")):
            app = self.marketplace.app
            app.extensions[EXTENSION] = replace(self.marketplace.web, identity=None)  # nobody is signed in at the host.
            with app.test_client().open(path, method=method, headers=self.headers[number], json=body) as answer:
                answer.get_data()
                return answer
        browser = browser_of(self.marketplace, *CALLERS[number])
        if method == "GET":
            return browser.get(path).answer
        [token] = browser.get("/times").form().fields.getlist("form_token")
        return browser.send(method, path, follow=False, data={"form_token": token, **body}).answer


def address(endpoint: str, rule: Rule, subjects: dict[str, Any]) -> str:
    """An address of the route, about what is the first customer's and the first seller's."""
    parts = subjects | {"move": MOVES.get(endpoint)}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(parts.get(found[1], NOBODY)), rule.rule)
    return path + QUERIES.get(endpoint, "")


def test_every_route_answers_each_caller_as_it_says(marketplace: Marketplace, subjects: dict[str, Any]) -> None:
    missing = {endpoint for endpoint, _, _ in routes(marketplace)} - ROUTES.keys()
    assert not missing, f"not placed yet: {sorted(missing)}"
    callers = Callers(marketplace)
    found = {}
    for endpoint, method, rule in routes(marketplace):
        path = address(endpoint, rule, subjects)
        classes = [callers.letter(endpoint, method, path, number) for number in range(len(CALLERS))]
        found[endpoint] = "".join(classes)
    assert found == ROUTES
