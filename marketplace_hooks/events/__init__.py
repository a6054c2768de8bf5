"""Inbound events: registry, intake, processor, and one module of schemas and handlers for each subject.

Importing this package registers every type.
"""

from . import customers, packs, products, purchases, releases, sellers, subscriptions, support

__all__ = ["customers", "packs", "products", "purchases", "releases", "sellers", "subscriptions", "support"]
