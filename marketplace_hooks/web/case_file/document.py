"""Case file document: titled sections of facts and passages, which the page to print and the PDF render alike.

What people wrote may be longer than anybody prints. `bounded` cuts the longest texts, all at one length, so that the
whole has a size that a page and a PDF are made of in a moment; the API's JSON has everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..i18n.language import ngettext

DOCUMENT_SIZE = 250_000
"""Characters of a whole document: about eighty printed pages."""
LINE_SIZE = 60
"""As how many characters a new line counts."""
SECTION_BLOCKS = 1_000
"""How many blocks a section shows: the first half and the last half of them."""


@dataclass(frozen=True, kw_only=True)
class FactRows:
    """Names and their values, in rows."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A text below a line that says what it is. `is_quoted`: it is somebody's own words."""

    heading: str
    text: str = ""
    is_quoted: bool = False


Block = FactRows | Passage


@dataclass(frozen=True, kw_only=True)
class FileSection:
    """One section. `name` is its anchor on the page."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """The document: what it is, what it is about, its sections, and the marketplace that issues it."""

    title: str
    subject: str
    caption: str
    issuer: str = ""
    sections: tuple[FileSection, ...]


def bounded(file: CaseFile) -> CaseFile:
    """The document with no more than `DOCUMENT_SIZE`; each text that was cut says so, and how much is missing."""
    sections = [replace(one, blocks=_bounded_blocks(one.blocks)) for one in file.sections]
    limit = _text_limit([_size(text) for one in sections for text in _texts(one)])
    if limit is None:
        return replace(file, sections=tuple(sections))
    cut = [replace(one, blocks=tuple(_each_text(block, limit) for block in one.blocks)) for one in sections]
    return replace(file, sections=tuple(cut))


def _bounded_blocks(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    left_out = len(blocks) - SECTION_BLOCKS
    if left_out <= 0:
        return blocks
    half = SECTION_BLOCKS // 2
    notice = ngettext("%(count)s entry is not shown here.", "%(count)s entries are not shown here.", left_out)
    return (*blocks[:half], Passage(heading=notice), *blocks[-half:])


def _texts(section: FileSection) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Passage):
            yield block.text
        else:
            yield from (value for _, value in block.rows)


def _text_limit(sizes: list[int]) -> int | None:
    """The size at which to cut every text so that all of them fit; None when they fit as they are."""
    room = DOCUMENT_SIZE
    for position, size in enumerate(sorted(sizes)):
        share = room // (len(sizes) - position)
        if size > share:
            return share
        room -= size
    return None


def _each_text(block: Block, limit: int) -> Block:
    if isinstance(block, Passage):
        return replace(block, text=_cut(block.text, limit))
    return replace(block, rows=tuple((name, _cut(value, limit)) for name, value in block.rows))


def _size(text: str) -> int:
    return len(text) + LINE_SIZE * text.count("\n")


def _cut(text: str, limit: int) -> str:
    if _size(text) <= limit:
        return text
    lines = []
    room = limit
    for line in text[:limit].split("\n"):
        if room <= 0:
            break
        lines.append(line[:room])
        room -= len(line) + LINE_SIZE
    shown = "\n".join(lines)
    notice = ngettext(
        "[Text cut here: one more character. The request page has the full text.]",
        "[Text cut here: %(count)s more characters. The request page has the full text.]",
        len(text) - len(shown),
    )
    return f"{shown}\n{notice}"
