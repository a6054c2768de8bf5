"""What does the public see: the catalogue, a product, a pack, and what our inspections are about?"""

from . import about  # noqa: F401 - its import adds the page
from .shop import blueprint

__all__ = ["blueprint"]
