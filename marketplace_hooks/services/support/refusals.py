"""Refusals of a request: what each must say and show, which grounds may still be used, and the record of all of them.

A request shows its last refusal; every refusal, with what each side said about it, stays in `RequestRefusal`, so that
whoever decides the next time it is contested can read what was decided before (`rules.md` 19).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.support.refusal_grounds import Ground, is_excluded
from ...domain.written_text import says_something, shows_something
from ...errors import PayloadRejected
from ...models.support import RequestRefusal, SupportRequest
from ..core.unit_of_work import UnitOfWork


def require_text(path: str, text: str) -> None:
    """Raise `PayloadRejected` (`text_says_nothing`) for a blank or invisible text."""
    if not says_something(text):
        _reject("the text says nothing", path, "must say something", code="text_says_nothing")


def require_evidence(evidence: Mapping[str, Any]) -> None:
    """Raise `PayloadRejected` (`evidence_shows_nothing`) for evidence that holds no text and no number."""
    if not shows_something(evidence):
        _reject("the evidence shows nothing", "evidence", "must show something", code="evidence_shows_nothing")


def require_usable_ground(session: Session, request: SupportRequest, ground: Ground) -> None:
    """Raise `PayloadRejected` for a ground that was waived or overturned, or never applies to this kind of request."""
    if ground.value in request.waived:
        message = f"{ground} was waived for this request"
        _reject("this ground was waived", "ground", message, code="ground_waived")
    if ground in overturned_grounds(session, request.id):
        message = f"the marketplace has overturned a refusal of this request on {ground}"
        _reject("this ground was overturned", "ground", message, code="ground_overturned")
    if is_excluded(ground, request.kind):
        message = "installing and configuring the product itself is part of Business Care"
        _reject("this ground does not apply", "ground", message, code="ground_excluded")


def is_usable_ground(session: Session, request: SupportRequest, ground: Ground) -> bool:
    """Whether the request can be refused on this ground, as `require_usable_ground` says."""
    is_decided = ground.value in request.waived or ground in overturned_grounds(session, request.id)
    return not is_decided and not is_excluded(ground, request.kind)


def record_refusal(uow: UnitOfWork, request: SupportRequest, ground: Ground) -> None:
    """Record the refusal that the request has now."""
    uow.session.add(
        RequestRefusal(request_id=request.id, ground=ground.value, refused_at=uow.now, statement=request.refusal)
    )


def add_to_refusal(uow: UnitOfWork, request: SupportRequest, name: str, text: str) -> None:
    """Add what was said about the last refusal: `contest`, `overturned` or `upheld`, each with its instant."""
    request.refusal = {**(request.refusal or {}), name: text}
    newest = select(RequestRefusal).where(RequestRefusal.request_id == request.id).order_by(RequestRefusal.id.desc())
    for refusal in uow.session.scalars(newest.limit(1)):
        refusal.statement = request.refusal
        if name == "contest":
            refusal.contested_at = uow.now
        else:
            refusal.decided_at = uow.now
        if name == "overturned":
            refusal.overturned_at = uow.now


def refusals_of(session: Session, request: SupportRequest) -> list[dict[str, Any]]:
    """Every refusal of a request, the first one first, with what both sides and the marketplace said."""
    query = select(RequestRefusal).where(RequestRefusal.request_id == request.id).order_by(RequestRefusal.id)
    recorded = list(session.scalars(query))
    found = [_refusal_view(one, one.statement or {}) for one in recorded]
    if recorded and recorded[-1].statement is None and request.refusal is not None:
        # Recorded before statements were: of the last one, the request itself knows what was said.
        found[-1] = _refusal_view(recorded[-1], request.refusal)
    return found


def overturned_grounds(session: Session, request_id: str) -> frozenset[Ground]:
    """The grounds that the marketplace has overturned in this request: they cannot be used in it again."""
    query = select(RequestRefusal.ground).where(
        RequestRefusal.request_id == request_id, RequestRefusal.overturned_at.is_not(None)
    )
    return frozenset(Ground(ground) for ground in session.scalars(query))


def _refusal_view(refusal: RequestRefusal, statement: Mapping[str, Any]) -> dict[str, Any]:
    instants: dict[str, datetime | None] = {
        "refused_at": refusal.refused_at,
        "contested_at": refusal.contested_at,
        "decided_at": refusal.decided_at or refusal.overturned_at,
    }
    return {
        "ground": refusal.ground,
        **{name: statement.get(name) for name in ("text", "evidence", "by", "contest", "overturned", "upheld")},
        **instants,
    }


def _reject(detail: str, path: str, message: str, *, code: str) -> None:
    raise PayloadRejected(detail, errors=[{"path": path, "message": message}], code=code)
