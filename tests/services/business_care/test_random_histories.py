"""Whatever happens, in whatever order it is told: what a Business Care owes its customer follows from the facts alone.

Random histories of several purchases are lived through on both databases, their events told late or in another order
than they happened. After each step the rows are held against a naive model, which knows every fact at once and counts
day by day, and against what must never happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from marketplace_hooks.database.types import Base
from marketplace_hooks.domain.business_care.entitlement import EntitlementQuestion
from marketplace_hooks.models.inbox import Shard
from marketplace_hooks.models.subscriptions import Period, Subscription
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter
from marketplace_hooks.services.business_care.holders import Holder
from marketplace_hooks.services.business_care.renewal_run_state import acquire_run
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.releases.downloads import list_downloads

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    code_of,
    instant,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
)
from ...support.customers import SHOP, money, publish_customer, publish_purchase, publish_release
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace

PARIS = ZoneInfo("Europe/Paris")
START = instant("2028-02-27T11:00:00+01:00")
LIVING = ("VALID", "VALID_RENEWAL_CANCELLED")


# --- the naive model

Span = tuple[date, date, str]
"""A period: its first day, its last day, how it is paid."""


@dataclass
class Lived:
    """Every fact about one purchase, whoever has been told of it. Withdrawals are shared by those of one product.

    `asked_until` is when the service last looked for renewals before it heard of an end: no money is asked for what
    is known to be over, even where its renewal's instant came before. What was paid before an end stands.
    """

    purchased_at: datetime
    withdrawals: list[list[datetime | None]]
    words: list[tuple[datetime, bool]] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    paid: dict[date, datetime] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)
    ends: dict[str, datetime] = field(default_factory=dict)
    asked_until: datetime | None = None
    disputes: list[list[Any]] = field(default_factory=list)

    def is_cancelled(self, at: datetime, *, just_before: bool) -> bool:
        """Whether the customer's last word was a cancellation; `just_before`: what was said at that instant is late."""
        spoken = [*self.words, *((moment, True) for moment in self.reopened)]
        heard = [(moment, not on) for moment, on in spoken if moment < at or (moment == at and not just_before)]
        return bool(heard) and max(heard)[1]

    def is_withdrawn(self, at: datetime, *, just_before: bool) -> bool:
        """Whether a withdrawal that found the purchase made stands, and no express word since has lifted it."""
        spoken = [*(moment for moment, on in self.words if on), *self.reopened]
        for begun, reinstated_at in self.withdrawals:
            if begun is None or begun > at or (reinstated_at is not None and reinstated_at <= self.purchased_at):
                continue
            since = [moment for moment in spoken if reinstated_at is not None and reinstated_at <= moment]
            if not any(moment < at or (moment == at and not just_before) for moment in since):
                return True
        return False

    def is_stopped(self, at: datetime) -> bool:
        """Whether the renewal of this instant does not happen."""
        over = any(end <= at for end in self.ends.values())
        return over or self.is_cancelled(at, just_before=True) or self.is_withdrawn(at, just_before=True)

    def periods(self, now: datetime) -> list[Span]:
        """The periods in force or asked for, walked through from the beginning."""
        found: list[Span] = []
        looked_at = min(now, self.asked_until or now)
        openings = [self.purchased_at, *self.reopened]
        for opened_at, next_at in zip(openings, [*openings[1:], now + 2 * CLAIM_DELAY], strict=True):
            anchor = opened_at.astimezone(PARIS).date()
            found.append((anchor, anniversary(anchor, 1), "paid"))
            for years in count(1):
                first_day = anniversary(anchor, years) + DAY
                at = midnight(first_day)
                if at >= next_at or at > looked_at - CLAIM_DELAY or self.is_stopped(at) or first_day in self.failed:
                    break
                is_paid = first_day in self.paid
                if any(end < self.paid[first_day] if is_paid else end <= now for end in self.ends.values()):
                    break  # it was not paid when everything ended.
                found.append((first_day, anniversary(anchor, years + 1), "paid" if is_paid else "pending"))
                if not is_paid:
                    break
        return found

    def code(self, now: datetime) -> str:
        """The code of the answer for the merchant site of the purchase."""
        today = now.astimezone(PARIS).date()
        spans = self.periods(now)
        for why, ended in (("refund", "REFUNDED"), ("termination", "TERMINATED")):
            if why in self.ends and self.ends[why] <= now:
                return ended
        if any(begun <= now and not (won and closed <= now) for begun, closed, won in self.disputes):
            return "PAYMENT_DISPUTED"
        covering = {payment for first, last, payment in spans if first <= today <= last}
        if "paid" in covering:
            cancelled = self.is_cancelled(now, just_before=False) or self.is_withdrawn(now, just_before=False)
            return "VALID_RENEWAL_CANCELLED" if cancelled else "VALID"
        # Until it is paid or has failed for good, be its year over or not (`rules.md` 12).
        is_pending = any(payment == "pending" and first <= today for first, _, payment in spans)
        return "PAYMENT_PENDING" if is_pending or self.is_awaited(now) else "EXPIRED"

    def is_awaited(self, now: datetime) -> bool:
        """Whether the last period has ended within the last quarter of an hour, and goes on."""
        *_, (_, last_day, payment) = self.periods(now)
        at = midnight(last_day + DAY)
        return payment == "paid" and now - CLAIM_DELAY < at <= now and not self.is_stopped(at)


