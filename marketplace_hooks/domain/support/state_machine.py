"""State machines of a support request: its moves, clocks and refund (`deadlines.md`).

The machines are tables: a move that is not in them is impossible, whoever asks.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What a request is about (`rules.md` 16). Only an anomaly starts the fix clock."""

    ANOMALY = "anomaly"
    INSTALLATION = "installation"
    CONFIGURATION = "configuration"
    QUESTION = "question"


class Handling(enum.StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    NEEDS_INFORMATION = "needs_information"
    NOT_ENTITLED = "not_entitled"
    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    CONTESTED = "contested"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    WITHDRAWN_BY_CUSTOMER = "withdrawn_by_customer"


class Move(enum.StrEnum):
    """What somebody does to a request."""

    ACCEPT = "accept"
    ASK_INFORMATION = "ask_information"
    FIND_NOT_ENTITLED = "find_not_entitled"
    SEND_AS_IS = "send_as_is"
    ABANDON = "abandon"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    CONTEST = "contest"
    OVERTURN = "overturn"
    UPHOLD = "uphold"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    WITHDRAW = "withdraw"


OPEN = frozenset(
    {
        Handling.SUBMITTED,
        Handling.NEEDS_INFORMATION,
        Handling.ACCEPTED,
        Handling.ACKNOWLEDGED,
        Handling.REFUSED,
        Handling.CONTESTED,
        Handling.RESOLVED,
    }
)
"""The states in which something may still happen."""

_H = Handling
_M = Move

MOVES: dict[tuple[Handling, Move], Handling] = {
    (_H.SUBMITTED, _M.ACCEPT): _H.ACCEPTED,
    (_H.SUBMITTED, _M.ASK_INFORMATION): _H.NEEDS_INFORMATION,
    (_H.SUBMITTED, _M.FIND_NOT_ENTITLED): _H.NOT_ENTITLED,
    (_H.NEEDS_INFORMATION, _M.ACCEPT): _H.ACCEPTED,
    (_H.NEEDS_INFORMATION, _M.SEND_AS_IS): _H.ACCEPTED,
    (_H.NEEDS_INFORMATION, _M.ABANDON): _H.ABANDONED,
    (_H.ACCEPTED, _M.ACKNOWLEDGE): _H.ACKNOWLEDGED,
    (_H.ACCEPTED, _M.REFUSE): _H.REFUSED,
    (_H.ACKNOWLEDGED, _M.REFUSE): _H.REFUSED,
    (_H.ACCEPTED, _M.RESOLVE): _H.RESOLVED,
    (_H.ACKNOWLEDGED, _M.RESOLVE): _H.RESOLVED,
    (_H.RESOLVED, _M.REOPEN): _H.ACKNOWLEDGED,
    (_H.RESOLVED, _M.CLOSE): _H.CLOSED,
    (_H.REFUSED, _M.CONTEST): _H.CONTESTED,
    (_H.REFUSED, _M.CLOSE): _H.CLOSED,
    (_H.CONTESTED, _M.OVERTURN): _H.ACCEPTED,
    (_H.CONTESTED, _M.UPHOLD): _H.CLOSED,
    **{(state, _M.WITHDRAW): _H.WITHDRAWN_BY_CUSTOMER for state in OPEN},
}


@dataclass(frozen=True, kw_only=True)
class Impossible:
    """A move that cannot be made from here; `asked` is where it would have led from elsewhere."""

    state: Handling
    asked: Handling


def after(state: Handling, move: Move) -> Handling | Impossible:
    """The state after a move, or why there is none."""
    found = MOVES.get((state, move))
    if found is not None:
        return found
    led_to = next(to for (_, known), to in MOVES.items() if known is move)
    return Impossible(state=state, asked=led_to)


class ClockName(enum.StrEnum):
    """The clocks of a request (`rules.md` 17). `SECOND_FIX`: the new date, where the customer preferred the fix."""

    ACKNOWLEDGEMENT = "acknowledgement"
    FIX = "fix"
    SECOND_FIX = "second_fix"


FIX_CLOCKS = (ClockName.FIX, ClockName.SECOND_FIX)
"""The clocks by which a fix is owed: the contract's, and the new date of a customer who preferred the fix."""


class ClockState(enum.StrEnum):
    """`to_confirm`: a message in time awaits a person's judgement. `frozen`: by a reasoned refusal."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    TO_CONFIRM = "to_confirm"
    FROZEN = "frozen"
    MET = "met"
    MISSED = "missed"
    VOID = "void"


class RefundState(enum.StrEnum):
    """Where the refund of a request stands.

    `deferred`: the customer prefers the fix, by a new date. `lapsed`: it was delivered by that date. `waived`: given up
    for the fix under the rules before 0.2.0; its customer may ask for it again.
    """

    NONE = "none"
    DUE = "due"
    REQUESTED = "requested"
    DEFERRED = "deferred"
    LAPSED = "lapsed"
    WAIVED = "waived"
    REFUNDED = "refunded"
    MANUAL = "manual"


REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.NONE: frozenset({RefundState.DUE}),
    # The last two: what was recorded after the new date had passed, but in time.
    RefundState.DUE: frozenset(
        {RefundState.REQUESTED, RefundState.MANUAL, RefundState.REFUNDED, RefundState.DEFERRED, RefundState.LAPSED}
    ),
    RefundState.REQUESTED: frozenset({RefundState.REFUNDED, RefundState.MANUAL, RefundState.DEFERRED}),
    RefundState.MANUAL: frozenset({RefundState.REFUNDED}),
    RefundState.DEFERRED: frozenset({RefundState.DUE, RefundState.LAPSED, RefundState.REFUNDED}),
    # The customer says in time that it is not fixed; or an operator grants the refund all the same.
    RefundState.LAPSED: frozenset({RefundState.DEFERRED, RefundState.DUE}),
    RefundState.WAIVED: frozenset({RefundState.DUE}),
    RefundState.REFUNDED: frozenset(),
}
