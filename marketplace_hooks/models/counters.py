"""Table of counters: how often what happens in workers and web processes has happened, for the metrics."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base


class StoredCounter(Base):
    """A part of one counter. Processes add to different parts (`part`), so that they do not wait for each other."""

    __tablename__ = "mh_counters"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(60), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[float]
