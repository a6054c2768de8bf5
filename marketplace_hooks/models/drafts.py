"""Table of drafts: requests for support that are written and checked, and not submitted yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant, checked
from ..domain.support.state_machine import Kind


class RequestDraft(Base):
    """A request for support while it is written and checked; `purchase_id` None: a question before any purchase.

    `id` are 32 hexadecimal digits that the form brought along, and those of the request that it becomes: sent twice, it
    is one request. `check_id` is the check of the site it is about. Once it is sent (`sent_at`), its texts are emptied.
    """

    __tablename__ = "mh_request_drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(100))
    purchase_id: Mapped[str | None] = mapped_column(ForeignKey("mh_purchases.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"))
    kind: Mapped[Kind] = mapped_column(checked(Kind, "kind"))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    shop_url: Mapped[str | None] = mapped_column(Text)
    check_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_mh_request_drafts_customer", "customer_id", "changed_at"),
        Index("ix_mh_request_drafts_changed", "changed_at"),
    )

    @property
    def request_id(self) -> str:
        """The id of the request that it becomes."""
        return f"req_{self.id}"
