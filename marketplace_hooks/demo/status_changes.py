"""Demo products that are not simply on sale: offline, scheduled and withdrawn.

They follow the catalogue. No customer of the demo has bought any of these products.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..domain.instants import format_instant
from . import catalog
from .catalog import Event

CHANGES: tuple[tuple[str, str, str, int, str], ...] = (
    ("20228", "offline_temporary", "seller", 6, "Nous refaisons les captures d’écran."),
    ("20251", "offline_temporary", "marketplace", 2, "The description names a competitor; please correct it."),
    ("20404", "offline_permanent", "seller", 40, "La nouvelle version est vendue sous un autre nom."),
)
"""Product, status, whose change, how many days ago, and why."""
SCHEDULED = ("20465", "offline_permanent", "seller", 20, "This module will no longer be maintained.")
"""Product, status, whose change, in how many days, and why; asked for yesterday."""


def events(now: datetime) -> list[Event]:
    """Each change at its instant; the scheduled one was asked for yesterday."""
    today = catalog.midnight(now)
    found = [
        _change(today, product_id, status, actor, reason, at=today - timedelta(days=days_ago, hours=-9))
        for product_id, status, actor, days_ago, reason in CHANGES
    ]
    product_id, status, actor, in_days, reason = SCHEDULED
    asked_at = today - timedelta(days=1, hours=-9)
    effective_at = today + timedelta(days=in_days)
    found.append(_change(today, product_id, status, actor, reason, at=asked_at, effective_at=effective_at))
    return found


def _change(
    today: datetime,
    product_id: str,
    status: str,
    actor: str,
    reason: str,
    *,
    at: datetime,
    effective_at: datetime | None = None,
) -> Event:
    data: dict[str, Any] = {
        "product_id": product_id,
        "status": status,
        "actor": actor,
        "reason": reason,
        "version": 1,
    }
    if effective_at is not None:
        data["effective_at"] = format_instant(effective_at)
    return catalog.event_id(today, f"status-{product_id}"), "product.status_changed", at, data
