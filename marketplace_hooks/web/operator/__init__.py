"""Operator back office: events, deliveries, cascades, status changes and what needs attention."""

from __future__ import annotations

from . import (
    acknowledgements,
    audit,
    bulk_changes,
    cascades,
    corrections,
    dashboard,
    deliveries,
    endpoints,
    events,
    id_search,
    platform_versions,
    products,
    refunds,
    reversals,
    sellers,
    sessions,
    status_changes,
    support_moves,
    support_requests,
    template_context,
    tokens,
)
from .blueprint import blueprint

__all__ = [
    "acknowledgements",
    "audit",
    "blueprint",
    "bulk_changes",
    "cascades",
    "corrections",
    "dashboard",
    "deliveries",
    "endpoints",
    "events",
    "id_search",
    "platform_versions",
    "products",
    "refunds",
    "reversals",
    "sellers",
    "sessions",
    "status_changes",
    "support_moves",
    "support_requests",
    "template_context",
    "tokens",
]
