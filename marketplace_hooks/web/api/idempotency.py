"""Idempotency of the API: a POST runs once, however often it is sent under one `Idempotency-Key`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, request
from marshmallow import Schema

from ...errors import Refused
from ...events.envelope import parse_strictly
from ...services.access.idempotency import Call, StoredAnswer, run_prepared_once
from ...services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..form_idempotency import route, scope_of
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..problems import CONTENT_TYPE, problem_of
from ..state import current_runtime
from .operations import read_body
from .responses import JSON, render_json

Act = Callable[[UnitOfWork], Any]

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def respond_once(act: Act, schema: Schema, *, status: int = 202) -> Response:
    """Run `act` in one transaction and answer with its result, rendered by the schema.

    With a key, the answer is stored in that same transaction, and given to the same call for a day; so is a refusal.
    """
    return respond_prepared_once(lambda: act, schema, status=status)


def respond_prepared_once(prepare: Callable[[], Act], schema: Schema, *, status: int) -> Response:
    """The same for an act that waits for another server first, outside the transaction: in `prepare`."""

    def answering() -> Callable[[UnitOfWork], StoredAnswer]:
        act = prepare()
        return lambda uow: StoredAnswer(status=status, body=render_json(schema, act(uow)))

    runtime = current_runtime()
    call = _call(signed_in())
    if call is None:
        return _response(run_in_transaction(runtime, answering()))
    return _response(run_prepared_once(runtime, call, answering, answer_refusal=_refusal))


def _refusal(refused: Refused) -> StoredAnswer:
    response = problem_of(refused)
    return StoredAnswer(status=response.status_code, body=response.get_data())


def _call(identity: Identity) -> Call | None:
    """What identifies this call; None without a key. The ids in its path are part of the route."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(f"{HEADER} must be 1 to 255 visible ASCII characters", code="idempotency_key_malformed")
    return Call(scope=scope_of(identity), route=route(), key=key, body_sha256=_fingerprint())


def _fingerprint() -> str:
    """The SHA-256 of what is asked, whatever the order of its members and its spaces."""
    body = read_body(request)
    asked = [parse_strictly(body) if body else None, sorted(request.args.items(multi=True))]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _response(answer: StoredAnswer) -> Response:
    content_type = JSON if answer.status < 400 else CONTENT_TYPE
    response = Response(answer.body, answer.status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    if answer.is_replay:
        response.headers[REPLAYED] = "true"
    return response
