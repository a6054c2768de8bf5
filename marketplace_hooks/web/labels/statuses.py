"""In which words do several rooms say who holds what, what is scheduled, and what a cascade does?"""

from __future__ import annotations

from ...domain.catalog.statuses import Side, Status
from ..i18n.language import LazyText, lazy

HELD_BY = {
    Side.SELLER: lazy("Held offline by the seller"),
    Side.MARKETPLACE: lazy("Held offline by the marketplace"),
    Side.ACCOUNT: lazy("The seller’s account has been suspended"),
}
WITHDRAWN_BY = {
    Side.SELLER: lazy("Withdrawn for good by the seller"),
    Side.MARKETPLACE: lazy("Withdrawn for good by the marketplace"),
    Side.ACCOUNT: lazy("Withdrawn for good with the seller’s account"),
}
SCHEDULED_TO = {
    Status.ONLINE: lazy("Will be put back online"),
    Status.OFFLINE_TEMPORARY: lazy("Will be taken offline"),
    Status.OFFLINE_PERMANENT: lazy("Will be withdrawn for good"),
}
STEPS: dict[str, LazyText] = {
    "product_page": lazy("The product’s page"),
    "product_pages": lazy("The products’ pages"),
    "pack_page": lazy("The pack’s page"),
    "packs": lazy("The packs that contain it"),
    "packs_of_seller": lazy("The packs that contain them"),
    "renewals": lazy("The tacit renewals of Business Care"),
    "holders": lazy("The customers who may download it"),
    "events": lazy("The marketplace and the others are told"),
}
