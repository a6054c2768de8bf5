"""Unit of work that publishes nothing: what an import writes happened long ago, and everyone concerned knows of it."""

from __future__ import annotations

from ..services.core.unit_of_work import UnitOfWork


class SilentUnitOfWork(UnitOfWork):
    """One write transaction of an import. It acts for nobody: the import as a whole is in the audit log."""

    publishes = False
