"""Table of purge marks: how far each kind of old row has been purged."""

from __future__ import annotations

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId


class PurgeMark(Base):
    """Rows of this kind up to number `upto` are purged: the next purge begins where the last one ended."""

    __tablename__ = "mh_purge_marks"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    upto: Mapped[int] = mapped_column(BigId, default=0, server_default=text("0"))
