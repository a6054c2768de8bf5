"""Changes made here, as a button or the API makes them: one transaction, what stands locked, nothing posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from marketplace_hooks.domain.statuses import Asked, Side, Status
from marketplace_hooks.services.standings import Standing, Standings
from marketplace_hooks.services.statuses import cancel_scheduled, change_status, reinstate
from marketplace_hooks.services.work import Cause, Work, carry_out
from marketplace_hooks.store.products import SubjectKind

from .marketplace import Marketplace

BY_BUTTON = Cause(actor="seller", reason="by the button")


def press(marketplace: Marketplace, act: Callable[[Work, Standing], object], id_: str, kind: str = "product") -> None:
    """Do something to a product or a pack, here and now."""

    def pressed(work: Work) -> None:
        standing = Standings(work.session).get(SubjectKind(kind), id_)
        assert standing is not None
        act(work, standing)

    carry_out(marketplace.installation, pressed)


def press_status(
    marketplace: Marketplace,
    status: str,
    side: str = "seller",
    *,
    effective_at: datetime | None = None,
    id_: str = "mod-1",
    kind: str = "product",
) -> None:
    """Ask for a status; what is refused changes nothing."""
    asked = Asked(side=Side(side), status=Status(status), effective_at=effective_at)
    press(marketplace, lambda work, standing: change_status(work, standing, asked, BY_BUTTON), id_, kind)


def press_cancel(marketplace: Marketplace, side: str = "seller", *, id_: str = "mod-1", kind: str = "product") -> None:
    """Cancel what the side has scheduled."""
    press(marketplace, lambda work, standing: cancel_scheduled(work, standing, Side(side), BY_BUTTON), id_, kind)


def press_reinstate(marketplace: Marketplace, *, id_: str = "mod-1") -> None:
    """Undo the withdrawal of a product."""
    press(marketplace, lambda work, standing: reinstate(work, standing, BY_BUTTON), id_)
