"""What we are told: one schema and one handler per type; what we tell: the outgoing catalogue."""

from . import packs, products, sellers

__all__ = ["packs", "products", "sellers"]
