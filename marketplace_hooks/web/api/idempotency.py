"""How is a POST carried out once, however often it is sent under one `Idempotency-Key`?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, request
from marshmallow import Schema

from ...errors import LeaseLost, Refused, Unavailable
from ...events.envelope import parse_strictly
from ...services.access.idempotency import Call, Claim, StoredAnswer, claim, release, store_answer
from ...services.core.runtime import Runtime
from ...services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..form_idempotency import route, scope_of
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..problems import CONTENT_TYPE, problem_of
from ..state import current_runtime
from .operations import read_body
from .responses import JSON, dumped

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def done_once(act: Callable[[UnitOfWork], Any], schema: Schema, *, status: int = 202) -> Response:
    """Carry `act` out in one transaction and answer what it returns, as the schema says it.

    With a key, the answer is kept in that same transaction, and given again to the same call for a day. A refusal is
    kept too; it changed nothing, so a transaction of its own will do.
    """
    runtime = current_runtime()
    call = _call(signed_in())
    if call is None:
        return _answer(status, run_in_transaction(runtime, lambda uow: dumped(schema, act(uow))))
    claimed = claim(runtime, call)
    if isinstance(claimed, StoredAnswer):
        return _answer(claimed.status, claimed.body, replayed=True)
    try:
        return _answer(
            status, run_in_transaction(runtime, lambda uow: _kept(runtime, uow, claimed, status, act, schema))
        )
    except Refused as refused:
        return _refused(runtime, claimed, refused)
    except LeaseLost:
        raise  # the key is another run's now.
    except BaseException:
        with contextlib.suppress(Unavailable):  # then the claim falls by itself, after a lease.
            release(runtime, claimed)
        raise


def _kept(
    runtime: Runtime, uow: UnitOfWork, claimed: Claim, status: int, act: Callable[[UnitOfWork], Any], schema: Schema
) -> bytes:
    body = dumped(schema, act(uow))
    store_answer(runtime, uow.session, claimed, status, body)
    return body


def _refused(runtime: Runtime, claimed: Claim, refused: Refused) -> Response:
    response = problem_of(refused)
    with runtime.database.session() as session:
        store_answer(runtime, session, claimed, response.status_code, response.get_data())
    return response


def _call(identity: Identity) -> Call | None:
    """This call as it is told from others; None without a key. The path is part of the route: its ids are in it."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(f"{HEADER} must be 1 to 255 visible ASCII characters", code="idempotency_key_malformed")
    return Call(scope=scope_of(identity), route=route(), key=key, body_sha256=_fingerprint())


def _fingerprint() -> str:
    """What is asked, whatever the order of its members and its spaces."""
    body = read_body(request)
    said = json.dumps([parse_strictly(body) if body else None, sorted(request.args.items(multi=True))], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _answer(status: int, body: bytes, *, replayed: bool = False) -> Response:
    response = Response(body, status, content_type=JSON if status < 400 else CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if replayed:
        response.headers[REPLAYED] = "true"
    return response
