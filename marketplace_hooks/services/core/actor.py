"""Actor: the person or token that the current request or command acts for, as the audit log names it.

Set once for each request and each command, and read by every unit of work that begins meanwhile. Background jobs act
for nobody: what they do follows from rows that somebody has caused before.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from ...models.access import Role
from ...models.audit import AuditChannel
from ...telemetry.log_context import add_request_id_source


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts, by which way, and from where. `role` None: nobody who is known, such as a refused sign-in."""

    channel: AuditChannel
    role: Role | None = None
    id: str | None = None
    name: str = ""
    token_id: str | None = None
    address: str | None = None
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


_current: ContextVar[Actor | None] = ContextVar("marketplace_hooks_actor", default=None)


def current_actor() -> Actor | None:
    """For whom this thread of work acts; None in background jobs, and for inbound events."""
    return _current.get()


def _current_request_id() -> str | None:
    actor = _current.get()
    return None if actor is None else actor.request_id


add_request_id_source(_current_request_id)


def set_actor(actor: Actor | None) -> None:
    """Act for somebody from now on, or for nobody."""
    _current.set(actor)


@contextlib.contextmanager
def acting_as(actor: Actor | None) -> Iterator[None]:
    """Act for somebody within the block."""
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)
