"""Deliveries of fixes: requests that are resolved because their customers can download the release that fixes them.

Publishing a release that names requests is the seller's own act: it resolves and acknowledges them, once it is
available. For whoever may not download that release it has no effect until they may: once they have bought it, or a
dispute of their payment is won. A request that is accepted only later is resolved then (`rules.md` 22).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select

from ...database.types import json_names
from ...domain.releases.downloads import DownloadVerdict
from ...domain.support.state_machine import Handling
from ...models.cascades import Cascade
from ...models.releases import Release, ReleaseKind, ReleasePurchase
from ...models.support import SupportRequest
from ..catalog.cascades import Step
from ..core.unit_of_work import Cause, UnitOfWork
from .fix_releases import download_verdict
from .messages import acknowledge
from .moves import resolve, settle
from .transitions import locked_request

RESOLVED_AT_ONCE = 100
"""Requests that one chunk of a cascade resolves at most."""
_AWAITS_FIX = (Handling.ACCEPTED, Handling.ACKNOWLEDGED)


class FixObstacle(StrEnum):
    """Why a release does not resolve a request, where neither the request's state nor its purchase's downloads say."""

    UNKNOWN_REQUEST = "unknown"
    ANOTHER_PRODUCT = "another product"
    NO_PURCHASE = "no purchase"


@dataclass(frozen=True, kw_only=True)
class FixOutcome:
    """What a published release has done for the requests that it names: resolved some, and why not the others.

    `without_effect` has a code for each of the others: a `FixObstacle`, a `Handling` or a `DownloadVerdict`.
    """

    resolved: list[str] = field(default_factory=list)
    without_effect: dict[str, str] = field(default_factory=dict)

    @property
    def note(self) -> str | None:
        """One line for the event's outcome, as the API publishes it; None when every request was resolved.

        Pages say it in the reader's language (`web/labels/fix_outcomes.py`).
        """
        if not self.without_effect:
            return None
        reasons = ", ".join(f"{id_} ({why})" for id_, why in sorted(self.without_effect.items()))
        return f"no effect for {reasons}"


def resolve_by_release(
    uow: UnitOfWork, release: Release, request_ids: Sequence[str], at: datetime, cause: Cause
) -> FixOutcome:
    """Resolve the requests that a published release fixes, where their customers may download it."""
    outcome = FixOutcome()
    known = set(uow.session.scalars(select(SupportRequest.id).where(SupportRequest.id.in_(list(request_ids)))))
    for request_id in sorted(set(request_ids)):
        reason = _reason_against(uow, release, request_id) if request_id in known else FixObstacle.UNKNOWN_REQUEST
        if reason is not None:
            outcome.without_effect[request_id] = reason
            continue
        resolve(uow, request_id, how="release", release_id=release.id, text="", cause=cause, at=at)
        outcome.resolved.append(request_id)
    return outcome


def resolve_by_available_release(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """The next chunk of a cascade: a release that was published for later resolves what it fixes, from that instant."""
    release = uow.session.get_one(Release, cascade.about)
    named = sorted(set(release.fixes))
    waiting = [one for one in named if progress.cursor is None or one > progress.cursor][: min(limit, RESOLVED_AT_ONCE)]
    outcome = resolve_by_release(uow, release, waiting, release.published_at, Cause.from_json(cascade.cause))
    progress.total = (progress.total or 0) + len(outcome.resolved)
    progress.done = progress.total
    if waiting and waiting[-1] != named[-1]:
        progress.cursor = waiting[-1]
    else:
        progress.state = "done"


def _reason_against(uow: UnitOfWork, release: Release, request_id: str) -> str | None:
    """Why a release does not resolve this request; None when it does."""
    request = locked_request(uow.session, request_id)
    if request.product_id != release.product_id:
        return FixObstacle.ANOTHER_PRODUCT
    if request.handling not in _AWAITS_FIX:
        return str(request.handling)
    verdict = download_verdict(uow, request, release.id)
    return None if verdict is DownloadVerdict.AVAILABLE else str(verdict or FixObstacle.NO_PURCHASE)


def resolve_by_purchase(uow: UnitOfWork, release: Release, purchase_id: str, at: datetime, cause: Cause) -> list[str]:
    """Resolve the purchase's requests that wait for this paid release: accepted as an offer, or published as their fix.

    The fix counts from `at`, when it was bought. Buying is the customer's act: it acknowledges nothing for the seller.
    Return the requests' ids.
    """
    query = select(SupportRequest.id).where(
        SupportRequest.purchase_id == purchase_id, SupportRequest.handling.in_(_AWAITS_FIX)
    )
    resolved = []
    for request_id in sorted(uow.session.scalars(query)):
        request = locked_request(uow.session, request_id)
        is_accepted = release.id == _accepted_release(request)
        if not is_accepted and request_id not in release.fixes:
            continue
        if download_verdict(uow, request, release.id) is not DownloadVerdict.AVAILABLE:
            continue
        how = "paid_update" if is_accepted else "release"
        settle(uow, request, how=how, release_id=release.id, text="", at=at, cause=cause)
        resolved.append(request_id)
    return resolved


def deliver_earlier_fixes(uow: UnitOfWork, purchase_id: str, cause: Cause) -> None:
    """The customer may download again: resolve the purchase's requests by what was published or bought meanwhile."""
    query = select(SupportRequest.id).where(
        SupportRequest.purchase_id == purchase_id, SupportRequest.handling.in_(_AWAITS_FIX)
    )
    for request_id in sorted(uow.session.scalars(query)):
        deliver_earlier_fix(uow, locked_request(uow.session, request_id), cause)


