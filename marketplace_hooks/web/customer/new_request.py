"""How does a customer ask for support: about which purchase, in which words, with what help for the check?"""

from __future__ import annotations

import uuid

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import day_of
from ...domain.support.state_machine import Kind
from ...errors import NotFound
from ...models.access import Role
from ...models.drafts import RequestDraft
from ...services.business_care.purchase_summary import PurchaseSummary, summarize_product_on_sale, summarize_purchase
from ...services.business_care.status_banner import read_status_banner
from ...services.business_care.subscription_view import list_purchases
from ...services.catalog.lists import Page
from ...services.core.unit_of_work import run_in_transaction
from ...services.support.closures import current_closures
from ...services.support.drafts import DraftContent, own_draft, save_draft
from ..i18n.language import gettext, ngettext
from ..identity.authorization import audience
from ..labels.customer_requests import KINDS, sets_in_motion
from ..pagination import decode, encode
from ..state import current_runtime
from .blueprint import blueprint
from .check_rate_limit import seconds_to_wait
from .ids import id_of
from .new_request_form import Entered, entered
from .purchases import customer_id, holder

SHOWN = 25


@blueprint.get("/support/new")
@audience(Role.CUSTOMER)
def new_request() -> str | BaseResponse:
    """Choose the purchase, then describe; a draft is opened as it was left."""
    runtime = current_runtime()
    purchase_id = id_of("purchase")
    product_id = id_of("product")
    draft_id = id_of("draft")
    with runtime.database.reading() as session:
        if draft_id is not None:
            draft = own_draft(session, customer_id(), draft_id=draft_id)
            if draft.sent_at is not None:
                return redirect(request_url(draft.request_id), 303)
            return _form(session, about(session, draft.purchase_id, draft.product_id), _left(draft))
        if purchase_id is not None or product_id is not None:
            bought = about(session, purchase_id, product_id)
            return _form(session, bought, Entered(draft_id=uuid.uuid4().hex, shop_url=bought.shop_url or ""))
        return _choice(session)


@blueprint.post("/support/new")
@audience(Role.CUSTOMER)
def write_request() -> Response | BaseResponse:
    """Keep what was written, and check it; where something is wrong, show the form again as it was filled in."""
    runtime = current_runtime()
    written = entered()
    with runtime.database.reading() as session:
        bought = about(session, id_of("purchase"), id_of("product"))
        if written.errors:
            return make_response(_form(session, bought, written), 422)
        if bought.purchase_id is not None and (wait_s := seconds_to_wait()):
            return _too_often(session, bought, written, wait_s)
    words = DraftContent(
        purchase_id=bought.purchase_id,
        product_id=bought.product_id,
        kind=written.kind if bought.purchase_id else Kind.QUESTION,
        subject=written.subject,
        body=written.body,
        shop_url=written.shop_url if bought.purchase_id else None,
    )
    draft = run_in_transaction(
        runtime,
        lambda uow: save_draft(
            runtime,
            uow,
            written.draft_id,
            customer_id(),
            words,
            credentials=written.given(),
            declared=written.declared,
        ),
    )
    return redirect(draft_url(draft), 303)


@blueprint.get("/support/keys")
@audience(Role.CUSTOMER)
def keys() -> str:
    """How to make a key that can only read."""
    return render_template("marketplace_hooks/customer/keys.html")


def show_again(session: Session) -> Response:
    """The form as it was filled in, with a new token: the old one had been shown for too long to count."""
    written = entered()
    bought = about(session, id_of("purchase"), id_of("product"))
    written.errors["subject"] = gettext(
        "This form had been open for too long. Everything is still here: send it again."
    )
    return make_response(_form(session, bought, written), 400)


def about(session: Session, purchase_id: str | None, product_id: str | None) -> PurchaseSummary:
    """What a request is about: one of her purchases, or a product on sale. Raises `NotFound`."""
    if purchase_id is not None:
        return summarize_purchase(session, holder(purchase_id))
    if product_id is not None:
        return summarize_product_on_sale(session, product_id)
    raise NotFound("about what?")


def draft_url(draft: RequestDraft) -> str:
    """Where a draft goes on: to its checks, to its last look, or to what has become of it."""
    if draft.sent_at is not None:
        return request_url(draft.request_id)
    if draft.check_id is not None:
        return url_for("mh_customer.check", check_id=draft.check_id)
    return url_for("mh_customer.question", draft_id=draft.id)


def request_url(request_id: str) -> str:
    """Where a request is shown."""
    return url_for("mh_customer.conversation", request_id=request_id)


def _choice(session: Session) -> str:
    runtime = current_runtime()
    after = decode("purchases", request.args.get("after") or None)
    zone = runtime.settings.reference_zone
    found, end = list_purchases(session, customer_id(), runtime.now(), zone, after=after, limit=SHOWN)
    page = Page(items=found, next_after=encode("purchases", end))
    return render_template("marketplace_hooks/customer/choose_purchase.html", page=page)


def _form(session: Session, bought: PurchaseSummary, written: Entered) -> str:
    runtime = current_runtime()
    now = runtime.now()
    zone = runtime.settings.reference_zone
    head = None if bought.purchase_id is None else read_status_banner(session, bought.purchase_id, now=now, zone=zone)
    return render_template(
        "marketplace_hooks/customer/new_request.html",
        bought=bought,
        head=head,
        written=written,
        kinds=[(kind.value, str(label), sets_in_motion(kind)) for kind, label in KINDS.items()],
        closures=current_closures(session, bought.seller_id, day_of(now, zone)),
    )


def _too_often(session: Session, bought: PurchaseSummary, written: Entered, wait_s: int) -> Response:
    written.errors["shop_url"] = ngettext(
        "Your shop was looked at very often just now. Everything is still here: wait one second, then go on.",
        "Your shop was looked at very often just now. Everything is still here: wait %(count)s seconds, then go on.",
        wait_s,
    )
    response = make_response(_form(session, bought, written), 429)
    response.headers["Retry-After"] = str(wait_s)
    return response


def _left(draft: RequestDraft) -> Entered:
    return Entered(
        draft_id=draft.id, kind=draft.kind, subject=draft.subject, body=draft.body, shop_url=draft.shop_url or ""
    )
