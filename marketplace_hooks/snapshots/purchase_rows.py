"""Rows of imported purchases: from checked lines to the rows of each table, without a statement of their own."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from ..domain.business_care.entitlement import Payment
from ..domain.business_care.renewal_stops import ProductWithdrawal, RenewalPreference, RenewalRecord, renewal_stops
from ..domain.business_care.renewals import judge_notice, notice_window
from ..models.subscriptions import PeriodKind, Subscription
from ..services.business_care.renewal_history import record_stops
from .entities import Entity
from .periods import LaidOutPeriod, Standing, lay_out_periods, standing

PURCHASE_COLUMNS = (
    "id",
    "customer_id",
    "product_id",
    "pack_id",
    "listing_id",
    "price_cents",
    "currency",
    "shop_url",
    "shop_bound_at",
    "purchased_at",
    "recorded_at",
)
BINDING_COLUMNS = ("purchase_id", "bound_at", "shop_url")
SUBSCRIPTION_COLUMNS = (
    "purchase_id",
    "customer_id",
    "product_id",
    "state",
    "anchor_on",
    "anchor_index",
    "current_index",
    "last_day",
    "renewal_at",
    "notice_at",
    "customer_stopped_at",
    "customer_lifted_at",
    "withdrawn_from",
    "withdrawal_lifted_at",
    "announced_cents",
    "announced_currency",
)
PERIOD_COLUMNS = (
    "purchase_id",
    "period_index",
    "kind",
    "first_day",
    "last_day",
    "starts_at",
    "payment",
    "settled_at",
    "amount_cents",
    "currency",
    "charge_id",
)
CHARGE_COLUMNS = ("id", "purchase_id", "period_index", "amount_cents", "currency", "occurred_at", "recorded_at")
CHANGE_COLUMNS = ("purchase_id", "enabled", "actor", "received_at", "recorded_at")
NOTICE_COLUMNS = (
    "purchase_id",
    "period_index",
    "window_first_day",
    "window_last_day",
    "sent_at",
    "owed",
    "timeliness",
    "event_id",
    "amount_cents",
    "currency",
)
REPEATED_NOTICE_COLUMNS = (*NOTICE_COLUMNS, "number")
RELEASE_COLUMNS = ("release_id", "purchase_id", "amount_cents", "currency", "purchased_at")

_NO_STOPS = (None, None, None, None)
_NO_AMOUNT: Mapping[str, Any] = {"amount_cents": None, "currency": None}

Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class ListingHistory:
    """The revisions of one product's listing in the order of their publication, and the product's price now."""

    price_cents: int
    published_at: Sequence[datetime]
    revisions: Sequence[tuple[int, int]]

    def at(self, instant: datetime) -> tuple[int | None, int]:
        """The id of the revision in force at an instant (None: there was none yet), and the price then."""
        place = bisect_right(self.published_at, instant)
        return self.revisions[place - 1] if place else (None, self.price_cents)


@dataclass(frozen=True, kw_only=True)
class ImportFacts:
    """What is known here that the rows of a chunk depend on, each by its id."""

    now: datetime
    zone: tzinfo
    listings: Mapping[str, ListingHistory]
    withdrawals: Mapping[str, Sequence[ProductWithdrawal]]
    prices_paid: Mapping[str, int]
    professional: Mapping[str, bool]


@dataclass(kw_only=True)
class PurchaseRows:
    """The rows of a chunk, by table."""

    purchases: list[Row] = field(default_factory=list)
    bindings: list[Row] = field(default_factory=list)
    subscriptions: list[Row] = field(default_factory=list)
    periods: list[Row] = field(default_factory=list)
    charges: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    repeated_notices: list[Row] = field(default_factory=list)
    releases: list[Row] = field(default_factory=list)

    def add(self, entity: Entity, facts: ImportFacts) -> None:
        """Add the rows of one purchase."""
        data = entity.data
        listing_id, listed_cents = facts.listings[data["product_id"]].at(data["purchased_at"])
        shop_url, bound_at = self._add_bindings(entity)
        self.purchases.append(
            (
                entity.id,
                data["customer_id"],
                data["product_id"],
                data["pack_id"],
                listing_id,
                facts.prices_paid.get(entity.id, data["price_paid"]["amount_cents"]),
                data["price_paid"]["currency"],
                shop_url,
                bound_at,
                data["purchased_at"],
                facts.now,
            )
        )
        for bought in data["releases"]:
            amount = bought["amount"]
            money = (amount["amount_cents"], amount["currency"])
            self.releases.append((bought["release_id"], entity.id, *money, bought["purchased_at"]))
        if listed_cents or data["periods"]:  # else the product was free: it has no Business Care (`rules.md` 8).
            self._add_business_care(entity, facts)

    def _add_bindings(self, entity: Entity) -> tuple[str | None, datetime | None]:
        """The site that is bound now, and since when."""
        bound = site_bindings(entity.data)
        if not bound:
            return None, None
        self.bindings += [(entity.id, bound_at, shop_url) for bound_at, shop_url in bound.items()]
        last = max(bound)
        return bound[last], last

    def _add_business_care(self, entity: Entity, facts: ImportFacts) -> None:
        data = entity.data
        periods = lay_out_periods(data, facts.zone)
        stands = standing(periods, facts.zone, facts.now)
        for one in periods:
            self._add_period(entity.id, one, facts)
        for change in data["renewal_changes"]:
            row = (entity.id, change["enabled"], change["actor"], change["received_at"], facts.now)
            self.changes.append(row)
        announced = _NO_AMOUNT
        notice_at = stands.notice_at
        numbers: Counter[int] = Counter()
        for notice in sorted(data["notices"], key=lambda one: one["sent_at"]):
            numbers[notice["period_index"]] += 1
            self._add_notice(entity, periods, notice, facts, numbers[notice["period_index"]])
            if notice["period_index"] == stands.current_index:
                notice_at = None
                announced = notice["amount"] or _NO_AMOUNT
        self.subscriptions.append(
            (
                entity.id,
                data["customer_id"],
                data["product_id"],
                stands.state,
                stands.anchor_on,
                stands.anchor_index,
                stands.current_index,
                stands.last_day,
                stands.renewal_at,
                notice_at,
                *_renewal_stops(data, periods, facts, stands),
                announced["amount_cents"],
                announced["currency"],
            )
        )

    def _add_period(self, purchase_id: str, one: LaidOutPeriod, facts: ImportFacts) -> None:
        given = one.given
        amount = given["amount"] or _NO_AMOUNT
        is_renewal = given["kind"] == PeriodKind.RENEWAL
        self.periods.append(
            (
                purchase_id,
                one.period_index,
                given["kind"],
                one.first_day,
                one.last_day,
                one.starts_at,
                given["payment"],
                given["occurred_at"] if is_renewal else None,
                amount["amount_cents"],
                amount["currency"],
                given["charge_id"],
            )
        )
        if given["charge_id"] is not None and given["payment"] == Payment.PAID and given["amount"] is not None:
            money = (amount["amount_cents"], amount["currency"])
            occurred_at = given["occurred_at"] or one.starts_at
            self.charges.append((given["charge_id"], purchase_id, one.period_index, *money, occurred_at, facts.now))

    def _add_notice(
        self,
        entity: Entity,
        periods: Sequence[LaidOutPeriod],
        notice: Mapping[str, Any],
        facts: ImportFacts,
        number: int,
    ) -> None:
        """Add one notice: the first of its renewal, or a later one, whose price had risen."""
        last_day = periods[notice["period_index"] - 1].last_day
        amount = notice["amount"] or _NO_AMOUNT
        row = (
            entity.id,
            notice["period_index"],
            *notice_window(last_day),
            notice["sent_at"],
            not facts.professional[entity.data["customer_id"]],
            judge_notice(notice["sent_at"], last_day, facts.zone),
            "",
            amount["amount_cents"],
            amount["currency"],
        )
        if number == 1:
            self.notices.append(row)
        else:
            self.repeated_notices.append((*row, number))


def site_bindings(data: Mapping[str, Any]) -> dict[datetime, str]:
    """The sites of a purchase's line, each by the instant since which it was bound."""
    bound = {one["bound_at"]: one["shop_url"] for one in data["shop_bindings"]}
    if data["shop_url"] is not None:
        bound.setdefault(data["purchased_at"], data["shop_url"])
    return bound


def _renewal_stops(
    data: Mapping[str, Any], periods: Sequence[LaidOutPeriod], facts: ImportFacts, stands: Standing
) -> Row:
    """The columns that say what stops the next renewal: the customer's changes, and withdrawals of the product."""
    withdrawals = facts.withdrawals.get(data["product_id"], ())
    if not withdrawals and not data["renewal_changes"]:
        return _NO_STOPS
    record = RenewalRecord(
        purchased_at=data["purchased_at"],
        preferences=[
            RenewalPreference(enabled=one["enabled"], received_at=one["received_at"]) for one in data["renewal_changes"]
        ],
        withdrawals=withdrawals,
        reactivated_at=[one.starts_at for one in periods if one.given["kind"] == PeriodKind.REACTIVATION],
    )
    columns = Subscription(purchase_id="", renewal_at=stands.renewal_at)
    record_stops(columns, renewal_stops(record))
    return (
        columns.customer_stopped_at,
        columns.customer_lifted_at,
        columns.withdrawn_from,
        columns.withdrawal_lifted_at,
    )
