"""Ids in addresses and forms of the customer's pages."""

from __future__ import annotations

from flask import request

LONGEST_ID = 100


def id_of(name: str) -> str | None:
    """An id in a form or in the address; None when it is none."""
    text = request.values.get(name, "")
    return text if 0 < len(text) <= LONGEST_ID and text.isprintable() else None


def is_id(text: str) -> bool:
    """Whether a part of the address can be an id at all."""
    return len(text) <= LONGEST_ID and text.isprintable()
