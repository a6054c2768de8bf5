"""What may somebody see that is hidden from the public?"""

from __future__ import annotations

from ..services.catalogue import PUBLIC, PackPage, ProductPage, Sight
from ..store.access import Role
from .state import Identity


def sight_of(identity: Identity | None) -> Sight:
    """What lists show beside the public things: all to the marketplace's people, a seller's own to the seller."""
    if identity is None:
        return PUBLIC
    if identity.role in (Role.PLATFORM, Role.OPERATOR):
        return Sight(everything=True)
    return Sight(seller_id=identity.subject) if identity.role is Role.SELLER else PUBLIC


def may_see(identity: Identity | None, page: ProductPage | PackPage) -> bool:
    """Whether this page is shown to somebody although it is hidden (`domain.md` 5).

    The one place for it: the customers who own a product join here when purchases are kept.
    """
    return sight_of(identity).sees(page.card.seller_id)
