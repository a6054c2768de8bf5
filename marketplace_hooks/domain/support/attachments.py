"""Attachments of a message: how many files it may have, and how each may be described, whoever brings them."""

from __future__ import annotations

import re
from typing import Any

MOST_FILES = 1_000
LONGEST_FILE_NAME = 300
LONGEST_MEDIA_TYPE = 100
LONGEST_FILE_URL = 2_000
LARGEST_FILE = 2**50
SHA256 = r"^[0-9a-f]{64}\Z"


def describe_file(
    *, name: str, media_type: str | None, size: int | None, sha256: str | None, url: str | None
) -> dict[str, Any]:
    """The description of a file, with what is known of it. Raises `ValueError` for one that the API refuses."""
    lengths = (
        ("name", name, LONGEST_FILE_NAME),
        ("media_type", media_type, LONGEST_MEDIA_TYPE),
        ("url", url, LONGEST_FILE_URL),
    )
    for what, text, longest in lengths:
        if text is not None and not 1 <= len(text) <= longest:
            raise ValueError(f"{what} has 1 to {longest} characters")
    if size is not None and not 0 <= size <= LARGEST_FILE:
        raise ValueError(f"size is a number of bytes, from 0 to {LARGEST_FILE}")
    if sha256 is not None and not re.match(SHA256, sha256):
        raise ValueError("sha256 is 64 hexadecimal digits in lower case")
    given = {"name": name, "media_type": media_type, "size": size, "sha256": sha256, "url": url}
    return {what: value for what, value in given.items() if value is not None}
