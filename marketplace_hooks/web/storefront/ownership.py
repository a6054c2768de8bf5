"""Ownership: the reader's purchase of a product and its Business Care, shown first on the product's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ...models.access import Role
from ...services.business_care.purchase_summary import latest_of_product
from ...services.business_care.status_banner import read_status_banner
from ..identity.authorization import identify
from ..state import current_runtime


@dataclass(frozen=True, kw_only=True)
class Owned:
    """The reader's last purchase of a product, and what stands at its head."""

    purchase_id: str
    head: Mapping[str, Any]


def owned_by_reader(session: Session, product_id: str) -> Owned | None:
    """None for everybody but a customer who bought it and did not get the price back."""
    identity = identify()
    if identity is None or identity.role is not Role.CUSTOMER or identity.subject is None:
        return None
    purchase_id = latest_of_product(session, identity.subject, product_id)
    if purchase_id is None:
        return None
    runtime = current_runtime()
    head = read_status_banner(session, purchase_id, now=runtime.now(), zone=runtime.settings.reference_zone)
    return Owned(purchase_id=purchase_id, head=head)


def may_ask_before_buying() -> bool:
    """Whether the reader is one who may ask the seller a question: a customer, or nobody yet."""
    identity = identify()
    return identity is None or identity.role is Role.CUSTOMER
