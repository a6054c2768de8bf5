"""Action on cascades: the progress of what follows from a status change."""

from __future__ import annotations

from ..database.host_session import HostSession
from ..services.catalog.cards import Visibility
from ..services.catalog.cascade_progress import CascadeProgress, read_cascade_progress
from .base import Actions


class CascadeActions(Actions):
    """Questions about cascades. Nothing is written."""

    def get(
        self, cascade_id: str, *, seller_id: str | None = None, session: HostSession | None = None
    ) -> CascadeProgress:
        """The follow-up steps of one change, and how far they are. `seller_id`: only if it is one of this seller's.

        Raises `NotFound`.
        """
        visibility = Visibility(everything=seller_id is None, seller_id=seller_id)
        return self._read(lambda reading, _runtime: read_cascade_progress(reading, cascade_id, visibility), session)
