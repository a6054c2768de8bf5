"""Mapped tables with their constraints, one module for each subject; rules stand in `domain`."""

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
    proposals,
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
    "proposals",
    "purchases",
    "releases",
    "retention",
    "subscriptions",
    "support",
]
