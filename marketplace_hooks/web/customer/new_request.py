"""New request: the customer chooses a purchase, describes the problem, and may help the check of the shop."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.state_machine import Kind
from ...errors import NotFound, TooManyRequests
from ...models.access import Role
from ...models.drafts import RequestDraft
from ...services.business_care.purchase_summary import PurchaseSummary, summarize_product_on_sale, summarize_purchase
from ...services.business_care.status_banner import read_status_banner
from ...services.core.unit_of_work import run_in_transaction
from ...services.support.closures import shown_closures
from ...services.support.drafts import DraftContent, own_draft, save_draft
from ..i18n.language import gettext, ngettext
from ..identity.authorization import audience
from ..labels.support import KINDS, kind_effect
from ..list_pages import is_id
from ..state import current_runtime
from .blueprint import blueprint
from .new_request_form import NewRequestForm
from .purchases import customer_id, holder, listed_purchases

SHOWN = 25


@blueprint.get("/support/new")
@audience(Role.CUSTOMER)
def new_request() -> str | BaseResponse:
    """Choose the purchase, then describe the problem; a draft opens as it was left."""
    runtime = current_runtime()
    purchase_id = _id_of("purchase")
    product_id = _id_of("product")
    draft_id = _id_of("draft")
    with runtime.database.read_session() as session:
        if draft_id is not None:
            draft = own_draft(session, customer_id(), draft_id=draft_id)
            if draft.sent_at is not None:
                return redirect(request_url(draft.request_id), 303)
            return _form(session, about(session, draft.purchase_id, draft.product_id), _draft_form(draft))
        if purchase_id is not None or product_id is not None:
            bought = about(session, purchase_id, product_id)
            form = NewRequestForm(data={"draft": uuid.uuid4().hex, "kind": Kind.ANOMALY, "shop_url": bought.shop_url})
            return _form(session, bought, form)
        return _choice(session)


@blueprint.post("/support/new")
@audience(Role.CUSTOMER)
def write_request() -> Response | BaseResponse:
    """Save the draft and start its check; or show the form again with what must be corrected."""
    runtime = current_runtime()
    form = NewRequestForm.read()
    with runtime.database.read_session() as session:
        bought = about(session, _id_of("purchase"), _id_of("product"))
        if form.errors:
            return make_response(_form(session, bought, form), 422)
    content = DraftContent(
        purchase_id=bought.purchase_id,
        product_id=bought.product_id,
        kind=form.kind.data or Kind.ANOMALY if bought.purchase_id else Kind.QUESTION,
        subject=form.subject.data,
        body=form.body.data,
        shop_url=form.shop_url.data if bought.purchase_id else None,
    )
    try:
        draft = run_in_transaction(
            runtime,
            lambda uow: save_draft(
                runtime,
                uow,
                form.draft.data,
                customer_id(),
                content,
                credentials=form.credentials() if bought.purchase_id else None,
                declared=form.declaration if bought.purchase_id else None,
            ),
        )
    except TooManyRequests as refusal:
        with runtime.database.read_session() as session:
            return _too_often(session, bought, form, refusal.retry_after_s)
    return redirect(draft_url(draft), 303)


@blueprint.get("/support/keys")
@audience(Role.CUSTOMER)
def keys() -> str:
    """How to make a key that can only read."""
    return render_template("marketplace_hooks/customer/read_only_keys.html")


def show_again(session: Session) -> Response:
    """The form as it was filled in, with a new token: the old one has expired."""
    form = NewRequestForm.read()
    bought = about(session, _id_of("purchase"), _id_of("product"))
    message = gettext("This form was open for too long. Nothing is lost: send it again.")
    return make_response(_form(session, bought, form, errors={**form.messages, "subject": message}), 400)


def about(session: Session, purchase_id: str | None, product_id: str | None) -> PurchaseSummary:
    """What a request is about: a purchase of the customer's, or a product on sale. Raises `NotFound`."""
    if purchase_id is not None:
        return summarize_purchase(session, holder(purchase_id))
    if product_id is not None:
        return summarize_product_on_sale(session, product_id)
    raise NotFound("about what?")


def draft_url(draft: RequestDraft) -> str:
    """The page on which a draft goes on: its checks, its confirmation, or the request that was sent."""
    if draft.sent_at is not None:
        return request_url(draft.request_id)
    if draft.check_id is not None:
        return url_for("mh_customer.check", check_id=draft.check_id)
    return url_for("mh_customer.question", draft_id=draft.id)


def request_url(request_id: str) -> str:
    """Where a request is shown."""
    return url_for("mh_customer.conversation", request_id=request_id)


def _id_of(name: str) -> str | None:
    text = request.values.get(name, "")
    return text if is_id(text) else None


def _choice(session: Session) -> str:
    return render_template("marketplace_hooks/customer/choose_purchase.html", listed=listed_purchases(session))


def _form(
    session: Session, bought: PurchaseSummary, form: NewRequestForm, *, errors: Mapping[str, str] | None = None
) -> str:
    runtime = current_runtime()
    now = runtime.now()
    zone = runtime.settings.reference_zone
    head = None if bought.purchase_id is None else read_status_banner(session, bought.purchase_id, now=now, zone=zone)
    return render_template(
        "marketplace_hooks/customer/new_request.html",
        bought=bought,
        head=head,
        written=form.data,
        errors=form.messages if errors is None else errors,
        has_keys=form.credentials() is not None,
        kinds=[(kind.value, str(label), kind_effect(kind)) for kind, label in KINDS.items()],
        closures=shown_closures(session, bought.seller_id, now, runtime.settings),
    )


def _too_often(session: Session, bought: PurchaseSummary, form: NewRequestForm, wait_s: int) -> Response:
    message = ngettext(
        "Your shop has been checked too many times in a row. Nothing is lost: wait one second, then continue.",
        "Your shop has been checked too many times in a row. Nothing is lost: wait %(count)s seconds, then continue.",
        wait_s,
    )
    page = _form(session, bought, form, errors={**form.messages, "shop_url": message})
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(wait_s)
    return response


def _draft_form(draft: RequestDraft) -> NewRequestForm:
    """The form as the draft was left; keys and declarations are not shown again."""
    fields = {name: getattr(draft, name) for name in ("kind", "subject", "body", "shop_url")}
    return NewRequestForm(data={"draft": draft.id, **fields})
