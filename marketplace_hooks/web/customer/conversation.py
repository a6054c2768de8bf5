"""What does a customer see of one of her requests: its head, its clocks, its checks, what was said, what she can do?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import OPEN, ClockName, Handling, Kind, RefundState
from ...models.access import Role
from ...models.releases import Release
from ...services.business_care.purchase_summary import summarize_product
from ...services.business_care.subscription_view import SubscriptionView
from ...services.support.requests import request_detail, visible_request
from ..actors import viewer_of
from ..form_idempotency import once_token
from ..identity.authorization import audience, signed_in
from ..labels.customer_checks import check_told
from ..labels.customer_requests import CLOSED_BECAUSE, KINDS, MISSING, REFUNDS, STANDS, say_clock
from ..labels.refusal_grounds import GROUND_LABELS, GROUNDS
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import care_of


@blueprint.get("/support/<request_id>")
@audience(Role.CUSTOMER)
def conversation(request_id: str) -> str:
    """One request, whole."""
    return show(request_id)


def show(request_id: str, *, errors: Mapping[str, str] | None = None, written: Mapping[str, str] | None = None) -> str:
    """The page of a request; with what was written and is wrong, where a form was not taken."""
    runtime = current_runtime()
    with runtime.database.reading() as session:
        viewer = viewer_of(signed_in())
        zone = runtime.settings.reference_zone
        seen = visible_request(session, request_id, viewer)
        told = request_detail(session, seen, viewer, now=runtime.now(), zone=zone)
        return render_template(
            "marketplace_hooks/customer/conversation.html",
            whole=told,
            bought=summarize_product(session, seen.product_id),
            care=_care(session, told),
            clocks=[say_clock(name, told["clocks"][name]) for name in ClockName if told["clocks"][name]],
            checks=[check_told(one) for one in told["checks"]],
            ground=_ground(told),
            moves=_moves(told, runtime.now()),
            missing=[str(MISSING[name]) for name in told["missing"]],
            release=_release(session, told),
            words=_WORDS,
            errors=errors or {},
            written=written or {},
            once_token=once_token,
        )


_WORDS = {"kinds": KINDS, "stands": STANDS, "closed": CLOSED_BECAUSE, "refunds": REFUNDS, "grounds": GROUNDS}


def _moves(told: Mapping[str, Any], now: datetime) -> set[str]:
    """What she can do from here."""
    handling = told["handling"]
    until = told["waits_until"]
    in_time = until is None or now < until
    offer = told["offer"]
    proposed = told["proposed_kind"]
    found = {
        "answer": handling in OPEN,
        "withdraw": handling in OPEN,
        "not-fixed": handling is Handling.RESOLVED and in_time,
        "contest": handling is Handling.REFUSED and in_time,
        "offer": offer is not None
        and offer["answer"] is None
        and handling in (Handling.ACCEPTED, Handling.ACKNOWLEDGED),
        "prefer-fix": told["refund"]["state"] is RefundState.DUE,
        "kind": proposed is not None and handling in OPEN,
        "information": handling is Handling.NEEDS_INFORMATION,
        "send-as-is": handling is Handling.NEEDS_INFORMATION,
    }
    return {name for name, possible in found.items() if possible}


def _care(session: Session, told: Mapping[str, Any]) -> SubscriptionView | None:
    """Her Business Care, where its price matters: it is over and may be taken up again."""
    head = told["business_care"]
    if head is None or head["active"] or told["purchase_id"] is None:
        return None
    return care_of(session, told["purchase_id"])


def _ground(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    refusal = told["refusal"]
    if refusal is None or "ground" not in refusal:
        return None
    ground = Ground(refusal["ground"])
    found = [check_told(one).found for one in told["checks"] if one["ground"] == ground.value]
    said = [
        f"{name}: {_plain(value)}" if name != "said" else _plain(value)
        for name, value in (refusal.get("evidence") or {}).items()
    ]
    label = GROUND_LABELS[ground]
    names = {"name": label.name, "contract": label.for_customer}
    return {**refusal, **names, "evidence": found, "evidence_said": said}


def _plain(value: Any) -> str:
    """What the seller gave as evidence, which may be any JSON, on one line."""
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _release(session: Session, told: Mapping[str, Any]) -> Release | None:
    """The release that an offer or a resolution names."""
    named_in = told["resolution"] or told["offer"] or {}
    release_id = named_in.get("release_id")
    return None if release_id is None else session.get(Release, release_id)


def kind_of(text: str) -> Kind | None:
    """A kind by its word."""
    return Kind(text) if text in list(Kind) else None
