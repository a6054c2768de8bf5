"""Ranking: the order in which found entries are shown, the best first, alike on every database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .words import folded

_WHOLE_NAME = 200
_BEGINNING_OF_NAME = 60
_WORD_OF_NAME = 100
_BEGINNING_OF_WORD = 70
_PART_OF_NAME = 50
_SIMILAR_IN_NAME = 40
_WORD_OF_DETAILS = 30
_PART_OF_DETAILS = 20
_ELSEWHERE = 10


@dataclass(frozen=True)
class Entry:
    """What was found: `names` are its titles and technical name, `details` its seller, features and categories.

    Both are written by `lines_of`.
    """

    id: str
    names: str
    details: str


def lines_of(texts: Iterable[str]) -> str:
    """These texts, folded, each a line between blanks, so that whole words and whole lines are found as they stand."""
    return "".join(["\n", *(f" {text} \n" for text in dict.fromkeys(folded(text) for text in texts))])


def ranked(entries: Iterable[Entry], words: Sequence[str], similar: Mapping[str, Sequence[str]]) -> list[str]:
    """The ids of the entries, the best first; equally good ones by id. `similar` are other spellings of a word."""
    phrase = " ".join(words)
    forms = [(word, f" {word} ", f" {word}", similar.get(word, ())) for word in words]

    def score(entry: Entry) -> int:
        found = 0
        for form in forms:
            found += _score_of_word(*form, entry.names, entry.details)
        if f"\n {phrase}" not in entry.names:
            return found
        return found + (_WHOLE_NAME if f"\n {phrase} \n" in entry.names else _BEGINNING_OF_NAME)

    return [id_ for _, id_ in sorted((-score(entry), entry.id) for entry in entries)]


def is_in_names(entry: Entry, words: Sequence[str]) -> bool:
    """Whether every word is in the names as it was typed."""
    return all(word in entry.names for word in words)


def _score_of_word(word: str, whole: str, start: str, similar: Sequence[str], names: str, details: str) -> int:
    """Names count more than details, these more than the description, and whole words more than parts of them."""
    if word in names:
        if whole in names:
            return _WORD_OF_NAME
        return _BEGINNING_OF_WORD if start in names else _PART_OF_NAME
    if any(other in names for other in similar):
        return _SIMILAR_IN_NAME
    if whole in details:
        return _WORD_OF_DETAILS
    return _PART_OF_DETAILS if word in details else _ELSEWHERE
