"""Moves of the demo tour: a step signs in as the person who does it, and opens the page where it is done."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ...domain.catalog.statuses import Status
from ...domain.support.state_machine import Handling
from ...models.access import SignInMethod
from ...models.products import Product
from ...models.support import SupportRequest
from ..demo_tour import (
    CLOSE,
    CONTESTED_REQUEST_ID,
    COOKIE,
    DONE,
    PRODUCT_ID,
    PURCHASE_ID,
    STEPS,
    TourStep,
    closed_at,
    current_tour,
    find_step,
)
from ..flash import flash
from ..form_reader import PageForm, TextInputField
from ..i18n.language import gettext, wording
from ..identity import sessions
from ..identity.authorization import audience
from ..identity.identity import Identity
from ..layout import remember_choice
from ..state import current_runtime
from ..urls import local_url
from .blueprint import blueprint
from .demo_people import find_person

_REFUSABLE = (Handling.ACCEPTED, Handling.ACKNOWLEDGED)


class TourForm(PageForm):
    """The number of a step, or how the tour ends."""

    step = TextInputField()


@blueprint.post("/sign-in/tour")
@audience()
def move_tour() -> Response:
    """Go to a step, or close the tour, which this browser then remembers."""
    tour = current_tour()
    if tour is None:
        abort(404)
    wanted = TourForm.read().step.data
    if wanted in (CLOSE, DONE):
        response = redirect(local_url(request.form.get("next", "")), 303)
        remember_choice(response, COOKIE, DONE if wanted == DONE else closed_at(tour.step))
        return response
    step = find_step(wanted)
    if step is None:
        abort(404)
    return _go_to(step)


def _go_to(step: TourStep) -> Response:
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        step, missing = _reachable(session, step)
        person = find_person(session, step.role, step.subject or "")
        if person is None:
            abort(404)
        page = _page_of(session, step)
    # In the language that is read already: a person of the demo may be known to speak another one.
    identity = Identity(role=person.role, subject=person.subject, locale=wording().language, name=person.name)
    sessions.begin(identity, method=SignInMethod.DEMO, signed_in_at=runtime.now())
    if missing:
        flash("warning", missing)
    response = redirect(page, 303)
    remember_choice(response, COOKIE, str(step.number))
    return response


def _reachable(session: Session, step: TourStep) -> tuple[TourStep, str]:
    """The step; else the one that has to be done before it, and a sentence that says so."""
    found = _request(session)
    if step.number in (3, 4) and found is None:
        return STEPS[1], gettext("Send the request first: the next step of the tour depends on it.")
    if step.number == 4 and found is not None and found.handling in _REFUSABLE:
        return STEPS[2], gettext("Refuse the request first: the next step of the tour depends on the refusal.")
    return step, ""


def _page_of(session: Session, step: TourStep) -> str:
    """The page on which the step is done; where it was done already, the page that shows it."""
    found = _request(session)
    if step.number == 1:
        product = session.get(Product, PRODUCT_ID)
        if product is not None and product.status is Status.ONLINE:
            return url_for("mh_seller.change", product_id=PRODUCT_ID, status=Status.OFFLINE_TEMPORARY.value)
        return url_for("mh_seller.product", product_id=PRODUCT_ID)
    if step.number == len(STEPS):
        refused_id = found.id if found is not None and found.refusal is not None else CONTESTED_REQUEST_ID
        return url_for("mh_operator.support_request", request_id=refused_id)
    if step.number == 2 or found is None:
        return url_for("mh_customer.new_request", purchase=PURCHASE_ID)
    if step.number == 3:
        endpoint = "mh_seller.refusal" if found.handling in _REFUSABLE else "mh_seller.request_page"
        return url_for(endpoint, request_id=found.id)
    return url_for("mh_customer.conversation", request_id=found.id)


def _request(session: Session) -> SupportRequest | None:
    """The request of the tour: the newest about its purchase, but for repeated ones; None before it is sent."""
    sent = select(SupportRequest).where(
        SupportRequest.purchase_id == PURCHASE_ID, SupportRequest.duplicate_of.is_(None)
    )
    return session.scalar(sent.order_by(SupportRequest.number.desc()).limit(1))
