"""Search: the products or packs that have all words of a search, the best first, narrowed by their properties.

What the words may stand for is looked up first (`search_spelling.py`), then the index is asked for entries, and the
rows themselves for what a reader may see. However common a word is, at most `MOST_FOUND` entries are put in order:
where there are more, those that have the words in their names come before others. A word that nothing has is taken for
a typing mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, literal, select, text, true
from sqlalchemy.orm import Session

from ...database.exists_apart import exists_apart
from ...database.full_text import SQLITE_INDEX, found_by, query_of
from ...database.types import among
from ...domain.search.ranking import Entry, is_in_names, ranked
from ...domain.search.terms import currency_term, line_terms, name_terms, price_terms, property_term
from ...domain.search.version_spans import VersionSpan
from ...domain.search.words import searched_words
from ...models.categories import ProductCategory
from ...models.packs import Pack
from ...models.products import Product, ProductKind, SubjectKind
from ...models.search import SearchEntry
from .search_spelling import read_completions, read_similar

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
MOST_FOUND = 500
FEW = 3
"""Where fewer are found, and none of them by its name, similar words are looked for, too."""


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """The properties by which a search is narrowed.

    A range of prices is one of `currency`; without it, prices are compared as numbers, whatever their currency.
    """

    seller_id: str | None = None
    category: str | None = None
    kind: ProductKind | None = None
    versions: VersionSpan | None = None
    lowest_cents: int | None = None
    highest_cents: int | None = None
    currency: str | None = None

    @property
    def is_by_properties(self) -> bool:
        """Whether more than the seller and the category is asked for, which have indexes of their own."""
        properties = (self.kind, self.versions, self.lowest_cents, self.highest_cents, self.currency)
        return any(one is not None for one in properties)

    def terms(self) -> list[list[str]]:
        """What the index has of all that is meant: at least one term of each list."""
        found: list[list[str]] = []
        if self.seller_id is not None:
            found.append([property_term("seller", self.seller_id)])
        if self.category is not None:
            found.append([property_term("category", self.category)])
        if self.kind is not None:
            found.append([f"=kind:{self.kind}"])
        if self.versions is not None:
            found.append(line_terms(self.versions))
        if self.currency is not None:
            found.append([currency_term(self.currency)])
        if self.lowest_cents is not None or self.highest_cents is not None:
            found.append(price_terms(self.lowest_cents or 0, self.highest_cents))
        return [one for one in found if one]

    def conditions(self, table: type[Any]) -> list[ColumnElement[bool]]:
        """The same as conditions on the rows of products (or packs) and their entries."""
        wanted: list[ColumnElement[bool]] = []
        if self.seller_id is not None:
            wanted.append(table.seller_id == self.seller_id)
        if self.lowest_cents is not None:
            wanted.append(table.price_cents >= self.lowest_cents)
        if self.highest_cents is not None:
            wanted.append(table.price_cents <= self.highest_cents)
        if self.currency is not None:
            wanted.append(table.currency == self.currency)
        if self.kind is not None:
            wanted.append(Product.kind == self.kind)
        if self.category is not None:
            named = (ProductCategory.product_id == Product.id) & (ProductCategory.category == self.category)
            wanted.append(select(ProductCategory.product_id).where(named).exists())
        if self.versions is not None:
            wanted += [
                SearchEntry.version_first <= self.versions.last,
                SearchEntry.version_last >= self.versions.first,
            ]
        return wanted


NO_MATTER_WHICH = Narrowing()


@dataclass(frozen=True, kw_only=True)
class Found:
    """The ids of what was found, in their order, `MOST_FOUND` at most.

    `has_more`: more was found than could be put in order. `others` are then the ids of all that have the words, None
    where no words were searched. `is_similar`: nothing has the words as they were typed, so similar ones were taken.
    """

    ids: Sequence[str] = field(default_factory=list)
    has_more: bool = False
    others: Select[str] | None = None
    is_similar: bool = False

    def has(self, id_: Any) -> ColumnElement[bool]:
        """SQL for: this is one of those that were found, for a row that has the properties."""
        if not self.has_more:
            return among(id_, self.ids)
        return true() if self.others is None else id_.in_(self.others)


def find_by_words(
    session: Session, kind: SubjectKind, search: str, narrowing: Narrowing, visible: Sequence[ColumnElement[bool]]
) -> Found:
    """What has all words of the search; `visible` are conditions on the rows. A search without a word finds nothing."""
    words = searched_words(search)
    if not words:
        return Found()
    index = _Index(session, kind, narrowing, visible)
    completions = read_completions(session, words)
    meant = [completions[word] for word in words]
    entries = index.find(meant)
    if len(entries) > MOST_FOUND:
        for any_of in ([[word] for word in words], meant):
            named = index.find([name_terms(forms) for forms in any_of])
            entries = _first(named, entries)
            if len(named) > MOST_FOUND:
                break
        return Found(ids=ranked(entries[:MOST_FOUND], words, {}), has_more=True, others=index.ids(meant))
    is_enough = len(entries) >= (FEW if kind is SubjectKind.PRODUCT else 1)
    if is_enough or any(is_in_names(entry, words) for entry in entries):
        return Found(ids=ranked(entries, words, {}))
    similar = read_similar(session, words)
    if not similar:
        return Found(ids=ranked(entries, words, {}))
    meant = [[*completions[word], *similar.get(word, ())] for word in words]
    wider = index.find(meant)
    ids = ranked(_first(entries, wider)[:MOST_FOUND], words, similar)
    has_more = len(wider) > MOST_FOUND
    others = index.ids(meant) if has_more else None
    return Found(ids=ids, has_more=has_more, others=others, is_similar=not entries and bool(ids))


def find_by_properties(
    session: Session, kind: SubjectKind, narrowing: Narrowing, visible: Sequence[ColumnElement[bool]]
) -> Found:
    """What has the properties, by id; `has_more` where that is too much to be put in order."""
    index = _Index(session, kind, narrowing, visible)
    entries = index.find([])
    return Found(ids=sorted(entry.id for entry in entries)[:MOST_FOUND], has_more=len(entries) > MOST_FOUND)


def _first(best: Sequence[Entry], others: Sequence[Entry]) -> list[Entry]:
    """The best entries, then the others."""
    return list({entry.id: entry for entry in (*best, *others)}.values())


class _Index:
    """The entries of one kind that have the properties, and that the reader may see."""

    def __init__(
        self, session: Session, kind: SubjectKind, narrowing: Narrowing, visible: Sequence[ColumnElement[bool]]
    ) -> None:
        self._session = session
        self._table: type[Any] = Product if kind is SubjectKind.PRODUCT else Pack
        self._terms = [[f"=is:{kind}"], *narrowing.terms()]
        self._conditions = [*narrowing.conditions(self._table), *visible]

    def find(self, any_of: Sequence[Sequence[str]]) -> list[Entry]:
        """Those that have one of each list of words, `MOST_FOUND` and one at most."""
        entries = select(SearchEntry.subject_id, SearchEntry.names, SearchEntry.details)
        described = select(self._table.id).where(self._table.id == SearchEntry.subject_id, *self._conditions)
        found = self._matching(entries, any_of).where(exists_apart(described.correlate(SearchEntry)))
        return [Entry(*row) for row in self._session.execute(found.limit(MOST_FOUND + 1))]

    def ids(self, any_of: Sequence[Sequence[str]]) -> Select[str]:
        """The ids of all that have one of each list of words, whoever may see them."""
        return self._matching(select(SearchEntry.subject_id), any_of)

    def _matching(self, entries: Query, any_of: Sequence[Sequence[str]]) -> Query:
        query = literal(query_of(self._session, [*any_of, *self._terms]))
        if self._session.get_bind().dialect.name == "postgresql":
            return entries.where(found_by(SearchEntry.terms, query))
        joined = entries.join_from(SQLITE_INDEX, SearchEntry, SearchEntry.id == SQLITE_INDEX.c.rowid)
        return joined.where(found_by(text(SQLITE_INDEX.name), query))
