"""Contract of the pages’ words: `docs/glossary.md` says which word a concept has in each language, and which never.

Messages are read from the catalogue, once: what a reader of French reads stands beside the English message.
"""

from __future__ import annotations

import re

import pytest

from marketplace_hooks.web.i18n import catalogs

from .test_glossary import rows

ROWS = rows("Words of the pages")
PLACEHOLDER = re.compile(r"%\(\w+\)s")
COMMAND = re.compile(r"marketplace-hooks [\w ]+")
PAIRS_EXCEPT = {
    "a delivery report": "a report of mail servers, not of a webhook",
    "Add evidence: the check found nothing to support this reason": "to support is a verb here",
}
"""Messages in which the English word means something else."""
PAIRED_WORDS = {"deadline", "first response", "overdue", "on time", "needs attention", "support request", "support"} | {
    *("reason", "type of request", "permanently disable", "follow-up steps", "Business Care active", "closure"),
    *("endpoint", "delivery", "refund", "charge", "ID"),
}


def messages() -> list[tuple[str, str]]:
    """Every message in both languages, each form of a plural."""
    found = []
    for message in catalogs.read("fr"):
        if message.id:
            english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            found += [
                (english[min(i, len(english) - 1)], form) for i, form in enumerate(catalogs.forms(message.string))
            ]
    return found


MESSAGES = messages()


def words(cell: str) -> list[str]:
    """The words of a cell."""
    return [word.strip() for word in cell.split(",") if word.strip()]


def bare(text: str) -> str:
    """The text without what is no word of it: placeholders and commands."""
    return COMMAND.sub(" ", PLACEHOLDER.sub(" ", text))


def saying(terms: list[str], language: int) -> list[str]:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, terms))})(?!\w)", re.IGNORECASE)
    return [one[language] for one in MESSAGES if pattern.search(bare(one[language]))]


@pytest.mark.parametrize(
    ("language", "never"),
    [
        pytest.param(language, word, id=f"{('en', 'fr')[language]} {word}")
        for row in ROWS
        for language in (0, 1)
        for word in words(row[2 + language])
    ],
)
def test_no_message_uses_a_word_that_readers_do_not_have(language: int, never: str) -> None:
    assert saying([never], language) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row[0] in PAIRED_WORDS], ids=lambda row: row[0])
def test_a_concept_has_its_word_in_french_too(row: list[str]) -> None:
    english = re.compile(rf"(?<!\w){re.escape(row[0])}", re.IGNORECASE if row[0].islower() else 0)
    french = re.compile("|".join(re.escape(word) for word in words(row[1])), re.IGNORECASE)
    meant = [pair for pair in MESSAGES if english.search(bare(pair[0])) and pair[0] not in PAIRS_EXCEPT]
    assert meant, f"no message says {row[0]!r} any more: take its row out of docs/glossary.md"
    assert [pair for pair in meant if not french.search(bare(pair[1]))] == []


def test_every_row_of_the_page_is_read() -> None:
    assert {row[0] for row in ROWS} >= PAIRED_WORDS
    assert set(PAIRS_EXCEPT) <= {pair[0] for pair in MESSAGES}
