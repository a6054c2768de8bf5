"""Random conversations: in whatever order things happen, what must never happen to a request's clocks and refund."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import ClockName, Kind
from marketplace_hooks.errors import Conflict, Refused
from marketplace_hooks.models.support import Clock, SellerClosure, SupportRequest
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import closures, refund_deferral, refunds
from marketplace_hooks.services.support import moves as answers
from marketplace_hooks.services.support.messages import NewMessage, confirm_message, post_message
from marketplace_hooks.services.support.sla_run import run_sla
from marketplace_hooks.services.support.submission import NewRequest, submit
from marketplace_hooks.services.support.transitions import locked_request

from ...support.customers import SHOP, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import ANSWER, CAUSE, in_transaction, messages, published_types, refund_claim

AUTOMATIC: dict[str, dict[str, Any]] = {
    "automation": {"author_type": "automation"},
    "header": {"headers": [("Auto-Submitted", "auto-replied")], "origin": "email"},
    "out of office": {"subject": "Out of office: Re", "origin": "email"},
    "status change": {"kind": "status_change"},
    "internal": {"visibility": "internal"},
    "marketplace": {"side": "marketplace"},
    "customer": {"side": "customer"},
    "empty": {"body": ""},
}
PERSONAL: dict[str, dict[str, Any]] = {
    "person": {"author_type": "human", "origin": "web"},
    "token": {"author_type": None, "origin": "api"},
}
steps = st.one_of(
    st.tuples(st.just("message"), st.sampled_from([*AUTOMATIC, *PERSONAL])),
    st.tuples(st.just("wait"), st.sampled_from([1, 26, 50, 24 * 12, 24 * 46])),
    st.tuples(st.just("wait"), st.sampled_from([1, 26, 50, 24 * 12, 24 * 46])),
    st.tuples(st.just("confirm"), st.booleans()),
    st.tuples(st.just("kind"), st.sampled_from(list(Kind))),
    st.tuples(st.just("closure"), st.tuples(st.integers(0, 4), st.integers(0, 9))),
    st.tuples(
        st.sampled_from(
            ["refuse", "contest", "overturn", "uphold", "resolve", "not fixed", "extend", "waive", "approve", "cancel"]
        ),
        st.none(),
    ),
    st.tuples(st.sampled_from(["refuse", "resolve", "not fixed", "withdraw"]), st.none()),
)


@dataclass
class Conversation:
    """One request, and the one who checks after every step that nothing impossible has happened to it."""

    desk: Marketplace
    clock: time_machine.Traveller
    request_id: str
    numbers: count[int] = field(default_factory=lambda: count(1))
    entitlement: Any = None

    def begins(self, kind: Kind) -> None:
        purchase_id = f"p-{self.request_id}"
        set_up_purchase(self.desk, purchase_id)
        self.clock.shift(timedelta(minutes=30))
        new = NewRequest(
            request_id=self.request_id,
            customer_id="customer-1",
            product_id="mod-1",
            purchase_id=purchase_id,
            subject=self.request_id,
            body="It no longer works.",
            submitted_at=datetime.now(UTC),
            kind=kind,
            shop_url=SHOP,
            as_it_is=True,
        )
        in_transaction(self.desk, lambda uow: submit(uow, new, CAUSE))
        self.entitlement = self.request().entitlement

    def request(self) -> SupportRequest:
        [found] = self.desk.all(select(SupportRequest).where(SupportRequest.id == self.request_id))
        return found

    def clocks(self) -> dict[ClockName, tuple[Any, ...]]:
        found: list[Clock] = self.desk.all(select(Clock).where(Clock.request_id == self.request_id))
        return {one.name: (one.state.value, one.due_before, one.stopped_at, one.missed_at) for one in found}

    def goes_on(self, action: str, how: Any) -> None:
        before = self.clocks()
        refusal = None
        try:
            self._act(action, how)
        except Refused as refused:
            refusal = refused
        if isinstance(refusal, Conflict):
            assert {"state", "asked"} <= refusal.facts.keys(), refusal.code
        if refusal is not None:
            assert self.clocks() == before
        if action == "message" and how in AUTOMATIC:
            assert self.clocks() == before, how
        self._nothing_impossible(before)

    def _act(self, action: str, how: Any) -> None:
        if action == "wait":
            self.clock.shift(timedelta(hours=how))
            run_sla(self.desk.runtime)
        elif action == "message":
            in_transaction(self.desk, lambda uow: post_message(uow, self._message(how), CAUSE))
        elif action == "confirm":
            unconfirmed = [one.message_id for one in messages(self.desk, self.request_id) if one.counts is None]
            for id_ in unconfirmed[:1]:
                in_transaction(self.desk, partial(self._judge, message_id=id_, counts=how))
        elif action == "closure":
            first, length = how
            in_transaction(self.desk, lambda uow: self._close(uow, first, length))
        elif action == "cancel":
            for id_ in self.desk.all(select(SellerClosure.id).where(SellerClosure.cancelled_at.is_(None))):
                with suppress(Conflict):  # it may be over.
                    in_transaction(self.desk, partial(self._cancel, id_))
        else:
            in_transaction(self.desk, lambda uow: self._move(uow, action, how))

    def _message(self, how: str) -> NewMessage:
        defaults: dict[str, Any] = {"side": "seller", "author_type": "human", "body": f"{ANSWER} {next(self.numbers)}"}
        return NewMessage(
            request_id=self.request_id,
            message_id=f"m-{next(self.numbers)}",
            author="x",
            received_at=datetime.now(UTC),
            **{**defaults, **{**AUTOMATIC, **PERSONAL}[how]},
        )

    def _cancel(self, closure_id: str, uow: UnitOfWork) -> object:
        return closures.cancel_own_closure(uow, "seller-1", closure_id, CAUSE)

    def _judge(self, uow: UnitOfWork, *, message_id: str, counts: bool) -> object:
        return confirm_message(uow, self.request_id, message_id, counts=counts, actor="op", cause=CAUSE)

    def _close(self, uow: UnitOfWork, first: int, length: int) -> object:
        begins = datetime.now(UTC).date() + timedelta(days=first)
        return closures.declare_own_closure(
            uow, "seller-1", first_day=begins, last_day=begins + timedelta(days=length), cause=CAUSE
        )

    def _move(self, uow: UnitOfWork, action: str, how: Any) -> object:
        id_ = self.request_id
        ground = Ground.SOURCE_MODIFIED
        moves: dict[str, Callable[[], object]] = {
            "refuse": lambda: answers.refuse(
                uow, id_, ground=ground, text="No", evidence={"files": ["a"]}, by="seller-1", cause=CAUSE
            ),
            "contest": lambda: answers.contest(uow, id_, text="No", cause=CAUSE),
            "overturn": lambda: answers.overturn(uow, id_, reason="Right", cause=CAUSE),
            "uphold": lambda: answers.uphold(uow, id_, reason="Wrong", cause=CAUSE),
            "resolve": lambda: answers.resolve(uow, id_, how="explanation", release_id=None, text="", cause=CAUSE),
            "not fixed": lambda: answers.report_not_fixed(uow, id_, text="", cause=CAUSE),
            "extend": lambda: answers.extend_fix(uow, id_, days=3, reason="Holiday", cause=CAUSE),
            "kind": lambda: answers.change_kind(uow, id_, how, confirms=True, cause=CAUSE),
            "withdraw": lambda: answers.withdraw(uow, id_, CAUSE),
            "waive": lambda: refund_deferral.defer_refund(uow, locked_request(uow.session, id_), CAUSE),
            "approve": lambda: refunds.approve_refund(
                uow, locked_request(uow.session, id_), with_period=False, reason="Owed", cause=CAUSE
            ),
        }
        return moves[action]()

    def _nothing_impossible(self, before: dict[ClockName, tuple[Any, ...]]) -> None:
        now = datetime.now(UTC)
        after = self.clocks()
        for name, (_, due_before, *_) in after.items():
            moved = name not in before or before[name][1] != due_before
            assert not moved or due_before is None or due_before > now, f"{name} was moved into the past"
        types = published_types(self.desk, self.request_id)
        for once in ("acknowledgement_missed", "fix_missed", "refund_due", "refund_requested"):
            assert types.count(once) <= 1, (once, types)
        assert self.request().entitlement == self.entitlement
        owed = refund_claim(self.desk, self.request_id)
        if ClockName.FIX not in after:
            assert owed is None or "fix_missed" not in types
        sequences = [one.sequence for one in self.desk.outgoing(self.request_id, "support_request")]
        assert sequences == list(range(1, len(sequences) + 1))


def test_nothing_that_must_never_happen_happens_in_any_conversation(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.publish_products("mod-1")
    numbers = count(1)

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(kind=st.sampled_from([Kind.ANOMALY, *Kind]), acts=st.lists(steps, min_size=4, max_size=14))
    def walk(kind: Kind, acts: list[tuple[str, Any]]) -> None:
        clock.shift(timedelta(days=2))
        conversation = Conversation(marketplace, clock, f"walk-{next(numbers)}")
        conversation.begins(kind)
        for action, how in acts:
            conversation.goes_on(action, how)

    walk()


def test_an_installation_request_is_answered_and_never_owes_a_refund(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.publish_products("mod-1")
    conversation = Conversation(marketplace, clock, "installation")
    conversation.begins(Kind.INSTALLATION)
    conversation.goes_on("wait", 1)
    conversation.goes_on("message", "person")
    assert conversation.request().handling == "acknowledged"
    conversation.goes_on("wait", 24 * 200)
    assert (
        "fix_missed" in published_types(marketplace, "installation"),
        refund_claim(marketplace, "installation"),
    ) == (False, None)
    assert set(conversation.clocks()) == {ClockName.ACKNOWLEDGEMENT}
