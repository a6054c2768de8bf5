"""How is a POST carried out once, however often it is sent under one `Idempotency-Key`?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request
from marshmallow import Schema

from ...errors import LeaseLost, Refused, Unavailable
from ...services.idempotency import Call, Claim, Kept, claim, keep_answer, release
from ...services.installation import Installation
from ...services.work import Work, carry_out
from ..envelopes import parse_strictly
from ..problems import CONTENT_TYPE, problem_of
from ..repeats import route, scope_of
from ..sign_in import signed_in
from ..state import Identity, state
from .answers import JSON, dumped
from .operations import read_body

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def done_once(act: Callable[[Work], Any], schema: Schema, *, status: int = 202) -> Response:
    """Carry `act` out in one transaction and answer what it returns, as the schema says it.

    With a key, the answer is kept in that same transaction, and given again to the same call for a day. A refusal is
    kept too; it changed nothing, so a transaction of its own will do.
    """
    installation = state(current_app).installation
    call = _call(signed_in())
    if call is None:
        return _answer(status, carry_out(installation, lambda work: dumped(schema, act(work))))
    claimed = claim(installation, call)
    if isinstance(claimed, Kept):
        return _answer(claimed.status, claimed.body, replayed=True)
    try:
        return _answer(
            status, carry_out(installation, lambda work: _kept(installation, work, claimed, status, act, schema))
        )
    except Refused as refused:
        return _refused(installation, claimed, refused)
    except LeaseLost:
        raise  # the key is another run's now.
    except BaseException:
        with contextlib.suppress(Unavailable):  # then the claim falls by itself, after a lease.
            release(installation, claimed)
        raise


def _kept(
    installation: Installation, work: Work, claimed: Claim, status: int, act: Callable[[Work], Any], schema: Schema
) -> bytes:
    body = dumped(schema, act(work))
    keep_answer(installation, work.session, claimed, status, body)
    return body


def _refused(installation: Installation, claimed: Claim, refused: Refused) -> Response:
    response = problem_of(refused)
    with installation.database.session() as session:
        keep_answer(installation, session, claimed, response.status_code, response.get_data())
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
