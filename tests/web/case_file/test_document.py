"""Case file document: whatever people wrote, it has a size that a page and a PDF are made of in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from marketplace_hooks.web.case_file.document import (
    DOCUMENT_SIZE,
    SECTION_BLOCKS,
    CaseFile,
    FactRows,
    FileSection,
    Passage,
    bounded,
)
from marketplace_hooks.web.case_file.pdf import render_pdf

from ...support.marketplace import open_marketplace


@pytest.fixture(autouse=True)
def _reader(sqlite_url: str, tmp_path: Path) -> Iterator[None]:
    """Somebody who reads English."""
    with (
        open_marketplace(sqlite_url, tmp_path) as marketplace,
        marketplace.app.test_request_context(headers={"Accept-Language": "en"}),
    ):
        yield


def file_of(*blocks: FactRows | Passage) -> CaseFile:
    section = FileSection(name="conversation", title="Conversation", blocks=blocks)
    return CaseFile(title="File", subject="Broken", caption="Request 1", sections=(section,))


def blocks_of(file: CaseFile) -> tuple[FactRows | Passage, ...]:
    return bounded(file).sections[0].blocks


def size(text: str) -> int:
    return len(text) + 60 * text.count("\n")


def pdf_of(file: CaseFile) -> tuple[bytes, list[str]]:
    content = render_pdf(bounded(file), created_at=datetime(2026, 3, 2, tzinfo=UTC))
    return content, [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_what_fits_is_left_as_it_is() -> None:
    file = file_of(Passage(heading="Message", text="a" * 1000), FactRows(rows=(("Price", "€99.00"),)))
    assert bounded(file) == file


def test_only_the_longest_texts_are_cut_and_each_says_how_much_is_missing() -> None:
    short = "s" * 1000
    blocks = blocks_of(file_of(*(Passage(heading="M", text=one) for one in (short, "l" * 300_000, "m" * 200_000))))
    first, second, third = (one.text for one in blocks if isinstance(one, Passage))
    assert first == short
    limit = (DOCUMENT_SIZE - 1000) // 2
    assert second.startswith("l" * limit + "\n[Text cut here: ")
    assert f"{300_000 - limit:,} more characters" in second
    assert third.startswith("m" * limit + "\n[Text cut here: ")


@pytest.mark.parametrize("text", ["x" * 65_536, "a\n" * 32_768, "word " * 13_107])
def test_a_thousand_messages_of_64_kib_make_a_small_document(text: str) -> None:
    blocks = blocks_of(file_of(*(Passage(heading="M", text=text, is_quoted=True) for _ in range(1000))))
    shown = [one.text for one in blocks if isinstance(one, Passage)]
    assert len(shown) == 1000
    assert sum(size(one) for one in shown) < 2 * DOCUMENT_SIZE


def test_a_thousand_messages_of_64_kib_make_a_pdf_that_can_be_read() -> None:
    texts = [f"{number} {'The gallery stays white. ' * 2621}" for number in range(1000)]
    content, pages = pdf_of(file_of(*(Passage(heading="M", text=one, is_quoted=True) for one in texts)))
    assert len(content) < 1_000_000
    assert len(pages) < 200
    assert "[Text cut here: " in pages[0]
    assert f"{len(pages)} / {len(pages)}" in pages[-1]


def test_of_too_many_entries_the_first_and_the_last_are_shown() -> None:
    blocks = blocks_of(file_of(*(Passage(heading=str(number)) for number in range(SECTION_BLOCKS + 50))))
    headings = [one.heading for one in blocks if isinstance(one, Passage)]
    assert (headings[0], headings[-1]) == ("0", str(SECTION_BLOCKS + 49))
    assert headings[SECTION_BLOCKS // 2] == "50 entries are not shown here."


def test_a_word_longer_than_a_line_is_broken_and_nothing_of_it_is_lost() -> None:
    address = "https://shop.example/" + "0123456789" * 60
    _, pages = pdf_of(file_of(FactRows(rows=(("Address", address),)), Passage(heading="M", text=address)))
    assert "".join(pages).replace("\n", "").replace(" ", "").count(address) == 2


def test_control_characters_and_page_counts_of_others_stay_text() -> None:
    content, pages = pdf_of(file_of(Passage(heading="M", text="a\x07b {nb} \ue000\ue000\ue000\ue000 \ud7ff")))
    assert "a�b {nb} ���� �" in pages[0]
    assert content.startswith(b"%PDF-")
