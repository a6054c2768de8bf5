"""What is kept: tables and constraints, no rules."""

from . import (
    access,
    cascades,
    categories,
    drafts,
    inbox,
    inspections,
    mails,
    outbox,
    packs,
    products,
    purchases,
    releases,
    retention,
    subscriptions,
    support,
)

__all__ = [
    "access",
    "cascades",
    "categories",
    "drafts",
    "inbox",
    "inspections",
    "mails",
    "outbox",
    "packs",
    "products",
    "purchases",
    "releases",
    "retention",
    "subscriptions",
    "support",
]
