"""How does a customer cancel her renewal, undo it, or take an expired Business Care up again?"""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
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
from ..i18n.language import gettext, wording
from ..identity.authorization import audience, signed_in
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import care_of, holder, purchase_url


@blueprint.get("/account/purchases/<purchase_id>/renewal")
@audience(Role.CUSTOMER)
def renewal(purchase_id: str) -> str:
    """What has become of the renewal: cancelled, with a way to undo it; or to come, with a way to cancel it."""
    return _page("renewal", purchase_id)


@blueprint.post("/account/purchases/<purchase_id>/renewal")
@audience(Role.CUSTOMER)
def change_renewal(purchase_id: str) -> BaseResponse:
    """Cancel the renewal, or undo that. What is so already stays so."""
    enabled = request.form.get("enabled") == "yes"
    runtime = current_runtime()
    cause = cause_of(signed_in())
    try:
        run_in_transaction(runtime, lambda uow: request_renewal(uow, holder(purchase_id), enabled=enabled, cause=cause))
    except Conflict as impossible:
        flash("warning", _why_not(impossible))
        return redirect(purchase_url(purchase_id), 303)
    return redirect(url_for("mh_customer.renewal", purchase_id=purchase_id), 303)


@blueprint.get("/account/purchases/<purchase_id>/reactivation")
@audience(Role.CUSTOMER)
def reactivation(purchase_id: str) -> str | BaseResponse:
    """What taking it up again costs, before anything is asked for."""
    return _page("reactivation", purchase_id)


@blueprint.post("/account/purchases/<purchase_id>/reactivation")
@audience(Role.CUSTOMER)
def reactivate(purchase_id: str) -> Response | BaseResponse:
    """Ask for it at the price that was shown; when it is another one by now, show that first."""
    runtime = current_runtime()
    cause = cause_of(signed_in())
    with runtime.database.reading() as session:
        care = care_of(session, purchase_id)
    price = None if care is None or care.reactivation is None else care.reactivation.price.total_cents
    if price is not None and request.form.get("amount_cents") != str(price):
        return make_response(_page("reactivation", purchase_id, has_changed=True), 409)
    try:
        asked = run_in_transaction(runtime, lambda uow: request_reactivation(uow, holder(purchase_id), cause))
    except Conflict as impossible:
        flash("warning", _why_not(impossible))
        return redirect(purchase_url(purchase_id), 303)
    amount = wording().money(asked["amount"]["amount_cents"], asked["amount"]["currency"])
    said = gettext(
        "The marketplace was told to charge %(amount)s. Business Care runs again once it is paid.", amount=amount
    )
    flash("good", said)
    return redirect(purchase_url(purchase_id), 303)


def _page(name: str, purchase_id: str, *, has_changed: bool = False) -> str:
    runtime = current_runtime()
    with runtime.database.reading() as session:
        return render_template(
            f"marketplace_hooks/customer/{name}.html",
            bought=summarize_purchase(session, holder(purchase_id)),
            head=read_status_banner(session, purchase_id, now=runtime.now(), zone=runtime.settings.reference_zone),
            care=_some(care_of(session, purchase_id)),
            has_changed=has_changed,
        )


def _some(care: SubscriptionView | None) -> SubscriptionView:
    if care is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    return care


def _why_not(impossible: Conflict) -> str:
    """Why a wish cannot be fulfilled, by its code."""
    return {
        "does_not_run": gettext("Nothing was changed: this Business Care has no renewal any more."),
        "not_expired": gettext("Nothing was changed: only a Business Care that is over can be taken up again."),
        "product_withdrawn": gettext(
            "Nothing was changed: the product is withdrawn for good, and so are its renewals."
        ),
        "payment_disputed": gettext("Nothing was changed: the bank took the payment of the purchase back."),
    }.get(impossible.code, gettext("Nothing was changed: that is not possible now."))
