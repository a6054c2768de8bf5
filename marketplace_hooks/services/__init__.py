"""What can be done: load facts, ask the domain, record its answer, note what must follow."""

from .business_care import cancel_on_withdrawal
from .catalog import packs, sellers
from .releases import publishing

__all__ = [
    "cancel_on_withdrawal",
    "packs",
    "publishing",
    "sellers",
]  # their import registers the steps of the cascades.
