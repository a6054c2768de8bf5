"""Idempotent forms: a form that is sent again is carried out once, and leads to the same page for a day.

A form carries a hidden key of its own (`once_token`), new each time it is shown; the same fields under the same key are
one call. A form that is sent again with other fields is another one. The scope and the route of a call, for the API
too, are named here.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable

from flask import request
from markupsafe import Markup

from ..services.access import idempotency
from ..services.access.idempotency import Call, StoredAnswer, person_scope
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from .identity.authorization import signed_in
from .identity.identity import Identity
from .state import current_runtime

FIELD = "once"
LONGEST_ROUTE = 200
_KEY = re.compile(r"[0-9a-f]{32}")
_RESULT_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")
_LEFT_OUT = (FIELD, "form_token")


def once_token() -> Markup:
    """The hidden field with the key of one showing of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, uuid.uuid4().hex)


def run_form_once(act: Callable[[UnitOfWork], str]) -> str:
    """Run `act` in one transaction and return its result, a short text; a repeated form gets the stored one.

    A refusal is not stored, for it changed nothing. Raises `Conflict` while the same form is being carried out.
    """
    runtime = current_runtime()
    key = request.form.get(FIELD, "")
    if not _KEY.fullmatch(key):
        return run_in_transaction(runtime, act)
    call = Call(scope=scope_of(signed_in()), route=route(), key=_call_key(key), body_sha256=_form_digest())
    answer = idempotency.run_once(runtime, call, lambda uow: StoredAnswer(status=303, body=act(uow).encode()))
    return answer.body.decode()


def result_name() -> str | None:
    """Under which name the result of this form can be read again for a day; None for a form without a hidden key."""
    key = request.form.get(FIELD, "")
    return _call_key(key).replace(":", "-") if _KEY.fullmatch(key) else None


def read_result(path: str, name: str) -> str | None:
    """The result of the form that the same person has sent to `path`; None when it is not there, or not any more."""
    if not _RESULT_NAME.fullmatch(name):
        return None
    runtime = current_runtime()
    answer = idempotency.read_answer(runtime, scope_of(signed_in()), _route_of("POST", path), name.replace("-", ":"))
    return None if answer is None else answer.body.decode()


def form_key(*, otherwise: str | None = None) -> str:
    """A key of what this form asks, for an id that is the same however often it is sent.

    Other fields under the same hidden key give another one. Without a hidden key: `otherwise`, or a new key.
    """
    key = request.form.get(FIELD, "")
    if not _KEY.fullmatch(key):
        return otherwise or uuid.uuid4().hex
    return hashlib.sha256(f"{key}:{_form_digest()}".encode()).hexdigest()[:32]


def scope_of(identity: Identity) -> str:
    """Whose call this is: those of one caller never meet those of another."""
    if identity.token_id is not None:
        return f"token:{identity.token_id}"
    return person_scope(identity.role, identity.subject)


def route() -> str:
    """The route of this request; the ids of the path are part of it."""
    return _route_of(request.method, request.path)


def _route_of(method: str, path: str) -> str:
    found = f"{method} {path}"
    if len(found) <= LONGEST_ROUTE:
        return found
    return f"{method} sha256:{hashlib.sha256(found.encode()).hexdigest()}"


def _call_key(key: str) -> str:
    return f"{key}:{_form_digest()[:32]}"


def _form_digest() -> str:
    """The SHA-256 of the form's fields, without its hidden key and its CSRF token."""
    fields = sorted(pair for pair in request.form.items(multi=True) if pair[0] not in _LEFT_OUT)
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
