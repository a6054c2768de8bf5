"""Excerpts: a long description by paragraphs, or its beginning for a card."""

from __future__ import annotations

import re

from ..i18n.formatting import LocalizedText

LONGEST_EXCERPT = 130


def excerpt(text: LocalizedText) -> LocalizedText:
    """The first sentence, or as many whole words of it as a card has room for."""
    line = " ".join(text.plain.split())
    first = re.match(r".{20,}?[.!?…](?=\s|$)", line)
    shown = first.group() if first else line
    if len(shown) > LONGEST_EXCERPT:
        shown = shown[:LONGEST_EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:.\u202f") + "…"
    return LocalizedText(shown, text.lang)


def paragraphs(text: LocalizedText) -> list[LocalizedText]:
    """The paragraphs of a text: what empty lines divide."""
    return [LocalizedText(one.strip(), text.lang) for one in re.split(r"\n\s*\n", text.plain) if one.strip()]
