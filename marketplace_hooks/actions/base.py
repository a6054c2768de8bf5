"""Base of the Python actions: in whose transaction an action writes, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, TypeVar

from sqlalchemy.orm import Session

from ..database.host_session import FindEngine, HostSession, call_after_commit, plain_session, read_in, write_in
from ..database.types import Base
from ..models.access import Role
from ..models.audit import AuditChannel
from ..services.core.actor import Actor, acting_as
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import Cause, UnitOfWork, run_in_transaction

_T = TypeVar("_T")

SaleSide = Literal["seller", "marketplace"]
"""Who decides about the sale of a product."""
Payer = Literal["customer", "platform"]
"""Who decides about a renewal."""
SellerSide = Literal["seller", "platform"]
"""Who declares the closures of a seller."""
RequestSide = Literal["customer", "seller", "marketplace"]
"""Who acts in a support request."""

_ROLES = {
    "seller": Role.SELLER,
    "customer": Role.CUSTOMER,
    "marketplace": Role.OPERATOR,
    "platform": Role.PLATFORM,
}
_LONGEST_ID = 100
"""As the audit log stores it."""


@dataclass(frozen=True, kw_only=True)
class ActionContext:
    """Where actions find the runtime of the application that calls them, and the engine of a session of its own."""

    current_runtime: Callable[[], Runtime]
    find_engine: FindEngine


class Actions:
    """Actions on one subject.

    `session` is the host's, such as `db.session`; None: the action is a transaction of its own. `by` is the id of who
    acts, for the audit log.
    """

    def __init__(self, context: ActionContext) -> None:
        self._context = context

    def _write(self, act: Callable[[UnitOfWork], _T], cause: Cause, by: str | None, given: HostSession | None) -> _T:
        """Act for the cause's actor, in the transaction of the session given, or in one of our own."""
        runtime = self._context.current_runtime()
        with acting_as(_actor(cause.actor, by)):
            if given is None:
                return run_in_transaction(runtime, act)
            host = plain_session(given)
            with write_in(host, runtime.database, self._context.find_engine) as session:
                uow = UnitOfWork(session=session, now=runtime.now(), settings=runtime.settings)
                result = act(uow)
                uow.write()
        for kind in uow.wakeups:
            call_after_commit(host, partial(runtime.wakeups.wake_worker, kind))
        if isinstance(result, Base):
            result = host.merge(result, load=False)  # from now on the host's session reads it anew.
        return result

    def _read(self, read: Callable[[Session, Runtime], _T], given: HostSession | None) -> _T:
        """Read in the transaction of the session given, or in one of our own."""
        runtime = self._context.current_runtime()
        if given is None:
            with runtime.database.read_session() as session:
                return read(session, runtime)
        with read_in(plain_session(given), runtime.database, self._context.find_engine) as session:
            return read(session, runtime)


def cause_of(actor: str, by: str | None, reason: str = "", *, on_behalf_of: str | None = None) -> Cause:
    """Why something changes. Raises `ValueError` for an actor that is none of the sides."""
    if actor not in _ROLES:
        raise ValueError(f"actor is one of {', '.join(_ROLES)}, not {actor!r}")
    operator_id = by if actor == "marketplace" else None
    return Cause(actor=actor, reason=reason, on_behalf_of=on_behalf_of, operator_id=operator_id)


def require_aware(**instants: datetime | None) -> None:
    """Raises `ValueError` for an instant without its time zone; the names are those of the arguments."""
    for name, instant in instants.items():
        if instant is not None and instant.utcoffset() is None:
            raise ValueError(f"{name} is an aware datetime: give its tzinfo")


def _actor(actor: str, by: str | None) -> Actor:
    if by is not None and len(by) > _LONGEST_ID:
        raise ValueError(f"by is an id of at most {_LONGEST_ID} characters")
    return Actor(channel=AuditChannel.API, role=_ROLES[actor], id=by)
