"""Plain purchases: the lines that nearly all of a snapshot's are, read without the cost of a schema.

A purchase with nothing but its own fields and paid renewals is recognised by exact checks, and is the same data that
`PurchaseLineSchema` makes of it, for a tenth of the time. Whatever is not recognised, right or wrong, is the schema's:
here nothing is refused, and no error is worded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..domain.business_care.entitlement import Payment
from ..domain.instants import parse_instant
from ..models.subscriptions import PeriodKind

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_CENTS = 2_000_000_000
_FIELDS = frozenset(
    ("purchase_id", "customer_id", "product_id", "pack_id", "shop_url", "price_paid", "purchased_at", "periods")
)
_PERIOD_FIELDS = frozenset(("period_index", "kind", "charge_id", "amount", "occurred_at"))


def plain_purchase(given: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The data of a line that is valid and plain; None for any other line."""
    if not given.keys() <= _FIELDS:
        return None
    ids = (given.get("purchase_id"), given.get("customer_id"), given.get("product_id"))
    pack_id = given.get("pack_id")
    shop_url = given.get("shop_url")
    price = _money(given.get("price_paid"))
    purchased_at = _past(given.get("purchased_at"), now)
    if price is None or purchased_at is None or not all(_is_text(id_, 100) for id_ in ids):
        return None
    if not (pack_id is None or _is_text(pack_id, 100)) or not (shop_url is None or _is_text(shop_url, 2_000)):
        return None
    periods = _renewals(given.get("periods", ()), price["currency"], now)
    if periods is None:
        return None
    return {
        "purchase_id": ids[0],
        "customer_id": ids[1],
        "product_id": ids[2],
        "pack_id": pack_id,
        "shop_url": shop_url,
        "price_paid": price,
        "purchased_at": purchased_at,
        "periods": periods,
        "renewal_changes": [],
        "notices": [],
        "shop_bindings": [],
        "refunds": [],
        "disputes": [],
        "releases": [],
        "terminated": None,
    }


def _renewals(given: Any, currency: str, now: datetime) -> list[dict[str, Any]] | None:
    """The paid renewals, if these are nothing else, and in the currency of the purchase."""
    if not given:
        return [] if isinstance(given, list | tuple) else None
    if not isinstance(given, list) or len(given) > 1_000:
        return None
    found = [_renewal(one, currency, now) for one in given]
    renewals = [one for one in found if one is not None]
    return renewals if len(renewals) == len(found) else None


def _renewal(given: Any, currency: str, now: datetime) -> dict[str, Any] | None:
    if not isinstance(given, dict) or given.keys() != _PERIOD_FIELDS or given["kind"] != PeriodKind.RENEWAL:
        return None
    index = given["period_index"]
    amount = _money(given["amount"])
    occurred_at = _past(given["occurred_at"], now)
    is_right = type(index) is int and 1 <= index <= 1_000 and _is_text(given["charge_id"], 200)
    if not is_right or occurred_at is None or amount is None or amount["currency"] != currency:
        return None
    return {
        "period_index": index,
        "kind": given["kind"],
        "first_day": None,
        "last_day": None,
        "payment": Payment.PAID.value,
        "charge_id": given["charge_id"],
        "amount": amount,
        "occurred_at": occurred_at,
    }


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def _money(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict) or given.keys() != {"amount_cents", "currency"}:
        return None
    cents = given["amount_cents"]
    currency = given["currency"]
    if type(cents) is not int or not 0 <= cents <= _MOST_CENTS:
        return None
    return given if isinstance(currency, str) and _CURRENCY.fullmatch(currency) else None


def _past(given: Any, now: datetime) -> datetime | None:
    instant = parse_instant(given)
    return instant if instant is not None and instant <= now else None
