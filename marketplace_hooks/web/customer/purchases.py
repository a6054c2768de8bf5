"""Purchases of a customer: each with its Business Care, its renewal and its downloads."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.business_care.entitlement import EntitlementQuestion
from ...domain.releases.downloads import DownloadVerdict
from ...errors import Forbidden, NotFound
from ...models.access import Role
from ...services.business_care.entitlements import PurchaseFilter, read_purchases
from ...services.business_care.holders import Holder
from ...services.business_care.purchase_summary import PurchaseSummary, summarize_purchase
from ...services.business_care.status_banner import status_banner
from ...services.business_care.subscription_view import (
    PurchaseListItem,
    SubscriptionView,
    list_purchases,
    read_subscription,
)
from ...services.releases.downloads import link_to, list_downloads
from ..customer_export import export_response
from ..i18n.language import gettext
from ..identity.authorization import audience, signed_in
from ..labels.business_care import DOWNLOADS
from ..labels.sorts import BY_ID
from ..list_pages import PAGE_SIZE, ListPage, cursor, is_backward, list_page
from ..list_query import ListQuery
from ..pagination import decode, decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint

LIST = "purchases"
DOWNLOADS_LIST = "downloads"
QUERY = ListQuery(sorts=BY_ID)
RELEASES_SHOWN = 10


@blueprint.get("/account")
@audience(Role.CUSTOMER)
def purchases() -> str:
    """The customer's purchases, each with its Business Care."""
    QUERY.read()
    with current_runtime().database.read_session() as session:
        return render_template("marketplace_hooks/customer/purchases.html", listed=listed_purchases(session))


def listed_purchases(session: Session) -> ListPage[PurchaseListItem]:
    """The page of the customer's purchases that the address asks for."""
    runtime = current_runtime()
    found, _ = list_purchases(
        session,
        customer_id(),
        runtime.now(),
        runtime.settings,
        after=decode(LIST, cursor()),
        is_backward=is_backward(),
        limit=PAGE_SIZE + 1,
    )
    return list_page(LIST, found, lambda one: one.purchase.id)


@blueprint.get("/account/export")
@audience(Role.CUSTOMER)
def export() -> Response:
    """All that is kept about the customer, as a file."""
    return export_response(customer_id(), must_exist=False)


@blueprint.get("/account/purchases/<purchase_id>")
@audience(Role.CUSTOMER)
def purchase(purchase_id: str) -> Response:
    """One purchase."""
    return show_purchase(purchase_id)


def show_purchase(purchase_id: str, *, status: int = 200, refused: str | None = None) -> Response:
    """One purchase: its Business Care, why it renews or not, and its downloads; with why something was not possible."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        bought = summarize_purchase(session, holder(purchase_id))
        now = runtime.now()
        facts = read_purchases(session, PurchaseFilter(purchase_id=purchase_id, customer_id=customer_id()), now)
        zone = runtime.settings.reference_zone
        question = EntitlementQuestion(at=now, zone=zone)
        found, _ = list_downloads(
            session,
            holder(purchase_id),
            question,
            purchase=facts[0],
            after=decode_position(DOWNLOADS_LIST, cursor()),
            is_backward=is_backward(),
            limit=RELEASES_SHOWN + 1,
        )
        downloads = list_page(
            DOWNLOADS_LIST, found, lambda one: position_key(one.published_at, one.release_id), size=RELEASES_SHOWN
        )
        page = render_template(
            "marketplace_hooks/customer/purchase.html",
            bought=bought,
            head=status_banner(facts, now=now, zone=zone),
            care=care_of(session, purchase_id),
            downloads=downloads,
            refused=refused,
        )
    return make_response(page, status)


@blueprint.get("/account/purchases/<purchase_id>/downloads/<release_id>")
@audience(Role.CUSTOMER)
def download(purchase_id: str, release_id: str) -> Response | BaseResponse:
    """The file, by a link that is good for five minutes; or a page that says why not."""
    runtime = current_runtime()
    question = EntitlementQuestion(at=runtime.now(), zone=runtime.settings.reference_zone)
    with runtime.database.read_session() as session:
        bought = summarize_purchase(session, holder(purchase_id))
        try:
            link = link_to(session, runtime.settings, holder(purchase_id), release_id, question)
        except Forbidden as refused:
            why = DOWNLOADS.get(DownloadVerdict(refused.code))
            return _page_403(bought, str(why) if why is not None else gettext("You cannot download it."))
    return redirect(link, 302)


def customer_id() -> str:
    """The customer who reads this page."""
    return signed_in().subject or ""


def holder(purchase_id: str) -> Holder:
    """The reader of this page as the holder of a purchase."""
    return Holder(purchase_id=purchase_id, customer_id=customer_id())


def care_of(session: Session, purchase_id: str) -> SubscriptionView | None:
    """The Business Care of one of the customer's purchases; None if the product was free. Raises `NotFound`."""
    runtime = current_runtime()
    try:
        return read_subscription(session, holder(purchase_id), runtime.now(), runtime.settings)
    except NotFound as nothing:
        if nothing.code != "no_business_care":
            raise
        return None


def purchase_url(purchase_id: str) -> str:
    """Where one purchase is shown."""
    return url_for("mh_customer.purchase", purchase_id=purchase_id)


def _page_403(bought: PurchaseSummary, why: str) -> Response:
    page = render_template("marketplace_hooks/customer/download_refused.html", bought=bought, why=why)
    return make_response(page, 403)
