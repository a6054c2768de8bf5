"""Seller back office: products, packs, support requests, closures and refunds."""

from __future__ import annotations

from . import (
    assignments,
    bulk_changes,
    cascade_progress,
    closures,
    confirmations,
    packs,
    products,
    refunds,
    sla_report,
    status_changes,
    support_moves,
    support_requests,
    template_context,
)
from .blueprint import blueprint

__all__ = [
    "assignments",
    "blueprint",
    "bulk_changes",
    "cascade_progress",
    "closures",
    "confirmations",
    "packs",
    "products",
    "refunds",
    "sla_report",
    "status_changes",
    "support_moves",
    "support_requests",
    "template_context",
]
