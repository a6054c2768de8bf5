"""Actions on products and packs: taken offline, put online, withdrawn; at once or later."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session

from ..database.host_session import HostSession
from ..domain.catalog.statuses import Side, Status, StatusRequest
from ..errors import NotFound
from ..models.products import SubjectKind
from ..services.catalog.pages import subject_page
from ..services.catalog.status_requests import (
    AcceptedStatusChange,
    StatusChangeTarget,
    refuse_impossible,
    request_cancellation,
    request_reinstatement,
    request_status_change,
)
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import Cause
from ..services.operations.status_preview import Preview, preview_change
from .base import Actions, SaleSide, cause_of, require_aware


class PackActions(Actions):
    """Actions on packs. The products of a pack stay as they are.

    `actor` is the side that acts: it lifts only its own hold. `effective_at`, an aware datetime in the
    future, schedules the change. Each raises `NotFound`, and `Conflict` for a change that is impossible.
    """

    _kind: ClassVar[SubjectKind] = SubjectKind.PACK

    def take_offline(
        self,
        subject_id: str,
        *,
        reason: str,
        actor: SaleSide,
        effective_at: datetime | None = None,
        by: str | None = None,
        on_behalf_of: str | None = None,
        session: HostSession | None = None,
    ) -> AcceptedStatusChange:
        """Hide it temporarily: it is not for sale until the same side puts it online again."""
        cause = cause_of(actor, by, reason, on_behalf_of=on_behalf_of)
        return self._change(Status.OFFLINE_TEMPORARY, subject_id, effective_at, cause, by, session)

    def put_online(
        self,
        subject_id: str,
        *,
        reason: str,
        actor: SaleSide,
        effective_at: datetime | None = None,
        by: str | None = None,
        on_behalf_of: str | None = None,
        session: HostSession | None = None,
    ) -> AcceptedStatusChange:
        """Lift this side's hold: it is for sale again if no other side has one."""
        cause = cause_of(actor, by, reason, on_behalf_of=on_behalf_of)
        return self._change(Status.ONLINE, subject_id, effective_at, cause, by, session)

    def withdraw(
        self,
        subject_id: str,
        *,
        reason: str,
        actor: SaleSide,
        effective_at: datetime | None = None,
        by: str | None = None,
        on_behalf_of: str | None = None,
        session: HostSession | None = None,
    ) -> AcceptedStatusChange:
        """Permanently disable it: for a product, no Business Care renews any more."""
        cause = cause_of(actor, by, reason, on_behalf_of=on_behalf_of)
        return self._change(Status.OFFLINE_PERMANENT, subject_id, effective_at, cause, by, session)

    def cancel_scheduled_change(
        self,
        subject_id: str,
        *,
        actor: SaleSide,
        reason: str = "",
        by: str | None = None,
        session: HostSession | None = None,
    ) -> None:
        """Cancel this side's scheduled change. `NotFound` with the code `nothing_scheduled` if there is none."""
        cause = cause_of(actor, by, reason)
        target = self._target(subject_id)
        self._write(lambda uow: request_cancellation(uow, target, Side(actor), cause), cause, by, session)

    def preview(
        self, subject_id: str, status: Status, *, actor: SaleSide, session: HostSession | None = None
    ) -> Preview:
        """What the change would do now. Nothing is changed."""

        def read(reading: Session, runtime: Runtime) -> Preview:
            page = subject_page(reading, self._kind, subject_id)
            if page is None:
                raise NotFound(f"there is no {self._kind} {subject_id}")
            wanted = StatusRequest(side=Side(actor), status=Status(status))
            zone = runtime.settings.reference_zone
            preview = preview_change(reading, page, wanted.side, wanted.status, runtime.now(), zone)
            refuse_impossible(preview.effect, preview.before, wanted, page.holds_view.holds)
            return preview

        return self._read(read, session)

    def _target(self, subject_id: str) -> StatusChangeTarget:
        return StatusChangeTarget(kind=self._kind, id=subject_id)

    def _change(
        self,
        status: Status,
        subject_id: str,
        effective_at: datetime | None,
        cause: Cause,
        by: str | None,
        session: HostSession | None,
    ) -> AcceptedStatusChange:
        require_aware(effective_at=effective_at)
        wanted = StatusRequest(side=Side(cause.actor), status=status, effective_at=effective_at)
        target = self._target(subject_id)
        return self._write(lambda uow: request_status_change(uow, target, wanted, cause), cause, by, session)


class ProductActions(PackActions):
    """Actions on products. Packs that contain a product are hidden and shown with it.

    `actor`, `effective_at` and the exceptions are as for packs.
    """

    _kind = SubjectKind.PRODUCT

    def reinstate(
        self, product_id: str, *, reason: str, by: str | None = None, session: HostSession | None = None
    ) -> AcceptedStatusChange:
        """The marketplace brings a withdrawn product back, offline. `Conflict` where it was not withdrawn."""
        cause = cause_of("marketplace", by, reason)
        target = self._target(product_id)
        return self._write(lambda uow: request_reinstatement(uow, target, cause), cause, by, session)
