"""Brand of an app: the files and the policy that its look needs, made once from the settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ..config.brand_files import BrandImage
from ..config.colors import Appearance, palettes
from ..config.settings import Settings

STYLE_SHEET = "look.css"
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""Of a picture that is opened alone: an SVG may have styles, and runs no script and loads nothing."""


@dataclass(frozen=True, kw_only=True)
class BrandFile:
    """A file of the look, as it is served."""

    content: bytes
    media_type: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Brand:
    """The files by their names, and whose pictures pages may load (`img-src`)."""

    files: Mapping[str, BrandFile]
    image_sources: str


def brand_of(settings: Settings) -> Brand:
    """The brand that the settings describe."""
    images = (settings.brand_logo, settings.brand_icon)
    origins = {image.origin for image in images if image is not None and image.origin}
    if settings.product_image_url is not None:
        origins.add(settings.product_image_url.origin)
    files = {
        image_name(kind, image): _file(image.content, image.media_type)
        for kind, image in zip(("logo", "icon"), images, strict=True)
        if image is not None and image.content
    }
    if settings.light_colors or settings.dark_colors:
        files[STYLE_SHEET] = _file(style_sheet(settings).encode(), "text/css; charset=utf-8")
    return Brand(files=files, image_sources=" ".join(("'self'", *sorted(origins))))


def _file(content: bytes, media_type: str) -> BrandFile:
    return BrandFile(content=content, media_type=media_type, digest=hashlib.sha256(content).hexdigest()[:16])


def style_sheet(settings: Settings) -> str:
    """The colours that differ from ours, for the screen alone: paper stays black on white."""
    both = palettes(settings.light_colors, settings.dark_colors)
    light = both[Appearance.LIGHT]
    dark = both[Appearance.DARK]
    lines = [f"  --{name.replace('_', '-')}: light-dark({light[name]}, {dark[name]});" for name in light]
    return "\n".join(("@media screen { :root {", *lines, "} }", ""))


def image_name(kind: str, image: BrandImage) -> str:
    """The name that a picture of ours is served under."""
    return f"{kind}{image.suffix}"
