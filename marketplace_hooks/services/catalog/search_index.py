"""Search index: the entries of products and packs, written in the transaction that describes them.

They are derived from the rows as these stand at its end: descriptions, the listing that is in force, the seller's name.
A listing that begins later, and a seller's new name, leave a row for the job that writes entries anew
(`search_renewal.py`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, false, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...database.types import among
from ...domain.search.ranking import lines_of
from ...domain.search.terms import currency_term, line_terms, name_terms, price_terms, property_term
from ...domain.search.version_spans import announced_span
from ...domain.search.words import indexed_words
from ...models.packs import Pack
from ...models.products import Listing, Product, Seller, SubjectKind
from ...models.search import RenewalScope, SearchEntry, SearchRenewal
from ..core.unit_of_work import UnitOfWork

LONGEST_DETAILS = 2_000
_ADD_WORDS = """INSERT INTO mh_search_words (word)
    SELECT given.value FROM {given}
    WHERE NOT EXISTS (SELECT 1 FROM mh_search_words AS known WHERE known.word = given.value)
    ORDER BY given.value ON CONFLICT DO NOTHING"""


class SearchChanges:
    """The products and packs whose entries are written before the commit."""

    def __init__(self) -> None:
        self._ids: dict[SubjectKind, set[str]] = {}
        self._uow: UnitOfWork | None = None

    def add(self, uow: UnitOfWork, kind: SubjectKind, id_: str) -> None:
        """Have this entry written from the rows as they stand at the end of the transaction."""
        self._uow = uow
        self._ids.setdefault(kind, set()).add(id_)

    def write(self, session: Session) -> None:
        """Write the entries that have been gathered."""
        if self._uow is None:
            return
        self._uow.write_rows(Listing)
        write_entries(session, self._ids, self._uow.now)
        self._ids.clear()


def write_entries(session: Session, ids: Mapping[SubjectKind, Collection[str]], now: datetime) -> None:
    """Write the entries of these products and packs, as the rows stand.

    Words come last, and all by one statement: others wait for a new word until this transaction ends, and it must not
    wait for anybody then.
    """
    product_ids = sorted(ids.get(SubjectKind.PRODUCT, ()))
    pack_ids = sorted(ids.get(SubjectKind.PACK, ()))
    products = session.execute(_products(product_ids, now)).all() if product_ids else []
    packs = session.execute(_packs(pack_ids)).all() if pack_ids else []
    entries = [_entry(SubjectKind.PRODUCT, row) for row in products] + [_entry(SubjectKind.PACK, row) for row in packs]
    _put(session, entries)
    _remember_next_listings(session, products)
    _add_words(session, {term for entry in entries for term in entry["terms"] if not term.startswith("=")})


def lock_entries(session: Session, kind: SubjectKind, ids: Collection[str]) -> None:
    """Lock the entries of these products or packs, those that there are not yet too, before their rows are read.

    Whoever describes one of them has written its entry, and is read, or waits to write it, and writes it last. For who
    has not locked the rows themselves; on SQLite nobody else writes meanwhile.
    """
    if not ids or session.get_bind().dialect.name == "sqlite":
        return
    insert = postgresql.insert(SearchEntry)
    nothing = {"names": "", "details": "", "terms": [], "version_first": 0, "version_last": 0}
    rows = [{"subject_kind": kind, "subject_id": id_, **nothing} for id_ in sorted(ids)]
    same = {"names": insert.excluded.names}
    session.execute(
        insert.on_conflict_do_update(index_elements=["subject_kind", "subject_id"], set_=same, where=false()), rows
    )


def _products(ids: Sequence[str], now: datetime) -> Select[*tuple[Any, ...]]:
    published = Listing.product_id == Product.id
    in_force = (
        select(Listing.id)
        .where(published, Listing.published_at <= now)
        .order_by(Listing.published_at.desc(), Listing.version.desc())
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    coming = (
        select(func.min(Listing.published_at))
        .where(published, Listing.published_at > now)
        .correlate(Product)
        .scalar_subquery()
    )
    return (
        select(
            Product.id,
            Product.seller_id,
            Product.kind,
            Product.title,
            Product.technical_name,
            Product.description,
            Product.categories,
            Product.price_cents,
            Product.currency,
            Seller.name.label("seller_name"),
            Listing.features,
            Listing.compatible_from,
            Listing.compatible_to,
            coming.label("next_listing_at"),
        )
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(Listing, Listing.id == in_force)
        .where(among(Product.id, ids))
        .order_by(Product.id)
    )


def _packs(ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(Pack.id, Pack.seller_id, Pack.title, Pack.price_cents, Pack.currency, Seller.name.label("seller_name"))
        .join(Seller, Seller.id == Pack.seller_id)
        .where(among(Pack.id, ids))
        .order_by(Pack.id)
    )


def _entry(kind: SubjectKind, row: Row[Any]) -> dict[str, Any]:
    names = [*row.title.values()]
    details = [row.seller_name]
    texts: list[str] = []
    properties = [f"=is:{kind}", property_term("seller", row.seller_id), currency_term(row.currency)]
    properties += price_terms(row.price_cents, row.price_cents)
    span = announced_span(None, None)
    if kind is SubjectKind.PRODUCT:
        names.append(row.technical_name)
        details += [*row.categories, *_feature_texts(row.features or [])]
        texts += row.description.values()
        span = announced_span(row.compatible_from, row.compatible_to)
        properties += [f"=kind:{row.kind}", *line_terms(span)]
        properties += [property_term("category", category) for category in row.categories]
    named = indexed_words(names)
    return {
        "subject_kind": kind,
        "subject_id": row.id,
        "names": lines_of(names),
        "details": lines_of(details)[:LONGEST_DETAILS],
        "terms": [*indexed_words([*names, *details, *texts]), *name_terms(named), *properties],
        "version_first": span.first,
        "version_last": span.last,
    }


def _feature_texts(features: Iterable[Any]) -> list[str]:
    """The texts of features: each is one, or one for each language."""
    texts: list[str] = []
    for feature in features:
        texts += feature.values() if isinstance(feature, Mapping) else [feature]
    return [text for text in texts if isinstance(text, str)]


def _add_words(session: Session, words: set[str]) -> None:
    """Add the words that are not known, always in one order: two transactions that add the same wait, and go on."""
    if words:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        ordered = sorted(words)
        given = "json_each(:words) AS given" if is_sqlite else "unnest(CAST(:words AS text[])) AS given(value)"
        parameters = {"words": json.dumps(ordered) if is_sqlite else ordered}
        session.execute(text(_ADD_WORDS.format(given=given)), parameters)


def _put(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace these entries; one that says the same already is left alone."""
    if not entries:
        return
    insert = _dialect(session).insert(SearchEntry)
    names = ("names", "details", "terms", "version_first", "version_last")
    changes = {name: insert.excluded[name] for name in names}
    differs = or_(*(getattr(SearchEntry, name).is_distinct_from(insert.excluded[name]) for name in names))
    put = insert.on_conflict_do_update(index_elements=["subject_kind", "subject_id"], set_=changes, where=differs)
    session.execute(put, entries)


def _remember_next_listings(session: Session, rows: Sequence[Row[Any]]) -> None:
    """Have the entries of products with a listing to come written anew when it begins."""
    _request(session, [(RenewalScope.PRODUCT, row.id, row.next_listing_at) for row in rows if row.next_listing_at])


def request_renewal(session: Session, scope: RenewalScope, subject_id: str, due_at: datetime) -> None:
    """Have entries written anew from `due_at` on, from the first of them."""
    _request(session, [(scope, subject_id, due_at)])


def _request(session: Session, renewals: Sequence[tuple[RenewalScope, str, datetime]]) -> None:
    if not renewals:
        return
    insert = _dialect(session).insert(SearchRenewal)
    anew = {"due_at": insert.excluded.due_at, "after_kind": SubjectKind.PRODUCT, "after_id": ""}
    put = insert.on_conflict_do_update(index_elements=["scope", "subject_id"], set_=anew)
    session.execute(put, [{"scope": scope, "subject_id": id_, "due_at": due_at} for scope, id_, due_at in renewals])


def _dialect(session: Session) -> Any:
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
