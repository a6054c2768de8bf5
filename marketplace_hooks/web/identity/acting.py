"""Actor of a request: who acts, from which address and under which request id, for the audit log.

Set before each view of our blueprints, and gone after it. What is refused to somebody known, and a sign-in that is
refused, is entered in the log here; what is changed, by the service that changes it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from flask import Response, request

from ...domain.audit_actions import AuditAction
from ...errors import Forbidden, MarketplaceHooksError, Unavailable
from ...models.audit import AuditChannel, AuditOutcome
from ...services.access.tokens import find_refused
from ...services.core.actor import Actor, acting_as, current_actor, set_actor
from ...services.core.rate_limits import LimitName
from ...services.core.unit_of_work import run_in_transaction
from ..request_ids import HEADER, request_id_of
from ..state import current_runtime, current_web_state
from .identity import Identity

_LONGEST_NAME = 200


def request_id() -> str:
    """The id of this request."""
    return request_id_of(request.environ)


def name_request(response: Response) -> Response:
    """Answer the request's id, by which an operator finds what it did."""
    response.headers[HEADER] = request_id()
    return response


def actor_of(identity: Identity | None) -> Actor:
    """The actor that this identity is in this request; None: nobody who is known."""
    channel = AuditChannel.API if (request.blueprint or "").endswith("api") else AuditChannel.PAGE
    unknown = Actor(channel=channel, address=request.remote_addr, request_id=request_id())
    if identity is None:
        return unknown
    name = identity.name[:_LONGEST_NAME]
    return replace(unknown, role=identity.role, id=identity.subject, name=name, token_id=identity.token_id)


def begin_acting(identity: Identity | None) -> None:
    """From now on this request acts for who sent it; for nobody, where that is not known."""
    set_actor(None if identity is None else actor_of(identity))


def end_acting(error: BaseException | None = None) -> None:
    """The request is over."""
    set_actor(None)


def audit_refusal(error: MarketplaceHooksError) -> None:
    """Enter in the audit log that somebody known was refused access; as often as signatures may be refused.

    A database that is away changes nothing about the refusal.
    """
    actor = current_actor()
    if actor is None or not isinstance(error, Forbidden):
        return
    web_state = current_web_state()
    caller = actor.token_id or f"{actor.role}:{actor.id}"
    if web_state.rate_limits.seconds_to_wait(LimitName.AUDITED_REFUSALS, caller):
        return
    route = f"{request.method} {request.url_rule or ''}"
    _audit(actor, AuditAction.ACCESS_REFUSED, route, AuditOutcome.REFUSED, code=error.code)


def audit_refused_sign_in(code: str) -> None:
    """Enter in the audit log that nobody was signed in, and why."""
    _audit(actor_of(None), AuditAction.SIGN_IN_REFUSED, None, AuditOutcome.REFUSED, code=code)


def audit_refused_token(text: str) -> None:
    """Enter in the audit log whose token was refused, where it was one of ours once: it has expired, or was revoked."""
    runtime = current_runtime()
    with contextlib.suppress(Unavailable):
        with runtime.database.read_session() as session:
            token = find_refused(session, text, runtime.now())
        if token is not None:
            known = replace(actor_of(None), role=token.role, id=token.subject, name=token.label[:_LONGEST_NAME])
            actor = replace(known, token_id=token.id)
            _audit(actor, AuditAction.TOKEN_REFUSED, token.id, AuditOutcome.REFUSED)


def _audit(actor: Actor, action: AuditAction, object_id: str | None, outcome: AuditOutcome, **details: str) -> None:
    with acting_as(actor), contextlib.suppress(Unavailable):
        run_in_transaction(current_runtime(), lambda uow: uow.audit(action, object_id, outcome=outcome, **details))
