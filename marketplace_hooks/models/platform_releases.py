"""Table of PrestaShop releases that were added after this package was made."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant


class PlatformRelease(Base):
    """One release of PrestaShop beside those that are shipped. `released_on` None: the source gave no date."""

    __tablename__ = "mh_platform_releases"

    version: Mapped[str] = mapped_column(String(50), primary_key=True)
    released_on: Mapped[date | None] = mapped_column(Date)
    added_at: Mapped[datetime] = mapped_column(Instant)
