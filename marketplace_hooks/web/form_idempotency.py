"""Has this been sent before? Whose call it is, and how a form is carried out once however often it is sent.

A form carries a hidden word of its own (`once_token`), new each time it is shown; the same words in it under the same
word are done once, and lead to the same page for a day. A form that is sent again with other words is another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import uuid
from collections.abc import Callable

from flask import request
from markupsafe import Markup

from ..errors import LeaseLost, Unavailable
from ..services.access.idempotency import Call, Claim, StoredAnswer, claim, release, store_answer
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from .identity.authorization import signed_in
from .identity.identity import Identity
from .state import current_runtime

FIELD = "once"
LONGEST_ROUTE = 200
_WORD = re.compile(r"[0-9a-f]{32}")
_LEFT_OUT = (FIELD, "form_token")


def once_token() -> Markup:
    """The hidden word of one showing of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, uuid.uuid4().hex)


def run_once(act: Callable[[UnitOfWork], str]) -> str:
    """Carry `act` out in one transaction and give what it returns: a short word, kept with it for who sends it again.

    What is refused is not kept, for it changed nothing. Raises `Conflict` while the same form is being carried out.
    """
    runtime = current_runtime()
    word = request.form.get(FIELD, "")
    if not _WORD.fullmatch(word):
        return run_in_transaction(runtime, act)
    said = said_in_form()
    call = Call(scope=scope_of(signed_in()), route=route(), key=f"{word}:{said[:32]}", body_sha256=said)
    claimed = claim(runtime, call)
    if isinstance(claimed, StoredAnswer):
        return claimed.body.decode()
    try:
        return run_in_transaction(runtime, lambda uow: _kept(runtime, uow, claimed, act))
    except LeaseLost:
        raise  # it is another run's now.
    except BaseException:
        _let_go(runtime, claimed)
        raise


def word_of_form(*, otherwise: str | None = None) -> str:
    """A word for what this form says, for an id that is the same however often it is sent.

    Other words under the same hidden one are another thing. Without a hidden word: `otherwise`, or a new one.
    """
    word = request.form.get(FIELD, "")
    if not _WORD.fullmatch(word):
        return otherwise or uuid.uuid4().hex
    return hashlib.sha256(f"{word}:{said_in_form()}".encode()).hexdigest()[:32]


def scope_of(identity: Identity) -> str:
    """Whose calls are told from whose."""
    if identity.token_id is not None:
        return f"token:{identity.token_id}"
    person = f"{identity.role}:{identity.subject or ''}"
    return f"person:{hashlib.sha256(person.encode()).hexdigest()}"


def route() -> str:
    """The route of this request; the ids of the path are part of it."""
    found = f"{request.method} {request.path}"
    if len(found) <= LONGEST_ROUTE:
        return found
    return f"{request.method} sha256:{hashlib.sha256(found.encode()).hexdigest()}"


def said_in_form() -> str:
    """What a form says, as a SHA-256: its own hidden words apart."""
    said = sorted(pair for pair in request.form.items(multi=True) if pair[0] not in _LEFT_OUT)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _kept(runtime: Runtime, uow: UnitOfWork, claimed: Claim, act: Callable[[UnitOfWork], str]) -> str:
    done = act(uow)
    store_answer(runtime, uow.session, claimed, 303, done.encode())
    return done


def _let_go(runtime: Runtime, claimed: Claim) -> None:
    with contextlib.suppress(Unavailable):  # then the claim falls by itself, after a lease.
        release(runtime, claimed)
