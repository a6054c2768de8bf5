"""Status changes by service, as a button or the API makes them: one transaction with locked rows, no event posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from marketplace_hooks.domain.catalog.statuses import Side, Status, StatusRequest
from marketplace_hooks.models.products import SubjectKind
from marketplace_hooks.services.catalog.locked_subjects import LockedSubject, LockedSubjects
from marketplace_hooks.services.catalog.status_changes import cancel_scheduled, change_status, reinstate
from marketplace_hooks.services.core.unit_of_work import Cause, UnitOfWork, run_in_transaction

from .marketplace import Marketplace

BY_BUTTON = Cause(actor="seller", reason="by the button")


def change_locked(
    marketplace: Marketplace, act: Callable[[UnitOfWork, LockedSubject], object], id_: str, kind: str = "product"
) -> None:
    """Apply a function to a locked product or pack, in one transaction."""

    def change(uow: UnitOfWork) -> None:
        locked = LockedSubjects(uow.session).get(SubjectKind(kind), id_)
        assert locked is not None
        act(uow, locked)

    run_in_transaction(marketplace.runtime, change)


def change_status_directly(
    marketplace: Marketplace,
    status: str,
    side: str = "seller",
    *,
    effective_at: datetime | None = None,
    id_: str = "mod-1",
    kind: str = "product",
) -> None:
    """Request a status; a refused request changes nothing."""
    request = StatusRequest(side=Side(side), status=Status(status), effective_at=effective_at)
    change_locked(marketplace, lambda uow, locked: change_status(uow, locked, request, BY_BUTTON), id_, kind)


def cancel_scheduled_directly(
    marketplace: Marketplace, side: str = "seller", *, id_: str = "mod-1", kind: str = "product"
) -> None:
    """Cancel what the side has scheduled."""
    change_locked(marketplace, lambda uow, locked: cancel_scheduled(uow, locked, Side(side), BY_BUTTON), id_, kind)


def reinstate_directly(marketplace: Marketplace, *, id_: str = "mod-1") -> None:
    """Undo the withdrawal of a product."""
    change_locked(marketplace, lambda uow, locked: reinstate(uow, locked, BY_BUTTON), id_)
