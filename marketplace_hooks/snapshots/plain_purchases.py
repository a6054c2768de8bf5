"""Plain purchases: the lines that nearly all of a snapshot's are, read without the cost of a schema.

A purchase with nothing but its own fields and paid renewals is recognised by exact checks. Its data is the same that
`PurchaseLineSchema` makes of the line, and its periods are in order. Whatever is not recognised, right or wrong, is the
schema's: here nothing is refused, and no error is worded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

from ..domain.business_care.entitlement import Payment
from ..domain.instants import parse_instant
from ..models.subscriptions import PeriodKind

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_CENTS = 2_000_000_000
_LAST_INDEX = 1_000
_FIRST_RENEWAL = 2
_FIELDS = frozenset(
    ("purchase_id", "customer_id", "product_id", "pack_id", "shop_url", "price_paid", "purchased_at", "periods")
)
_PERIOD_FIELDS = frozenset(("period_index", "kind", "charge_id", "amount", "occurred_at"))
_RENEWAL = PeriodKind.RENEWAL.value
_PAID = Payment.PAID.value

Renewal = tuple[str, int, str]
"""The charge that paid a renewal, its cents, and the instant, as text, at which it occurred."""


class PlainPurchase(NamedTuple):
    """A plain purchase in texts and numbers alone. Instants are in UTC, in the form of `datetime.isoformat`."""

    purchase_id: str
    customer_id: str
    product_id: str
    pack_id: str | None
    shop_url: str | None
    price_cents: int
    currency: str
    purchased_at: str
    renewals: tuple[Renewal, ...]

    def data(self) -> dict[str, Any]:
        """The data that the schema makes of the line."""
        currency = self.currency
        return {
            "purchase_id": self.purchase_id,
            "customer_id": self.customer_id,
            "product_id": self.product_id,
            "pack_id": self.pack_id,
            "shop_url": self.shop_url,
            "price_paid": {"amount_cents": self.price_cents, "currency": currency},
            "purchased_at": datetime.fromisoformat(self.purchased_at),
            "periods": [
                {
                    "period_index": index,
                    "kind": _RENEWAL,
                    "first_day": None,
                    "last_day": None,
                    "payment": _PAID,
                    "charge_id": charge_id,
                    "amount": {"amount_cents": cents, "currency": currency},
                    "occurred_at": datetime.fromisoformat(occurred_at),
                }
                for index, (charge_id, cents, occurred_at) in enumerate(self.renewals, _FIRST_RENEWAL)
            ],
            "renewal_changes": [],
            "notices": [],
            "shop_bindings": [],
            "refunds": [],
            "disputes": [],
            "releases": [],
            "terminated": None,
        }


def plain_purchase(given: Mapping[str, Any], now: datetime) -> PlainPurchase | None:
    """The purchase of a line that is valid and plain; None for any other line."""
    if not given.keys() <= _FIELDS:
        return None
    purchase_id = given.get("purchase_id")
    customer_id = given.get("customer_id")
    product_id = given.get("product_id")
    if not (_is_text(purchase_id, 100) and _is_text(customer_id, 100) and _is_text(product_id, 100)):
        return None
    pack_id = given.get("pack_id")
    shop_url = given.get("shop_url")
    if not (pack_id is None or _is_text(pack_id, 100)) or not (shop_url is None or _is_text(shop_url, 2_000)):
        return None
    price = given.get("price_paid")
    currency = price.get("currency") if isinstance(price, dict) else None
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    cents = _cents(price, currency)
    purchased_at = _past(given.get("purchased_at"), now)
    renewals = _renewals(given.get("periods", ()), currency, now)
    if cents is None or purchased_at is None or renewals is None:
        return None
    return PlainPurchase(
        purchase_id, customer_id, product_id, pack_id, shop_url, cents, currency, purchased_at, renewals
    )


def _renewals(given: Any, currency: str, now: datetime) -> tuple[Renewal, ...] | None:
    """The paid renewals, if these are nothing else, one after the other, and in the currency of the purchase."""
    if not given:
        return () if isinstance(given, list | tuple) else None
    if not isinstance(given, list) or len(given) > _LAST_INDEX:
        return None
    found = [_renewal(one, index, currency, now) for index, one in enumerate(given, _FIRST_RENEWAL)]
    renewals = tuple(one for one in found if one is not None)
    return renewals if len(renewals) == len(found) else None


def _renewal(given: Any, index: int, currency: str, now: datetime) -> Renewal | None:
    if not isinstance(given, dict) or given.keys() != _PERIOD_FIELDS or given["kind"] != _RENEWAL:
        return None
    given_index = given["period_index"]
    if type(given_index) is not int or given_index != index or index > _LAST_INDEX:
        return None
    charge_id = given["charge_id"]
    cents = _cents(given["amount"], currency)
    occurred_at = _past(given["occurred_at"], now)
    if not _is_text(charge_id, 200) or cents is None or occurred_at is None:
        return None
    return charge_id, cents, occurred_at


def _is_text(value: object, longest: int) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= longest


def _cents(given: Any, currency: str) -> int | None:
    """The cents of an amount in this currency."""
    if not isinstance(given, dict) or len(given) != 2 or given.get("currency") != currency:
        return None
    cents = given.get("amount_cents")
    return cents if type(cents) is int and 0 <= cents <= _MOST_CENTS else None


def _past(given: Any, now: datetime) -> str | None:
    instant = parse_instant(given)
    return instant.isoformat() if instant is not None and instant <= now else None
