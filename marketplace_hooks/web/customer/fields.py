"""What stands in a form, cleaned of what no text holds?"""

from __future__ import annotations

from flask import request

LONGEST_ID = 100


def text_of(name: str, longest: int) -> str:
    """A field as it was written: line ends as `\\n`, no control characters, no blanks around it, never too long."""
    text = request.form.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter in "\n\t" or letter.isprintable()).strip()[:longest]


def id_of(name: str) -> str | None:
    """An id in a form or in the address; None when it is none."""
    text = request.values.get(name, "")
    return text if 0 < len(text) <= LONGEST_ID and text.isprintable() else None


def is_id(text: str) -> bool:
    """Whether a part of the address can be an id of ours at all."""
    return len(text) <= LONGEST_ID and text.isprintable()
