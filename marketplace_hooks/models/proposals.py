"""Table of proposals: what sellers' programs did, waiting for a person's confirmation."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant, Json, checked


class ProposedAct(enum.StrEnum):
    """What a machine of the seller's side may propose, and only a person may do (`rules.md` 22)."""

    REFUSAL = "refusal"
    RESOLUTION = "resolution"
    OFFER = "offer"


class SellerProposal(Base):
    """A refusal, resolution or offer by a bearer token for which nobody vouches: a person must confirm it.

    `details` are the arguments of the act. `confirmed` None: it waits. Confirmed, it counts at `received_at`.
    `overtaken_at` is since when something else was the answer: the request was refused or resolved, also by a contest
    of this very refusal; or its ground may no longer be used.
    """

    __tablename__ = "mh_proposals"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(100))
    act: Mapped[ProposedAct] = mapped_column(checked(ProposedAct, "act"))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    author: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(Instant)
    overtaken_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed: Mapped[bool | None]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_mh_proposals_request", "request_id", "received_at", "id"),)
