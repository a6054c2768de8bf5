"""Every route by which a person or a token changes something is driven, and what it did is in the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import Kind
from marketplace_hooks.models.access import PersonSession, Role, SignInMethod, Token
from marketplace_hooks.models.drafts import RequestDraft
from marketplace_hooks.models.outbox import Delivery, DeliveryState, Endpoint
from marketplace_hooks.models.support import SellerClosure
from marketplace_hooks.services.access import sessions
from marketplace_hooks.services.access.sessions import SignIn
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint, disable_endpoint, locked_endpoint
from marketplace_hooks.services.support import moves, offers
from marketplace_hooks.services.support.submission import NewRequest, submit

from ..support.audited_acts import NOT_AUDITED, Acts, changing_endpoints
from ..support.customers import SHOP, publish_release
from ..support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace, open_marketplace, sample
from ..support.support_desk import (
    ANSWER,
    CAUSE,
    PURCHASE,
    TEMPLATE,
    in_transaction,
    messages,
    publish_message,
    set_up_support,
)

SOON = "2026-06-03T10:00:00Z"
TEXT = {"text": "A reason that both sides read"}
REFUSAL = {"ground": "source_modified", "text": "You changed a.php", "evidence": {"files": ["a.php"]}}
AMOUNT = {"amount_cents": 2900, "currency": "EUR"}
EXPLANATION = {"how": "explanation", "text": "The separator is under Advanced."}


@pytest.fixture
def acts(sqlite_url: str, tmp_path: Any, clock: time_machine.Traveller) -> Iterable[Acts]:
    with open_marketplace(sqlite_url, tmp_path / "instance") as marketplace:
        set_up_support(marketplace)
        marketplace.publish_products("mod-2")
        marketplace.publish_pack("pack-1", "mod-1", "mod-2")
        publish_release(marketplace, "paid-1", kind="paid", fixes=[])
        marketplace.run_all_now()
        clock.shift(3_600)
        yield Acts(marketplace)


def asks(acts: Acts, name: str, *reach: Callable[[UnitOfWork, str], object], **more: Any) -> str:
    """A request of this name, brought into a state by what happens before anybody of the story acts."""
    asked = {"customer_id": "customer-1", "product_id": "mod-1", "purchase_id": PURCHASE, "shop_url": SHOP}
    asked |= {"subject": f"About {name}", "body": "Empty", "as_it_is": True, "kind": Kind.ANOMALY, **more}

    def act(uow: UnitOfWork) -> None:
        submit(uow, NewRequest(request_id=name, submitted_at=uow.now, **asked), CAUSE)
        for one in reach:
            one(uow, name)

    in_transaction(acts.marketplace, act)
    return name


def is_refused(uow: UnitOfWork, name: str) -> None:
    given: dict[str, Any] = {**REFUSAL, "ground": Ground.SOURCE_MODIFIED}
    moves.refuse(uow, name, **given, by="seller-1", cause=CAUSE)


def is_contested(uow: UnitOfWork, name: str) -> None:
    is_refused(uow, name)
    moves.contest(uow, name, text="No", cause=CAUSE)


def is_resolved(uow: UnitOfWork, name: str) -> None:
    moves.resolve(uow, name, how="explanation", release_id=None, text="Done", cause=CAUSE)


def is_offered(uow: UnitOfWork, name: str) -> None:
    offers.make_offer(uow, name, release_id="paid-1", amount=AMOUNT, text="", cause=CAUSE)


def a_seller_works(acts: Acts, clock: time_machine.Traveller) -> None:
    by = partial(acts.by_page, "seller", "seller-1")
    by(f"/seller/products/mod-2/change/{OFFLINE}", reason="a rest", effective_at="2026-03-03T10:00")
    by("/seller/products/mod-2/scheduled/cancellation")
    by(f"/seller/changes/{OFFLINE}", reason="a rest", product="mod-2", seen="")
    by(f"/seller/packs/pack-1/change/{OFFLINE}", reason="a rest", effective_at="2026-03-03T10:00")
    by("/seller/packs/pack-1/scheduled/cancellation")
    by("/seller/closures", first_day="2026-03-09", last_day="2026-03-15")
    [closure] = acts.marketplace.all(select(SellerClosure.id))
    by(f"/seller/closures/{closure}/end", last_day="2026-03-11")
    by(f"/seller/closures/{closure}/cancellation")
    worked = f"/seller/requests/{asks(acts, 'worked')}"
    by(f"{worked}/assignment", assignee="Camille")
    by(f"{worked}/messages", body=ANSWER)
    by(f"{worked}/waiver", ground="source_modified")
    by(f"{worked}/kind", kind="question")
    by(f"{worked}/offer", release_id="paid-1", amount="29,00", text="New pictures")
    by(f"{worked}/resolution", how="explanation", text="Empty the cache")
    by(f"/seller/requests/{asks(acts, 'refused')}/refusal", **{**REFUSAL, "evidence": "a.php"})
    proposed = f"/support-requests/{asks(acts, 'proposed')}"
    [proposal] = acts.by_api("seller", "seller-1", "POST", f"{proposed}/resolution", EXPLANATION)["proposals"]
    by("/seller/requests/proposed/confirmations", counts="yes", proposal_id=proposal["proposal_id"])


def a_customer_asks(acts: Acts, clock: time_machine.Traveller) -> None:
    by = partial(acts.by_page, "customer", "customer-1")
    words = {"kind": "anomaly", "subject": "The gallery is empty", "body": "Nothing is shown."}
    checked = by("/support/new", purchase=PURCHASE, draft="a" * 32, shop_url="https://other.example/", **words)
    by(f"{checked}/declaration", platform_version="8.1.7", modules="")
    by(f"{checked}/again")
    [draft] = acts.marketplace.all(select(RequestDraft.id))
    by(f"/support/new/sending/{draft}")
    by(f"/support/{asks(acts, 'incomplete', as_it_is=False)}/information", platform_version="8.1.7")
    by(f"/support/{asks(acts, 'answered')}/answer", body="It is 8.1.7")
    by(f"/account/purchases/{PURCHASE}/renewal", enabled="no")
    clock.shift(timedelta(days=366))
    acts.marketplace.run_all_now()
    acts.by_page("customer", "customer-1", f"/account/purchases/{PURCHASE}/reactivation", amount_cents="13365")


def an_operator_decides(acts: Acts, clock: time_machine.Traveller) -> None:
    by = partial(acts.by_page, "operator", "odette")
    shop = acts.marketplace
    by("/operator/sessions", session_id=signed_in(shop))
    by("/operator/tokens", status=200, name="a robot", role="operator", subject="", days="")
    [*_, token] = shop.all(select(Token.id).order_by(Token.created_at))
    by(f"/operator/tokens/{token}/revocation")
    by(f"/operator/changes/{OFFLINE}", reason="A complaint", product="mod-1", seen="")
    by(f"/operator/changes/{ONLINE}", reason="Settled", product="mod-1", seen="")
    by(f"/operator/products/mod-2/change/{WITHDRAWN}", reason="A fraud", name=title_of(shop, "mod-2"))
    by("/operator/products/mod-2/reinstatement", reason="A mistake")
    rejected = shop.publish("product.status_changed", product_id="mod-1", status="gone", actor="nobody", reason="x")
    shop.run_all_now()
    by(f"/operator/events/{rejected}/correction", body=json.dumps(sample("product.status_changed")))
    rejected = shop.publish("product.status_changed", product_id="mod-1", status="gone", actor="nobody", reason="x")
    shop.run_all_now()
    by(f"/operator/events/{rejected}/replay", source="marketplace")
    asks(acts, "contested", is_contested)
    by(f"/operator/deliveries/{given_up(shop)}/again")
    operator_sets_up(acts)
    by("/operator/requests/contested/overturn", text="The module is the seller’s own.")
    asks(acts, "unclear")
    clock.shift(timedelta(minutes=30))
    publish_message(shop, request_id="unclear", body=TEMPLATE)
    [reply] = messages(shop, "unclear")
    by("/operator/replies", counts="yes", request_id="unclear", message_id=reply.message_id)


def signed_in(shop: Marketplace) -> str:
    """The id of a session of a person who signed in here."""
    sign_in = SignIn(method=SignInMethod.OPENID, role=Role.SELLER, subject="seller-1")
    in_transaction(shop, lambda uow: sessions.begin(uow, sign_in))
    [*_, id_] = shop.all(select(PersonSession.id).order_by(PersonSession.created_at))
    return str(id_)


def operator_sets_up(acts: Acts) -> None:
    by = partial(acts.by_page, "operator", "odette")
    by("/operator/endpoints", url="https://93.184.215.14/desk", types="pack.hidden", status=200)
    [added] = acts.marketplace.all(select(Endpoint.id).where(Endpoint.url == "https://93.184.215.14/desk"))
    path = f"/operator/endpoints/{added}"
    by(f"{path}/settings", url="https://93.184.215.14/desk", types="pack.shown")
    by(f"{path}/rotation", status=200)
    by(f"{path}/replay")
    by(f"{path}/deletion")


def given_up(shop: Marketplace) -> int:
    """A delivery whose last attempt has failed."""
    endpoint, _ = add_endpoint(shop.runtime, "https://93.184.215.14/hooks")
    in_transaction(shop, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint.id), "a test"))
    dispatch(shop.runtime)
    [delivery, *_] = shop.all(select(Delivery.id))
    ended = update(Delivery).where(Delivery.id == delivery).values(state=DeliveryState.EXHAUSTED)
    in_transaction(shop, lambda uow: uow.session.execute(ended))
    return int(delivery)


def title_of(shop: Marketplace, product_id: str) -> str:
    return str(next(iter(shop.product(product_id).title.values())))


def tokens_call(acts: Acts, clock: time_machine.Traveller) -> None:
    seller = partial(acts.by_api, "seller", "seller-1")
    customer = partial(acts.by_api, "customer", "customer-1")
    operator = partial(acts.by_api, "operator", None)
    asks(acts, "missed")
    clock.shift(timedelta(days=60))
    acts.marketplace.run_all_now()
    customer("POST", "/support-requests/missed/refund", {"action": "defer"})
    for kind, id_ in (("products", "mod-2"), ("packs", "pack-1")):
        seller("POST", f"/{kind}/{id_}/status", {"status": OFFLINE, "reason": "a rest", "effective_at": SOON})
        seller("DELETE", f"/{kind}/{id_}/status/scheduled")
    closures = "/sellers/seller-1/closures"
    made = seller("POST", closures, {"first_day": "2026-06-09", "last_day": "2026-06-15", "reason": "a rest"})
    seller("PATCH", f"{closures}/{made['closure_id']}", {"last_day": "2026-06-11"})
    seller("DELETE", f"{closures}/{made['closure_id']}")
    shop = acts.marketplace
    rejected = shop.publish("product.status_changed", product_id="mod-1", status="gone", actor="nobody", reason="x")
    shop.run_all_now()
    operator("DELETE", f"/sessions/{signed_in(shop)}")
    operator("DELETE", "/sessions?role=seller&subject=seller-1")
    made = operator("POST", "/tokens", {"name": "a robot", "role": "operator"})
    operator("DELETE", f"/tokens/{made['token_id']}")
    operator("POST", f"/events/{rejected}/replay")
    shop.run_all_now()
    operator("POST", f"/events/{rejected}/correction", sample("product.status_changed"))
    operator("POST", f"/deliveries/{given_up(shop)}/replay")
    endpoint_life(operator)
    customer("POST", "/eligibility", {"purchase_id": PURCHASE, "shop_url": "https://other.example/"})
    sent = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP, "as_it_is": True}
    customer("POST", "/support-requests", sent)
    customer("POST", f"/subscriptions/{PURCHASE}/renewal", {"enabled": False})
    requests_move(acts, seller, customer, operator)
    clock.shift(timedelta(days=366))
    shop.run_all_now()
    customer("POST", f"/subscriptions/{PURCHASE}/reactivation")


def endpoint_life(operator: Any) -> None:
    added = operator("POST", "/endpoints", {"url": "https://93.184.215.14/more", "types": ["pack.hidden"]})
    path = f"/endpoints/{added['endpoint_id']}"
    operator("PATCH", path, {"rate_per_s": 5})
    operator("POST", f"{path}/rotate")
    operator("POST", f"{path}/disable", {})
    operator("POST", f"{path}/enable")
    operator("POST", "/deliveries/replay", {"endpoint_id": added["endpoint_id"]})
    operator("DELETE", path)


def requests_move(acts: Acts, seller: Any, customer: Any, operator: Any) -> None:
    for caller, name, path, body, reach in (
        (customer, "written", "messages", {"body": "It is 8.1.7"}, ()),
        (seller, "waived", "waiver", {"ground": "source_modified"}, ()),
        (seller, "kinds", "kind", {"kind": "question"}, ()),
        (seller, "proposed-1", "refusal", REFUSAL, ()),
        (seller, "proposed-2", "offer", {"release_id": "paid-1", "amount": AMOUNT, "text": ""}, ()),
        (seller, "proposed-3", "resolution", EXPLANATION, ()),
        (customer, "offered", "offer/answer", {"accepted": False}, (is_offered,)),
        (customer, "resolved", "not-fixed", {}, (is_resolved,)),
        (customer, "refused", "contest", TEXT, (is_refused,)),
        (operator, "contested-1", "overturn", TEXT, (is_contested,)),
        (operator, "contested-2", "uphold", TEXT, (is_contested,)),
        (operator, "extended", "extension", {"business_days": 3, **TEXT}, ()),
        (customer, "withdrawn", "withdrawal", {}, ()),
    ):
        caller("POST", f"/support-requests/{asks(acts, name, *reach)}/{path}", body)
    asks(acts, "incomplete-1", as_it_is=False)
    customer("POST", "/support-requests/incomplete-1/information", {"shop_url": SHOP})
    asks(acts, "incomplete-2", as_it_is=False)
    customer("POST", "/support-requests/incomplete-2/send-as-is", {})
    thread = seller("POST", f"/support-requests/{asks(acts, 'unclear')}/messages", {"body": ANSWER})
    [reply] = thread["messages"]
    judged = {"message_id": reply["message_id"], "counts": True}
    operator("POST", "/support-requests/unclear/confirmations", judged)
    attached = {"message_id": reply["message_id"], "name": "error.png"}
    seller("POST", "/support-requests/unclear/attachments", attached)
    seller("POST", "/support-requests/unclear/assignment", {"assignee": "Camille"})


AREAS = {"mh_seller": a_seller_works, "mh_customer": a_customer_asks, "mh_operator": an_operator_decides}
AREAS |= {"mh_api": tokens_call}


@pytest.mark.parametrize("area", AREAS)
def test_whatever_a_route_changes_is_in_the_audit_log(area: str, acts: Acts, clock: time_machine.Traveller) -> None:
    AREAS[area](acts, clock)
    assert {endpoint for endpoint, actions in acts.audited.items() if not actions} == set()
    wanted = {one for one in changing_endpoints(acts.marketplace) if one.startswith(f"{area}.")} - set(NOT_AUDITED)
    assert wanted - set(acts.audited) == set(), "drive them here, or say in NOT_AUDITED why they change nothing"


def test_no_route_that_changes_something_is_outside_these_areas(acts: Acts) -> None:
    placed = {one for one in changing_endpoints(acts.marketplace) if one.partition(".")[0] in AREAS}
    elsewhere = changing_endpoints(acts.marketplace) - placed - set(NOT_AUDITED)
    assert elsewhere == {"mh_sign_in.choose", "mh_sign_in.move_tour", "mh_sign_in.sign_out"}, (
        "see web/sign_in/test_audit.py"
    )
