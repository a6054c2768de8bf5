"""Writing of imported sellers, products, packs and releases: what is new is added, what is known stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ..database.bulk_insert import bulk_insert
from ..domain.catalog.statuses import Side, Status
from ..domain.standard_reasons import StandardReason
from ..models.products import SubjectKind, Withdrawal
from ..models.releases import Release, ReleaseKind
from ..services.catalog.locked_subjects import LockedSubject, LockedSubjects
from ..services.catalog.packs import upsert_pack
from ..services.catalog.products import add_listing, upsert_product
from ..services.catalog.sellers import upsert_seller
from ..services.catalog.status_changes import open_hold
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.releases.publishing import publish_release
from .entities import Entity

CAUSE = Cause(actor="marketplace", reason=StandardReason.IMPORTED)

_RELEASE_COLUMNS = (
    "id",
    "product_id",
    "number",
    "kind",
    "compatible_from",
    "compatible_to",
    "published_at",
    "download_url",
    "sha256",
    "price_cents",
    "currency",
    "manifest",
    "fixes",
    "described_at",
)


def write_sellers(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the sellers that are not known; return how many they were."""
    locked_subjects = LockedSubjects(uow.session)
    new = _unknown(locked_subjects, SubjectKind.SELLER, entities)
    for entity in new:
        upsert_seller(uow, locked_subjects, entity.data, sent_at=entity.timestamp)
        locked = locked_subjects.get(SubjectKind.SELLER, entity.id)
        suspended = entity.data["suspended"]
        if locked is None or suspended is None:
            continue
        cause = Cause(actor=Side.MARKETPLACE, reason=suspended["reason"])
        open_hold(locked.side(Side.ACCOUNT, uow.session), cause, suspended["since"])
        locked.row.account_at = suspended["since"]
    return len(new)


def write_products(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the products that are not known, with every revision of their listings; return how many they were."""
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load((SubjectKind.SELLER, entity.data["seller_id"]) for entity in entities)
    new = _unknown(locked_subjects, SubjectKind.PRODUCT, entities)
    for entity in new:
        upsert_product(uow, locked_subjects, entity.data, CAUSE, described_at=None)
        for listing in entity.data["listings"]:
            revision = {"version": listing["version"], "price": listing["price"], "listing": listing}
            add_listing(uow, {"product_id": entity.id, **revision})
        if (locked := locked_subjects.get(SubjectKind.PRODUCT, entity.id)) is not None:
            _record_statuses(uow, locked, entity.data["statuses"])
            locked.row.shown = locked.row.status is Status.ONLINE
    return len(new)


def write_packs(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the packs that are not known; return how many they were."""
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load((SubjectKind.SELLER, entity.data["seller_id"]) for entity in entities)
    locked_subjects.load((SubjectKind.PRODUCT, id_) for entity in entities for id_ in entity.data["product_ids"])
    new = _unknown(locked_subjects, SubjectKind.PACK, entities)
    for entity in new:
        upsert_pack(uow, locked_subjects, entity.data, CAUSE)
        if (locked := locked_subjects.get(SubjectKind.PACK, entity.id)) is not None:
            _record_statuses(uow, locked, entity.data["statuses"])
            locked.row.shown = locked.row.shown and locked.row.status is Status.ONLINE
    return len(new)


def _unknown(locked_subjects: LockedSubjects, kind: SubjectKind, entities: Sequence[Entity]) -> list[Entity]:
    locked_subjects.load((kind, entity.id) for entity in entities)
    return [entity for entity in entities if locked_subjects.get(kind, entity.id) is None]


def _record_statuses(uow: UnitOfWork, locked: LockedSubject, statuses: Sequence[Mapping[str, Any]]) -> None:
    """Record what each side had asked for last, and derive the status from it."""
    for one in statuses:
        side = Side(one["actor"])
        state = locked.side(side, uow.session)
        state.version = one["version"]
        cause = Cause(actor=side, reason=one["reason"])
        if one["status"] == Status.OFFLINE_TEMPORARY:
            open_hold(state, cause, one["since"])
        elif one["status"] == Status.OFFLINE_PERMANENT and locked.withdrawal is None:
            locked.withdrawal = Withdrawal(
                subject_kind=locked.kind,
                subject_id=locked.row.id,
                side=side,
                reason=cause.reason,
                cause=cause.as_json(),
                received_at=one["since"],
                effective_at=one["since"],
            )
            uow.session.add(locked.withdrawal)
    locked.row.status = locked.derived_status()


def write_releases(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the releases that are not known; one that is published later is announced then. Returns how many were new."""
    ids = [entity.id for entity in entities]
    known = set(uow.session.scalars(select(Release.id).where(Release.id.in_(ids))))
    new = [entity for entity in entities if entity.id not in known]
    published = [entity for entity in new if entity.data["published_at"] <= uow.now]
    bulk_insert(uow.session, Release, _RELEASE_COLUMNS, [_release_row(entity) for entity in published])
    planned = [entity for entity in new if entity.data["published_at"] > uow.now]
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load((SubjectKind.PRODUCT, entity.data["product_id"]) for entity in planned)
    for entity in planned:
        if (locked := locked_subjects.get(SubjectKind.PRODUCT, entity.data["product_id"])) is not None:
            publish_release(uow, locked, entity.data, CAUSE, sent_at=entity.timestamp)
    return len(new)


def _release_row(entity: Entity) -> tuple[Any, ...]:
    data = entity.data
    price = (data["price"] if data["kind"] == ReleaseKind.PAID else None) or {}
    return (
        entity.id,
        data["product_id"],
        data["number"],
        ReleaseKind(data["kind"]),
        data["compatible_from"],
        data["compatible_to"],
        data["published_at"],
        data["download_url"],
        data["sha256"],
        price.get("amount_cents"),
        price.get("currency"),
        data["manifest"],
        data["fixes"],
        entity.timestamp,
    )
