"""What can be done: load facts, ask the domain, record its answer, note what must follow."""

from . import packs, releases, sellers, withdrawals

__all__ = ["packs", "releases", "sellers", "withdrawals"]  # their import registers the steps of the cascades.
