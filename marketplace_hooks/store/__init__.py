"""What is kept: tables and constraints, no rules."""

from . import access, cascades, inbox, inspections, outbox, packs, products, purchases, releases, subscriptions, support

__all__ = [
    "access",
    "cascades",
    "inbox",
    "inspections",
    "outbox",
    "packs",
    "products",
    "purchases",
    "releases",
    "subscriptions",
    "support",
]
