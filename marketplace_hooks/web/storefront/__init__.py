"""What does the public see: the catalogue, a product, a pack?"""

from .shop import blueprint

__all__ = ["blueprint"]
