"""Eligibility check pages: each check of a draft as it is found, the outcome, and sending the request."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import Conflict, NotFound
from ...models.access import Role
from ...services.business_care.purchase_summary import summarize_product, summarize_purchase
from ...services.core.unit_of_work import run_in_transaction
from ...services.inspections.add_declaration import declare
from ...services.support.drafts import draft_after, own_draft, recheck_draft, send_draft
from ...services.support.eligibility_checks import read_check
from ..csrf import wants_fragment
from ..flash import flash
from ..form_idempotency import once_token
from ..form_reader import CheckboxField, PageForm
from ..i18n.language import gettext
from ..identity.authorization import audience, signed_in
from ..labels.exchanges import exchange_views
from ..rate_limits import limit_writing
from ..state import current_runtime
from .blueprint import blueprint
from .check_results import check_result
from .companion_steps import companion_steps
from .new_request import draft_url, request_url
from .new_request_form import SiteForm
from .purchases import customer_id, holder


class SendingForm(PageForm):
    """Whether the request is sent with what is unknown."""

    as_it_is = CheckboxField()


@blueprint.get("/support/new/<check_id>")
@audience(Role.CUSTOMER)
def check(check_id: str) -> str | BaseResponse:
    """The checks as far as they are; while they run, htmx or else the browser reloads them."""
    return _page(check_id)


@blueprint.post("/support/new/<check_id>/declaration")
@audience(Role.CUSTOMER)
def declare_site(check_id: str) -> Response | BaseResponse:
    """Add what the customer declares of the shop to the check."""
    runtime = current_runtime()
    _require_draft(check_id)
    form = SiteForm.read()
    form.require_declaration()
    declaration = form.declaration
    if form.errors or declaration is None:
        return make_response(_page(check_id, form), 422)
    run_in_transaction(runtime, lambda uow: declare(uow, check_id, declaration))
    flash("good", gettext("Your details were added to the check."))
    return redirect(url_for("mh_customer.check", check_id=check_id), 303)


@blueprint.post("/support/new/<check_id>/again")
@audience(Role.CUSTOMER)
def check_again(check_id: str) -> str | Response | BaseResponse:
    """Check the shop once more, with a key if one was given."""
    runtime = current_runtime()
    _require_draft(check_id)
    form = SiteForm.read()
    if form.errors:
        return make_response(_page(check_id, form), 422)
    try:
        draft = run_in_transaction(
            runtime, lambda uow: recheck_draft(runtime, uow, customer_id(), check_id, form.credentials())
        )
    except NotFound:  # it was sent twice: there is a newer check already.
        return _page(check_id)
    return redirect(draft_url(draft), 303)


@blueprint.get("/support/new/questions/<draft_id>")
@audience(Role.CUSTOMER)
def question(draft_id: str) -> str | BaseResponse:
    """A question before any purchase, to be read once more: nothing is checked."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        draft = own_draft(session, customer_id(), draft_id=draft_id)
        if draft.sent_at is not None or draft.purchase_id is not None:
            return redirect(draft_url(draft), 303)
        bought = summarize_product(session, draft.product_id)
        return render_template("marketplace_hooks/customer/presale_question.html", draft=draft, bought=bought)


@blueprint.post("/support/new/sending/<draft_id>")
@audience(Role.CUSTOMER)
def send_request(draft_id: str) -> BaseResponse:
    """Send it: the draft becomes one request, however often this is sent.

    While the checks run nothing is refused: the page goes on showing them.
    """
    runtime = current_runtime()
    as_it_is = SendingForm.read().as_it_is.data
    limit_writing(signed_in())
    try:
        sent = run_in_transaction(runtime, lambda uow: send_draft(uow, customer_id(), draft_id, as_it_is=as_it_is))
    except Conflict:
        flash("calm", gettext("Your shop is still being checked. You can send your request in a moment."))
        with runtime.database.read_session() as session:
            return redirect(draft_url(own_draft(session, customer_id(), draft_id=draft_id)), 303)
    if sent.duplicate_of is not None:
        flash("calm", gettext("You already sent the same request, and it is still open. Here it is."))
        return redirect(request_url(sent.duplicate_of), 303)
    if sent.closed_at is None:
        flash("good", gettext("Your request was sent."))
    return redirect(request_url(sent.id), 303)


def _require_draft(check_id: str) -> None:
    """Raises `NotFound` unless the customer has a draft with this check."""
    with current_runtime().database.read_session() as session:
        own_draft(session, customer_id(), check_id=check_id)


def _page(check_id: str, form: SiteForm | None = None) -> str | BaseResponse:
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        try:
            draft = own_draft(session, customer_id(), check_id=check_id)
        except NotFound:
            return redirect(draft_url(draft_after(session, customer_id(), check_id)), 303)
        if draft.sent_at is not None:
            return redirect(request_url(draft.request_id), 303)
        try:
            seen = read_check(session, check_id, customer_id=customer_id(), settings=runtime.settings)
        except NotFound:  # a check of long ago is purged; what was written is not.
            return redirect(url_for("mh_customer.new_request", draft=draft.id), 303)
        template = "check_progress" if wants_fragment() and form is None else "eligibility_check"
        return render_template(
            f"marketplace_hooks/customer/{template}.html",
            draft=draft,
            bought=summarize_purchase(session, holder(seen.purchase.id)),
            seen=seen,
            found=check_result(seen),
            exchanges=exchange_views(seen.inspection.exchanges),
            companion=None if seen.running else companion_steps(runtime, session, check_id),
            written=form.data if form else {},
            errors=form.messages if form else {},
            once_token=once_token,
        )