def anniversary(day: date, years: int) -> date:
    """So many years later; of 29 February the 28th where there is none."""
    is_leap = (day.year + years) % 4 == 0
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) and not is_leap else day.day)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)


# --- the walk

DELAYS = (timedelta(0), 5 * MINUTE, 20 * MINUTE, 3 * HOUR)
PAUSES = (5 * MINUTE, HOUR, 3 * DAY, 40 * DAY)
AROUND = (-MINUTE, timedelta(0), MINUTE, CLAIM_DELAY - SECOND, CLAIM_DELAY, HOUR)


class Walk:
    """One history: what happens, how it is told, and what the rows must say after it."""

    def __init__(self, marketplace: Marketplace, clock: time_machine.Traveller) -> None:
        self.marketplace = marketplace
        self.clock = clock
        self.lived: dict[str, Lived] = {}
        self.product_of: dict[str, str] = {}
        self.withdrawals: dict[str, list[list[datetime | None]]] = {"mod-1": [], "mod-2": []}
        self.were: dict[str, tuple[str, date | None]] = {}
        self.looked_at = START
        wipe(marketplace)
        clock.move_to(START)
        marketplace.publish_products("mod-1", "mod-2")
        publish_customer(marketplace)
        for product_id in self.withdrawals:
            publish_release(marketplace, f"release-of-{product_id}", product_id=product_id, kind="free")
        self.buy(0)
        self.settle()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def pick(self, number: int) -> tuple[str, Lived]:
        ids = list(self.lived)
        id_ = ids[number % len(ids)]
        return id_, self.lived[id_]

    def earlier(self, lived: Lived, number: int) -> datetime:
        """A moment not long ago, since the Business Care was opened: what happened then is told now."""
        return max(self.now - DELAYS[number % len(DELAYS)], lived.purchased_at, *lived.reopened)

    def is_withdrawn(self, product_id: str) -> bool:
        return any(reinstated_at is None for _, reinstated_at in self.withdrawals[product_id])

    # What may happen. Each takes a number that decides the rest.

    def buy(self, number: int) -> None:
        product_id = ("mod-1", "mod-2")[number % 2]
        if len(self.lived) == 3 or self.is_withdrawn(product_id):
            return
        id_ = f"purchase-{len(self.lived)}"
        publish_purchase(self.marketplace, id_, product_id=product_id, purchased_at=self.now.isoformat())
        self.lived[id_] = Lived(self.now, self.withdrawals[product_id])
        self.product_of[id_] = product_id

    def cancel(self, number: int) -> None:
        id_, lived = self.pick(number)
        at = self.earlier(lived, number // 3)
        lived.words.append((at, False))
        publish_renewal_cancelled(self.marketplace, at, id_)

    def enable(self, number: int) -> None:
        id_, lived = self.pick(number)
        at = self.earlier(lived, number // 3)
        self.settle()
        if any(one.reversal_asked_at and one.starts_at > at for one in self.rows(Period, id_)):
            return  # the money is on its way back: nothing said of that time is taken back any more.
        lived.words.append((at, True))
        publish_renewal_enabled(self.marketplace, at, id_)

    def answer(self, number: int) -> None:
        """The platform says what came of a charge that it was asked for."""
        self.settle()
        for id_, lived in self.lived.items():
            for one in self.rows(Period, id_):
                if one.payment == "pending":
                    is_paid = number % 3 > 0
                    if is_paid:
                        lived.paid[one.first_day] = self.now
                    else:
                        lived.failed.add(one.first_day)
                    type_ = "renewed" if is_paid else "payment_failed"
                    publish_charge(self.marketplace, type_, one.index, purchase_id=id_, final=True)

    def reactivate(self, number: int) -> None:
        self.settle()
        id_, lived = self.pick(number)
        [known] = self.rows(Subscription, id_)
        if known.state == "expired" and not self.is_withdrawn(self.product_of[id_]):
            lived.reopened.append(self.now)
            publish_charge(self.marketplace, "reactivated", known.current_index + 1, purchase_id=id_)

    def withdraw(self, number: int) -> None:
        product_id = ("mod-1", "mod-2")[number % 2]
        if not self.is_withdrawn(product_id):
            self.withdrawals[product_id].append([self.now, None])
            self.marketplace.change_status(product_id, WITHDRAWN)

    def reinstate(self, number: int) -> None:
        product_id = ("mod-1", "mod-2")[number % 2]
        if self.is_withdrawn(product_id):
            self.withdrawals[product_id][-1][1] = self.now
            self.marketplace.publish("product.reinstated", product_id=product_id)

    def hold(self, number: int) -> None:
        """The product goes offline and comes back: nobody's Business Care or downloads may notice."""
        self.settle()
        before = self.everything_owed()
        self.marketplace.change_status("mod-1", OFFLINE, (MARKETPLACE, "seller")[number % 2])
        self.marketplace.publish("seller.suspended")
        self.uow()
        assert self.everything_owed() == before
        self.marketplace.change_status("mod-1", ONLINE, (MARKETPLACE, "seller")[number % 2])
        self.marketplace.publish("seller.unsuspended")
        self.uow()
        assert self.everything_owed() == before

    def refund(self, number: int) -> None:
        id_, lived = self.pick(number)
        at = self.earlier(lived, number // 3)
        is_whole = number % 2 == 0
        if is_whole:
            self.hear_of_end(lived, "refund", at)
        data = {"refunded_at": at.isoformat(), "request_id": None, "amount": money(9900 if is_whole else 1)}
        self.marketplace.publish("purchase.refunded", purchase_id=id_, **data)

    def terminate(self, number: int) -> None:
        id_, lived = self.pick(number)
        at = self.earlier(lived, number // 3)
        self.hear_of_end(lived, "termination", at)
        data = {"terminated_at": at.isoformat(), "reason": "Fraud"}
        self.marketplace.publish("subscription.terminated", purchase_id=id_, **data)

    def dispute(self, number: int) -> None:
        id_, lived = self.pick(number)
        if lived.disputes and lived.disputes[-1][1] is None:
            return self.close(number, id_, lived)
        if all(begun != self.now for begun, *_ in lived.disputes):
            lived.disputes.append([self.now, None, False])
            data = {"disputed_at": self.now.isoformat(), "amount": money(9900)}
            self.marketplace.publish("purchase.disputed", purchase_id=id_, **data)
        return None

    def close(self, number: int, id_: str, lived: Lived) -> None:
        won = number % 4 > 0
        lived.disputes[-1][1:] = [self.now, won]
        if not won:
            self.hear_of_end(lived, "dispute", self.now)
        data = {"outcome": "won" if won else "lost", "closed_at": self.now.isoformat()}
        self.marketplace.publish("purchase.dispute_closed", purchase_id=id_, **data)

    def wait(self, number: int) -> None:
        self.live(self.now + PAUSES[number % len(PAUSES)])

    def go_to_a_renewal(self, number: int) -> None:
        _, lived = self.pick(number)
        *_, (_, last_day, _) = lived.periods(self.now)
        self.live(max(self.now, midnight(last_day + DAY) + AROUND[number // 3 % len(AROUND)]))

    def live(self, until: datetime) -> None:
        while self.now < until:
            self.clock.shift(min(until - self.now, 25 * DAY))
            run_in_transaction(self.marketplace.runtime, acquire_run)

    def uow(self) -> None:
        self.marketplace.run_all_now()
        self.looked_at = self.now

    def hear_of_end(self, lived: Lived, why: str, at: datetime) -> None:
        lived.ends[why] = min(at, lived.ends.get(why, at))
        lived.asked_until = lived.asked_until or self.looked_at

    # What must be so.

    def settle(self) -> None:
        """Have everything applied and run, and hold the rows against the model."""
        self.uow()
        for id_, lived in self.lived.items():
            rows = [one for one in self.rows(Period, id_) if one.payment != "failed"]
            assert [(one.first_day, one.last_day, one.payment) for one in rows] == lived.periods(self.now), id_
            answer = code_of(self.marketplace, about=PurchaseFilter(purchase_id=id_))
            assert answer == lived.code(self.now), id_
            self.shrinks_only_for_a_reason(id_, lived, answer)
            self.is_published_in_order_and_once(id_)

    def shrinks_only_for_a_reason(self, id_: str, lived: Lived, answer: str) -> None:
        was, last_day = self.were.get(id_, (answer, None))
        if was in LIVING and answer not in LIVING:
            is_over = last_day is not None and last_day < self.now.astimezone(PARIS).date()
            is_reversed = any(one.reversal_asked_at for one in self.rows(Period, id_))
            assert lived.ends or lived.disputes or is_over or is_reversed, (id_, was, answer)
        last = [last for _, last, payment in lived.periods(self.now) if payment == "paid"]
        self.were[id_] = answer, max(last)

    def is_published_in_order_and_once(self, id_: str) -> None:
        events = self.marketplace.outgoing(id_, "purchase")
        assert [one.sequence for one in events] == list(range(1, len(events) + 1))
        counts: dict[tuple[str, Any], int] = defaultdict(int)
        for one in events:
            if one.type in ("subscription.renewal_due", "subscription.reversal_due", "subscription.renewal_notice_due"):
                counts[one.type, one.data["period_index"]] += 1
        assert set(counts.values()) <= {1}, counts

    def rows(self, table: type[Any], id_: str) -> list[Any]:
        query = select(table).where(table.purchase_id == id_)
        return self.marketplace.all(query.order_by(Period.index) if table is Period else query)

    def everything_owed(self) -> list[Any]:
        """Entitlements, periods, what is due when, and what may be downloaded."""
        owed: list[Any] = []
        for id_ in self.lived:
            owed.append(code_of(self.marketplace, about=PurchaseFilter(purchase_id=id_)))
            owed += [(one.index, one.payment, one.last_day) for one in self.rows(Period, id_)]
            [known] = self.rows(Subscription, id_)
            owed.append((known.state, known.renewal_at, known.notice_at, known.withdrawn_from, known.sequence))
            question = EntitlementQuestion(at=self.now, zone=PARIS, site=SHOP)
            with self.marketplace.runtime.database.read_session() as session:
                found, _ = list_downloads(session, Holder(purchase_id=id_, customer_id="customer-1"), question)
            owed += [(one.release_id, one.verdict) for one in found]
        return owed


def wipe(marketplace: Marketplace) -> None:
    """An empty marketplace: far quicker than another database."""
    with marketplace.runtime.database.session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table is not Shard.__table__:
                session.execute(delete(table))


ACTIONS = (
    *(Walk.buy, Walk.cancel, Walk.cancel, Walk.enable, Walk.enable, Walk.answer, Walk.answer, Walk.reactivate),
    *(Walk.withdraw, Walk.reinstate, Walk.hold, Walk.refund, Walk.terminate, Walk.dispute, Walk.dispute),
    *(Walk.wait, Walk.wait, Walk.go_to_a_renewal, Walk.go_to_a_renewal, Walk.go_to_a_renewal, Walk.settle),
)
steps = st.tuples(st.sampled_from(range(len(ACTIONS))), st.integers(0, 71))


# To shrink a history takes minutes: whoever has to, adds Phase.shrink.
@settings(max_examples=15, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(history=st.lists(steps, min_size=6, max_size=24))
@example(history=[(17, 12), (11, 0)])  # refunded after the renewal's instant, before it was asked for.
def test_whatever_happens_care_is_what_the_facts_say(
    marketplace: Marketplace, clock: time_machine.Traveller, history: list[tuple[int, int]]
) -> None:
    walk = Walk(marketplace, clock)
    for which, number in history:
        act: Callable[..., None] = ACTIONS[which]
        if act is Walk.settle:
            walk.settle()
        else:
            act(walk, number)
    walk.settle()
