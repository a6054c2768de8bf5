"""Case file as PDF: the document on A4 pages, in a font of ours that has Latin, Greek and Cyrillic letters.

Lines are broken here: fpdf2 measures the whole line again for each character, which takes ten times as long. Texts are
drawn as they are, never read as markup. A character that the font lacks (an emoji, Arabic) is drawn as U+FFFD, and a
sentence at the end says so.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from ..i18n.language import gettext, wording
from .document import CaseFile, FactRows, FileSection, Passage

FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVuSans"
REPLACEMENT = "\ufffd"
MARGIN_MM = 18.0
NAME_MM = 55.0
INDENT_MM = 4.0
POINT_MM = 25.4 / 72
PAGE_COUNT: Final = "\ue000" * 4
"""Private characters that stand for the number of pages; no text has it, since the font lacks it."""


def render_pdf(file: CaseFile, *, created_at: datetime) -> bytes:
    """The document as a PDF file."""
    sheets = _Sheets(file.caption)
    sheets.set_title(sheets.printable(f"{file.title}: {file.subject}"))
    sheets.set_author(sheets.printable(file.issuer))
    sheets.set_lang(wording().language)
    sheets.set_creation_date(created_at)
    sheets.add_page()
    sheets.paragraph(file.title, size=16, is_bold=True)
    sheets.paragraph(file.subject, size=12, is_bold=True)
    sheets.paragraph(file.caption)
    for section in file.sections:
        sheets.section(section)
    if sheets.has_replacements:
        sheets.ln(4)
        sheets.paragraph(
            gettext("Characters shown as %(sign)s cannot be printed here. The request page shows them.", sign="�")
        )
    return bytes(sheets.output())


class _Sheets(FPDF):
    """The pages, filled from top to bottom."""

    def __init__(self, caption: str) -> None:
        super().__init__(format="A4")
        self.caption = caption
        self.has_replacements = False
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM)
        self.alias_nb_pages(PAGE_COUNT)
        self.add_font(FAMILY, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FAMILY, "B", FONTS / "DejaVuSans-Bold.ttf")
        self._set_size(9.5)
        fonts = [font for font in self.fonts.values() if isinstance(font, TTFFont)]
        self._known = frozenset.intersection(*(frozenset(font.cmap) for font in fonts)) | {ord("\n")}
        self._widths: dict[tuple[str, float], _CharWidths] = defaultdict(lambda: _CharWidths(self.get_string_width))

    def footer(self) -> None:
        """Which request it is, and which page of how many."""
        self.set_y(-12)
        self._set_size(8)
        self.cell(self.epw / 2, 5, self.printable(self.caption))
        self.cell(self.epw / 2, 5, f"{self.page_no()} / {PAGE_COUNT}", align="R")

    def section(self, section: FileSection) -> None:
        """Its title above a line, and its blocks."""
        self._keep_together(3)
        self.ln(5)
        self.paragraph(section.title, size=12, is_bold=True)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())
        self.ln(1.5)
        for block in section.blocks:
            if isinstance(block, FactRows):
                self._rows(block)
            else:
                self._passage(block)

    def paragraph(self, text: str, *, size: float = 9.5, is_bold: bool = False, indent_mm: float = 0.0) -> None:
        """A text over the width of the page."""
        self._set_size(size, is_bold=is_bold)
        width = self.epw - indent_mm
        for line in self._lines(text, width):
            self.set_x(self.l_margin + indent_mm)
            self.cell(width, self._line_mm(), line, new_x="LMARGIN", new_y="NEXT")

    def printable(self, text: str) -> str:
        """The text in characters that the font has. What only steers the display of others is left out."""
        composed = unicodedata.normalize("NFC", text.expandtabs(4))
        if self._known.issuperset(map(ord, set(composed))):
            return composed
        shown = [char if ord(char) in self._known else _stand_in(char) for char in composed]
        self.has_replacements = self.has_replacements or REPLACEMENT in shown
        return "".join(shown)

    def _passage(self, passage: Passage) -> None:
        self._keep_together(2)
        self.ln(1.5)
        self.paragraph(passage.heading, is_bold=True)
        if passage.text:
            self.paragraph(passage.text, indent_mm=INDENT_MM if passage.is_quoted else 0.0)

    def _rows(self, rows: FactRows) -> None:
        for name, value in rows.rows:
            self._set_size(9.5)
            width = self.epw - NAME_MM
            for left, right in zip_longest(self._lines(name, NAME_MM - 2), self._lines(value, width), fillvalue=""):
                self._keep_together(1)
                self.cell(NAME_MM, self._line_mm(), left)
                self.cell(width, self._line_mm(), right, new_x="LMARGIN", new_y="NEXT")

    def _keep_together(self, lines: int) -> None:
        """Begin a page unless so many lines more fit on this one."""
        if self.will_page_break(lines * self._line_mm()):
            self.add_page()

    def _set_size(self, size: float, *, is_bold: bool = False) -> None:
        self.set_font(FAMILY, "B" if is_bold else "", size)

    def _line_mm(self) -> float:
        return self.font_size_pt * 1.35 * POINT_MM

    def _lines(self, text: str, width_mm: float) -> Iterator[str]:
        """The text in lines that fit, broken at spaces, and inside a word that is longer than a line."""
        for paragraph in self.printable("\n".join(text.splitlines())).split("\n"):
            line = ""
            used_mm = 0.0
            for piece, piece_mm in self._pieces(paragraph, width_mm):
                if line and used_mm + piece_mm > width_mm:
                    yield line
                    line = ""
                    used_mm = 0.0
                line += piece
                used_mm += piece_mm + self._char_mm[" "]
            yield line

    def _pieces(self, paragraph: str, width_mm: float) -> Iterator[tuple[str, float]]:
        """Words with the space after them, which may hang over, and their widths; of a longer one, parts that fit."""
        widths = self._char_mm
        for word in paragraph.split(" "):
            part = word
            part_mm = sum(map(widths.__getitem__, word))
            if part_mm > width_mm:
                part = ""
                part_mm = 0.0
                for char in word:
                    if part_mm + widths[char] > width_mm:
                        yield part, part_mm
                        part = ""
                        part_mm = 0.0
                    part += char
                    part_mm += widths[char]
            yield f"{part} ", part_mm

    @property
    def _char_mm(self) -> _CharWidths:
        return self._widths[self.font_style, self.font_size_pt]


class _CharWidths(dict[str, float]):
    """The widths of characters in one style and size, in millimetres, measured when they are first needed."""

    def __init__(self, measure: Callable[[str], float]) -> None:
        super().__init__()
        self.measure = measure

    def __missing__(self, char: str) -> float:
        self[char] = width = self.measure(char)
        return width


def _stand_in(char: str) -> str:
    is_invisible = unicodedata.category(char) in ("Cf", "Mn")
    return "" if is_invisible else REPLACEMENT
