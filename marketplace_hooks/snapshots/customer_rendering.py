"""Rendering of customers, their purchases and their open requests as lines of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.support.state_machine import OPEN, ClockName, Handling
from ..models.purchases import Customer, Dispute, Purchase, Refund, SiteBinding
from ..models.releases import ReleasePurchase
from ..models.subscriptions import Notice, Period, PeriodKind, RenewalChange, RepeatedNotice
from ..models.support import Clock, SupportMessage, SupportRequest
from .catalog_rendering import Rendered, money
from .grouping import grouped

_HISTORIES: Mapping[str, Sequence[type[Any]]] = {
    "periods": (Period,),
    "renewal_changes": (RenewalChange,),
    "notices": (Notice, RepeatedNotice),
    "shop_bindings": (SiteBinding,),
    "refunds": (Refund,),
    "disputes": (Dispute,),
    "releases": (ReleasePurchase,),
}


def render_customers(session: Session, ids: Collection[str]) -> Rendered:
    """The customers with these ids; of one who was erased, the id alone."""
    found: Rendered = {}
    for row in session.scalars(select(Customer).where(Customer.id.in_(ids))):
        data: dict[str, Any] = {"customer_id": row.id}
        if row.erased_at is not None:
            data["erased_at"] = row.erased_at
        else:
            data |= {name: getattr(row, name) for name in ("name", "email", "locale", "professional")}
        found[row.id] = (row.described_at, data)
    return found


def render_purchases(session: Session, ids: Collection[str]) -> Rendered:
    """The purchases with these ids, with everything that became of them."""
    histories = {name: _histories(session, tables, ids) for name, tables in _HISTORIES.items()}
    found: Rendered = {}
    for row in session.scalars(select(Purchase).where(Purchase.id.in_(ids))):
        data = _purchase(row)
        for name, by_purchase in histories.items():
            data[name] = [_ITEMS[name](one, row.currency) for one in by_purchase.get(row.id, ())]
        # What was erased of a site is its address: since when there was one, remains.
        data["shop_bindings"] = [one for one in data["shop_bindings"] if one["shop_url"]]
        first = [one for one in data["shop_bindings"] if one["bound_at"] == row.purchased_at]
        data["shop_url"] = first[0]["shop_url"] if first else None
        data["shop_bindings"] = [one for one in data["shop_bindings"] if one["bound_at"] != row.purchased_at]
        found[row.id] = (None, data)
    return found


def _histories(session: Session, tables: Sequence[type[Any]], ids: Collection[str]) -> dict[str, list[Any]]:
    """The rows of these tables by the purchase that they are about."""
    queries = (select(table).where(table.purchase_id.in_(ids)) for table in tables)
    return grouped([row for query in queries for row in session.scalars(query)], "purchase_id")


def _purchase(row: Purchase) -> dict[str, Any]:
    ended = {"terminated_at": row.terminated_at, "reason": row.terminated_reason or ""}
    return {
        "purchase_id": row.id,
        "customer_id": row.customer_id,
        "product_id": row.product_id,
        "pack_id": row.pack_id,
        "price_paid": money(row.price_cents, row.currency),
        "purchased_at": row.purchased_at,
        "terminated": None if row.terminated_at is None else ended,
    }


def _period(row: Period, currency: str) -> dict[str, Any]:
    occurred_at = row.starts_at if row.kind is PeriodKind.REACTIVATION else row.settled_at
    return {
        "period_index": row.index,
        "kind": row.kind.value,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "payment": row.payment.value,
        "charge_id": row.charge_id,
        "amount": money(row.amount_cents, row.currency),
        "occurred_at": occurred_at,
    }


def _renewal_change(row: RenewalChange, currency: str) -> dict[str, Any]:
    return {"enabled": row.enabled, "actor": row.actor, "received_at": row.received_at}


def _notice(row: Notice | RepeatedNotice, currency: str) -> dict[str, Any]:
    amount = money(row.amount_cents, row.currency)
    return {"period_index": row.period_index, "sent_at": row.sent_at, "amount": amount}


def _binding(row: SiteBinding, currency: str) -> dict[str, Any]:
    return {"shop_url": row.shop_url, "bound_at": row.bound_at}


def _refund(row: Refund, currency: str) -> dict[str, Any]:
    amount = money(row.amount_cents, currency)
    ids = {"request_id": row.request_id, "refund_id": row.refund_id}
    return {"refunded_at": row.refunded_at, "amount": amount, **ids}


def _dispute(row: Dispute, currency: str) -> dict[str, Any]:
    outcome = None if row.outcome is None else row.outcome.value
    amount = money(row.amount_cents, currency)
    return {"disputed_at": row.disputed_at, "amount": amount, "outcome": outcome, "closed_at": row.closed_at}


def _bought(row: ReleasePurchase, currency: str) -> dict[str, Any]:
    amount = money(row.amount_cents, row.currency)
    return {"release_id": row.release_id, "amount": amount, "purchased_at": row.purchased_at}


_ITEMS: Mapping[str, Callable[[Any, str], dict[str, Any]]] = {
    "periods": _period,
    "renewal_changes": _renewal_change,
    "notices": _notice,
    "shop_bindings": _binding,
    "refunds": _refund,
    "disputes": _dispute,
    "releases": _bought,
}


def render_requests(session: Session, ids: Collection[str]) -> Rendered:
    """Those of the requests with these ids that are open, with their threads."""
    posted = select(SupportMessage).where(SupportMessage.request_id.in_(ids), SupportMessage.kind == "message")
    threads = grouped(session.scalars(posted.order_by(SupportMessage.id)).all(), "request_id")
    wanted = select(SupportRequest).where(SupportRequest.id.in_(ids), SupportRequest.handling.in_(OPEN))
    columns = ("purchase_id", "presale", "customer_id", "product_id", "kind", "subject", "body", "shop_url")
    found: Rendered = {}
    for row in session.scalars(wanted):
        data = {
            "request_id": row.id,
            **{name: getattr(row, name) for name in (*columns, "submitted_at", "clocks_from")},
            "messages": [_message(one) for one in threads.get(row.id, ())],
        }
        found[row.id] = (None, data)
    return found


def describable_requests(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these requests of which a line says how they stand: accepted, with the deadlines that follow from it.

    A line knows nothing of what is missing, of refusals and resolutions, and of deadlines that were missed, extended or
    set anew.
    """
    accepted = select(SupportRequest.id).where(
        SupportRequest.id.in_(ids),
        SupportRequest.handling.in_((Handling.ACCEPTED, Handling.ACKNOWLEDGED)),
        SupportRequest.refused_at.is_(None),
        SupportRequest.resolved_at.is_(None),
    )
    clocks = session.scalars(select(Clock).where(Clock.request_id.in_(ids)))
    otherwise = {
        clock.request_id
        for clock in clocks
        if clock.missed_at is not None or clock.name is ClockName.SECOND_FIX or "extended" in clock.policy
    }
    return set(session.scalars(accepted)) - otherwise


def _message(row: SupportMessage) -> dict[str, Any]:
    columns = ("message_id", "side", "visibility", "received_at", "subject", "body", "headers")
    # An author for whom nobody vouches acknowledges nothing by itself, as a machine does not.
    author_type = "human" if row.author_type == "human" else "automation"
    are_described = row.files is not None and len(row.files) == row.attachments
    return {
        **{name: getattr(row, name) for name in columns},
        "author_type": author_type,
        "attachments": row.files if are_described else row.attachments,
    }
