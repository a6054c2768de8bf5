"""What we are told: one schema and one handler per type; what we tell: the outgoing catalogue."""

from . import customers, packs, products, purchases, releases, sellers, subscriptions, support

__all__ = ["customers", "packs", "products", "purchases", "releases", "sellers", "subscriptions", "support"]
