"""Cascade steps: the table of what each planned step does, by its name (`catalog/cascades.py` plans them).

It stands above the subjects whose steps it lists, so that a status change needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...models.cascades import Cascade
from ..business_care.cancel_on_withdrawal import follow_withdrawal
from ..catalog.cascades import Step
from ..catalog.packs import announce_pack, announce_packs_of_product, announce_packs_of_seller
from ..catalog.sellers import announce_products_of_seller
from ..core.unit_of_work import UnitOfWork
from ..releases.publishing import announce_release
from ..support.fix_deliveries import resolve_by_available_release

StepChunk = Callable[[UnitOfWork, Cascade, Step, int], None]
"""Does the next chunk of a step, at most so many rows, and sets its state to `done` on the last one."""

CASCADE_STEPS: Mapping[str, StepChunk] = {
    "packs": announce_packs_of_product,
    "renewals": follow_withdrawal,
    "pack_page": announce_pack,
    "product_pages": announce_products_of_seller,
    "packs_of_seller": announce_packs_of_seller,
    "holders": announce_release,
    "fixes": resolve_by_available_release,
}
