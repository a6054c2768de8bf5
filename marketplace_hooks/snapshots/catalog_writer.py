"""Writing of imported sellers, products, packs and releases: what is new is added, what is known stays as it is.

Of what an event has made known, a line adds what only it says: `catalog_statuses.py`, and earlier listings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ..database.bulk_insert import bulk_insert
from ..domain.standard_reasons import StandardReason
from ..models.products import Listing, SubjectKind
from ..models.releases import Release, ReleaseKind
from ..services.business_care.price_reviews import request_price_review
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.catalog.packs import upsert_pack
from ..services.catalog.products import add_listing, upsert_product
from ..services.catalog.search_index import SearchChanges
from ..services.catalog.sellers import upsert_seller
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.releases.publishing import publish_release
from .catalog_statuses import (
    hide_everything_of,
    hide_packs_of,
    record_reinstated_withdrawals,
    record_statuses,
    record_suspension,
    stop_renewals_of,
)
from .entities import Entity
from .seller_closures import record_closures

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
    """Add the sellers that are not known, and what nobody has reported: suspensions and closures.

    Returns how many sellers were new.
    """
    locked_subjects = LockedSubjects(uow.session)
    new = _unknown(locked_subjects, SubjectKind.SELLER, entities)
    for entity in new:
        upsert_seller(uow, locked_subjects, entity.data, sent_at=entity.timestamp)
    added = {entity.id for entity in new}
    suspended = [
        entity.id
        for entity in entities
        if (locked := locked_subjects.get(SubjectKind.SELLER, entity.id)) is not None
        and record_suspension(uow, locked, entity.data["suspended"])
    ]
    hide_everything_of(uow, [id_ for id_ in suspended if id_ not in added])
    record_closures(uow, entities)
    return len(new)


def write_products(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the products that are not known, and of all of them what is not; return how many were new.

    Of a known product that is the earlier revisions of its listing, and the statuses of sides that said nothing here.
    """
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load((SubjectKind.SELLER, entity.data["seller_id"]) for entity in entities)
    new = _unknown(locked_subjects, SubjectKind.PRODUCT, entities)
    added = {entity.id for entity in new}
    _add_earlier_listings(uow, locked_subjects, [entity for entity in entities if entity.id not in added])
    for entity in new:
        upsert_product(uow, locked_subjects, entity.data, CAUSE, described_at=None)
        for listing in entity.data["listings"]:
            add_listing(uow, _revision(entity, listing))
    reinstated = {entity.id: entity.data["withdrawals"] for entity in entities if entity.data["withdrawals"]}
    record_reinstated_withdrawals(uow, reinstated)
    changed = _record_statuses(uow, locked_subjects, SubjectKind.PRODUCT, entities)
    hide_packs_of(uow, changed - added)
    stop_renewals_of(uow, changed - added)
    return len(new)


def write_packs(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the packs that are not known, and the statuses of sides that said nothing here; return how many were new."""
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load((SubjectKind.SELLER, entity.data["seller_id"]) for entity in entities)
    locked_subjects.load((SubjectKind.PRODUCT, id_) for entity in entities for id_ in entity.data["product_ids"])
    new = _unknown(locked_subjects, SubjectKind.PACK, entities)
    for entity in new:
        upsert_pack(uow, locked_subjects, entity.data, CAUSE, described_at=entity.timestamp)
    _record_statuses(uow, locked_subjects, SubjectKind.PACK, entities)
    return len(new)


def _unknown(locked_subjects: LockedSubjects, kind: SubjectKind, entities: Sequence[Entity]) -> list[Entity]:
    locked_subjects.load((kind, entity.id) for entity in entities)
    return [entity for entity in entities if locked_subjects.get(kind, entity.id) is None]


def _record_statuses(
    uow: UnitOfWork, locked_subjects: LockedSubjects, kind: SubjectKind, entities: Sequence[Entity]
) -> set[str]:
    """Record the statuses of these lines; return the ids of those that are offline by them."""
    return {
        entity.id
        for entity in entities
        if (locked := locked_subjects.get(kind, entity.id)) is not None
        and record_statuses(uow, locked, entity.data["statuses"])
    }


def _add_earlier_listings(uow: UnitOfWork, locked_subjects: LockedSubjects, entities: Sequence[Entity]) -> None:
    """Add the revisions of the listings of known products that are older than what is known, and not stored.

    A newer one is left to its event, which describes the product, too.
    """
    ids = [entity.id for entity in entities]
    query = select(Listing.product_id, Listing.version).where(Listing.product_id.in_(ids))
    stored = {(row.product_id, row.version) for row in uow.session.execute(query)} if ids else set()
    for entity in entities:
        locked = locked_subjects.get(SubjectKind.PRODUCT, entity.id)
        known_version = locked.row.description_version if locked is not None else 0
        revisions = [dict(entity.data), *(_revision(entity, listing) for listing in entity.data["listings"])]
        earlier = [one for one in revisions if one["version"] < known_version]
        missing = [one for one in earlier if (entity.id, one["version"]) not in stored]
        for revision in missing:
            add_listing(uow, revision)
        if missing:  # by their dates, one of them may be the one in force, or name the price of a renewal.
            uow.deferred(SearchChanges).add(uow, SubjectKind.PRODUCT, entity.id)
            request_price_review(uow, entity.id)


def _revision(entity: Entity, listing: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier revision of a product's listing, in the form of its description."""
    return {
        "product_id": entity.id,
        "version": listing["version"],
        "price": listing["price"],
        "listing": listing,
    }


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
