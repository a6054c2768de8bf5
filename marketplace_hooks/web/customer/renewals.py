"""Renewals of Business Care: a customer cancels one, undoes that, or reactivates an expired Business Care."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import Conflict, NotFound
from ...models.access import Role
from ...services.business_care.purchase_summary import summarize_purchase
from ...services.business_care.renewal_requests import request_reactivation, request_renewal
from ...services.business_care.status_banner import read_status_banner
from ...services.business_care.subscription_view import SubscriptionView
from ...services.core.unit_of_work import run_in_transaction
from ..actors import cause_of
from ..flash import flash
from ..form_actions import refused_page, run_form
from ..form_reader import CheckboxField, PageForm, TextInputField
from ..i18n.language import gettext, wording
from ..identity.authorization import audience, signed_in
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import care_of, holder, purchase_url, show_purchase


class RenewalForm(PageForm):
    """Whether Business Care is to renew."""

    enabled = CheckboxField()


class ReactivationForm(PageForm):
    """The price at which it was decided."""

    amount_cents = TextInputField()


@blueprint.get("/account/purchases/<purchase_id>/renewal")
@audience(Role.CUSTOMER)
def renewal(purchase_id: str) -> str:
    """The renewal as it stands: cancelled, with the form that undoes it; or to come, with the form that cancels it."""
    return _page("renewal", purchase_id)


@blueprint.post("/account/purchases/<purchase_id>/renewal")
@audience(Role.CUSTOMER)
def change_renewal(purchase_id: str) -> BaseResponse:
    """Cancel the renewal, or undo that; nothing changes where it is so already."""
    enabled = RenewalForm.read().enabled.data
    cause = cause_of(signed_in())
    return run_form(
        lambda uow: request_renewal(uow, holder(purchase_id), enabled=enabled, cause=cause),
        message=None,
        next_url=url_for("mh_customer.renewal", purchase_id=purchase_id),
        refused=lambda why, status: show_purchase(purchase_id, status=status, refused=why),
    )


@blueprint.get("/account/purchases/<purchase_id>/reactivation")
@audience(Role.CUSTOMER)
def reactivation(purchase_id: str) -> str | BaseResponse:
    """What a reactivation costs, before anything is asked for."""
    return _page("reactivation", purchase_id)


@blueprint.post("/account/purchases/<purchase_id>/reactivation")
@audience(Role.CUSTOMER)
def reactivate(purchase_id: str) -> Response | BaseResponse:
    """Ask for it at the price that was shown; when it is another one by now, show that first."""
    runtime = current_runtime()
    cause = cause_of(signed_in())
    with runtime.database.read_session() as session:
        care = care_of(session, purchase_id)
    price = None if care is None or care.reactivation is None else care.reactivation.price.total_cents
    if price is not None and ReactivationForm.read().amount_cents.data != str(price):
        return make_response(_page("reactivation", purchase_id, has_changed=True), 409)
    try:
        charge = run_in_transaction(runtime, lambda uow: request_reactivation(uow, holder(purchase_id), cause))
    except Conflict as error:
        return refused_page(error, lambda why, status: show_purchase(purchase_id, status=status, refused=why))
    amount = wording().money(charge["amount"]["amount_cents"], charge["amount"]["currency"])
    message = gettext(
        "We have asked the marketplace to charge %(amount)s. Business Care resumes once it is paid.", amount=amount
    )
    flash("good", message)
    return redirect(purchase_url(purchase_id), 303)


def _page(name: str, purchase_id: str, *, has_changed: bool = False) -> str:
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        return render_template(
            f"marketplace_hooks/customer/{name}.html",
            bought=summarize_purchase(session, holder(purchase_id)),
            head=read_status_banner(session, purchase_id, now=runtime.now(), zone=runtime.settings.reference_zone),
            care=_existing(care_of(session, purchase_id)),
            has_changed=has_changed,
        )


def _existing(care: SubscriptionView | None) -> SubscriptionView:
    if care is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    return care
