"""Mapped tables with their constraints, one module for each subject; rules stand in `domain`.

A host reads the classes through its own session: `db.session.scalars(select(Product))`. Changes are made by the
actions of the extension, never by writing to these rows.
"""

from . import (
    access,
    audit,
    cascades,
    categories,
    counters,
    deployment,
    drafts,
    inbox,
    inspections,
    mails,
    outbox,
    packs,
    platform_releases,
    products,
    proposals,
    purchases,
    releases,
    retention,
    search,
    subscriptions,
    support,
)
from .audit import AuditEntry
from .cascades import Cascade
from .categories import ProductCategory
from .inbox import InboxEvent
from .inspections import Evidence, Inspection
from .outbox import Delivery, Endpoint, OutgoingEvent
from .packs import Pack, PackMember
from .products import Listing, Product, Seller, SideState, Withdrawal
from .proposals import SellerProposal
from .purchases import Customer, Dispute, Purchase, Refund, SiteBinding
from .releases import Release, ReleasePurchase
from .subscriptions import Charge, Notice, Period, RenewalChange, Subscription
from .support import Clock, RefundClaim, RequestRefusal, SellerClosure, SupportMessage, SupportRequest

__all__ = [
    "AuditEntry",
    "Cascade",
    "Charge",
    "Clock",
    "Customer",
    "Delivery",
    "Dispute",
    "Endpoint",
    "Evidence",
    "InboxEvent",
    "Inspection",
    "Listing",
    "Notice",
    "OutgoingEvent",
    "Pack",
    "PackMember",
    "Period",
    "Product",
    "ProductCategory",
    "Purchase",
    "Refund",
    "RefundClaim",
    "Release",
    "ReleasePurchase",
    "RenewalChange",
    "RequestRefusal",
    "Seller",
    "SellerClosure",
    "SellerProposal",
    "SideState",
    "SiteBinding",
    "Subscription",
    "SupportMessage",
    "SupportRequest",
    "Withdrawal",
    "access",
    "audit",
    "cascades",
    "categories",
    "counters",
    "deployment",
    "drafts",
    "inbox",
    "inspections",
    "mails",
    "outbox",
    "packs",
    "platform_releases",
    "products",
    "proposals",
    "purchases",
    "releases",
    "retention",
    "search",
    "subscriptions",
    "support",
]
