"""Files of a marketplace's look: its logo and its icon, read once at the start, or the address of one elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .parsers import SettingError, as_integer, as_path, as_text
from .url_templates import as_https_url, origin_of

LARGEST_BYTES = 262_144
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
_SIZE = re.compile(r"([0-9]{2,3})x([0-9]{2})")
_LARGEST_WIDTH = 240
_LARGEST_HEIGHT = 48
_SMALLEST = 16


@dataclass(frozen=True, kw_only=True)
class BrandImage:
    """A picture that pages show: served from here where it has `content`, else at `url`."""

    url: str = ""
    content: bytes = b""
    suffix: str = ""

    @property
    def media_type(self) -> str:
        """The type that it is served with."""
        return MEDIA_TYPES[self.suffix]

    @property
    def origin(self) -> str | None:
        """Whose pictures pages must be allowed to load; None for our own."""
        return origin_of(self.url) if self.url else None


def as_brand_image(value: Any) -> BrandImage:
    """A picture: the path of an SVG, PNG or WebP file, or an https URL."""
    if isinstance(value, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value.strip()):
        return BrandImage(url=as_https_url(value))
    path = as_path(value)
    if path.suffix.lower() not in MEDIA_TYPES:
        raise SettingError(f"must be an https address or a file that ends in {', '.join(MEDIA_TYPES)}")
    content = _read(path)
    if not _is_of_type(content, path.suffix.lower()):
        raise SettingError(f"is not what its name says: {path} holds no {path.suffix.lower()[1:].upper()} picture")
    return BrandImage(content=content, suffix=path.suffix.lower())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise SettingError(f"cannot be read: {path}: {error.strerror}") from None
    if len(content) > LARGEST_BYTES:
        raise SettingError(f"is too large: {path} has more than {LARGEST_BYTES // 1024} KiB")
    return content


def _is_of_type(content: bytes, suffix: str) -> bool:
    if suffix == ".png":
        return content.startswith(b"\x89PNG\r\n\x1a\n")
    if suffix == ".webp":
        return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return re.search(rb"<(?:\w+:)?svg[\s>]", content) is not None


def as_logo_size(value: Any) -> tuple[int, int]:
    """Width and height of the logo in CSS pixels: `120x32`, or a list of both."""
    if isinstance(value, list | tuple) and len(value) == 2:
        numbers = [as_integer(number) for number in value]
    else:
        found = _SIZE.fullmatch(as_text(value).strip())
        numbers = [int(number) for number in found.groups()] if found else [0, 0]
    width, height = numbers
    if not (_SMALLEST <= width <= _LARGEST_WIDTH and _SMALLEST <= height <= _LARGEST_HEIGHT):
        raise SettingError(
            f"must be such as 120x32: {_SMALLEST} to {_LARGEST_WIDTH} by {_SMALLEST} to {_LARGEST_HEIGHT}"
        )
    return width, height
