"""Words that a reader may mean: those in the search index that contain what was typed, or are one small mistake away.

Only the distinct words of the catalogue are searched, which are few compared with its texts. One statement serves all
words of a search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, literal, literal_column, select, text, union_all
from sqlalchemy.orm import Session

from ...database.full_text import MOST_LETTERS, SQLITE_PARTS, found_by, query_of
from ...database.trigram_index import has_trigrams
from ...database.types import among
from ...domain.search.spelling import LONG, SHORTEST, mistakes_between, one_mistake_away
from ...models.search import SearchWord

MOST_COMPLETIONS = 200
"""Words of the catalogue that one typed word may stand for: the shortest that contain it."""
MOST_SHORT_COMPLETIONS = 50
MOST_SIMILAR = 20
_MOST_COMPARED = 60
_TRIGRAM = 3
_INDEXED: ColumnElement[str] = literal_column("(mh_search_words.word || '')", String())
"""What PostgreSQL's trigram index is of (`database/trigram_index.py`)."""
_SHORTEST_PLURAL = 4

Spellings = Mapping[str, Sequence[str]]
"""For each typed word the words of the catalogue that are meant by it."""


def read_completions(session: Session, words: Sequence[str]) -> Spellings:
    """The words that contain each of these; a short one of letters is only looked for at the beginning of words."""
    found = _read(session, [_completions(session, number, word) for number, word in enumerate(words)])
    return {word: list(dict.fromkeys([word, *_singular(word), *found[number]])) for number, word in enumerate(words)}


def read_similar(session: Session, words: Sequence[str]) -> Spellings:
    """The words that differ from each of these by one small mistake; from a long one by two, if by one none does."""
    asked = [(number, word) for number, word in enumerate(words) if len(word) >= SHORTEST]
    found = _read(session, [_by_one_mistake(number, word) for number, word in asked])
    similar = {word: _closest(word, found[number]) for number, word in asked}
    unlike = [(number, word) for number, word in asked if len(word) >= LONG and not similar[word]]
    if unlike and _has_trigrams(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL pg_trgm.similarity_threshold = 0.4"))
        found = _read(session, [_by_trigrams(session, number, word) for number, word in unlike])
        similar |= {word: _closest(word, found[number]) for number, word in unlike}
    return {word: others for word, others in similar.items() if others}


def _read(session: Session, queries: Sequence[Select[*tuple[Any, ...]]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {number: [] for number in range(len(queries) + 10)}
    if queries:
        for number, word in session.execute(union_all(*(select(one.subquery()) for one in queries))):
            found[number].append(word)
    return found


def _completions(session: Session, number: int, word: str) -> Select[*tuple[Any, ...]]:
    named = select(literal(number).label("number"), SearchWord.word)
    if len(word) < _TRIGRAM and word.isascii() and word.isalnum():
        beginning = named.where(SearchWord.word >= word, SearchWord.word < word + MOST_LETTERS)
        return beginning.order_by(SearchWord.word).limit(MOST_SHORT_COMPLETIONS)
    if len(word) < _TRIGRAM or session.get_bind().dialect.name == "postgresql":
        containing = named.where(_INDEXED.contains(word, autoescape=True))
    else:
        containing = _joined(session, named, [word])
    return containing.order_by(func.length(SearchWord.word), SearchWord.word).limit(MOST_COMPLETIONS)


def _joined(session: Session, named: Select[*tuple[Any, ...]], parts: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The words that contain one of these parts, by the trigrams of SQLite."""
    joined = named.join_from(SQLITE_PARTS, SearchWord, SearchWord.id == SQLITE_PARTS.c.rowid)
    return joined.where(found_by(text(SQLITE_PARTS.name), literal(query_of(session, [parts]))))


def _by_one_mistake(number: int, word: str) -> Select[*tuple[Any, ...]]:
    return select(literal(number).label("number"), SearchWord.word).where(
        among(SearchWord.word, one_mistake_away(word))
    )


def _by_trigrams(session: Session, number: int, word: str) -> Select[*tuple[Any, ...]]:
    named = select(literal(number).label("number"), SearchWord.word)
    if session.get_bind().dialect.name == "postgresql":
        like = named.where(_INDEXED.op("%")(word))
        return like.order_by(func.similarity(_INDEXED, word).desc()).limit(_MOST_COMPARED)
    parts = [word[start : start + _TRIGRAM] for start in range(len(word) - _TRIGRAM + 1)]
    return _joined(session, named, parts).order_by(text("rank")).limit(_MOST_COMPARED)


def _has_trigrams(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite" or has_trigrams(session)


def _closest(word: str, others: Sequence[str]) -> list[str]:
    most = 2 if len(word) >= LONG else 1
    near = [(mistakes_between(word, other, most=most), other) for other in others]
    return [other for distance, other in sorted(near) if distance <= most][:MOST_SIMILAR]


def _singular(word: str) -> list[str]:
    """The word without the ending of most plurals in English and French."""
    return [word[:-1]] if len(word) > _SHORTEST_PLURAL and word[-1] in "sx" else []