def deliver_earlier_fix(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """Resolve an accepted request by the first release that was to fix it before it could.

    The fix counts from when that was published or bought, but not before the request's clocks began. What came before
    the customer said "not fixed" is no fix.
    """
    for fix in _earlier_fixes(uow, request):
        is_new = request.resolved_at is None or fix.at > request.resolved_at
        if not is_new or download_verdict(uow, request, fix.release_id) is not DownloadVerdict.AVAILABLE:
            continue
        at = min(max(fix.at, request.clocks_from or fix.at), uow.now)
        by_seller = replace(cause, actor="seller")
        if not fix.is_bought:
            acknowledge(uow, request, at, by_seller)
        how = "paid_update" if fix.release_id == _accepted_release(request) else "release"
        settle(uow, request, how=how, release_id=fix.release_id, text="", at=at, cause=by_seller)
        return


@dataclass(frozen=True, kw_only=True)
class _EarlierFix:
    """A release that names a request or was offered for it. `at` is when it was published or bought."""

    release_id: str
    is_bought: bool
    at: datetime


def _earlier_fixes(uow: UnitOfWork, request: SupportRequest) -> list[_EarlierFix]:
    """The releases that were to fix a request, in the order in which they could; of the paid ones those bought.

    What a release names counts from its last description: nothing says since when it has named it.
    """
    bought = select(ReleasePurchase.purchased_at).where(
        ReleasePurchase.release_id == Release.id, ReleasePurchase.purchase_id == request.purchase_id
    )
    query = select(
        Release.id,
        Release.kind,
        Release.published_at,
        Release.described_at,
        bought.scalar_subquery().label("bought_at"),
    ).where(
        Release.product_id == request.product_id,
        Release.published_at <= uow.now,
        or_(json_names(Release.fixes, request.id), Release.id == _accepted_release(request)),
    )
    found = []
    for row in uow.session.execute(query):
        is_bought = row.bought_at is not None
        if row.kind is ReleaseKind.PAID and not is_bought:
            continue
        named_at = max(row.published_at, row.described_at or row.published_at)
        at = row.bought_at if row.id == _accepted_release(request) else max(named_at, row.bought_at or named_at)
        found.append(_EarlierFix(release_id=row.id, is_bought=is_bought, at=at))
    return sorted(found, key=lambda one: (one.at, one.release_id))


def _accepted_release(request: SupportRequest) -> str | None:
    """The paid release whose offer the customer has accepted."""
    offer = request.offer or {}
    return offer["release_id"] if offer.get("answer") == "accepted" else None
