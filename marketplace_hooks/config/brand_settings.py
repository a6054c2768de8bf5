"""Settings of a marketplace's own look: name, pictures, colours, footer and links. `docs/theming.md` shows each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .brand_files import BrandImage, as_brand_image, as_logo_size
from .colors import as_colors
from .footer import FooterLink, as_footer_links, as_footer_text
from .parsers import SettingError, as_boolean, as_path, as_text, optional
from .setting_field import setting
from .url_templates import UrlTemplate, as_url_template

LONGEST_NAME = 60
TEMPLATES = "marketplace_hooks"
"""The folder that all names of templates begin with."""


def as_brand_name(value: Any) -> str:
    """A name of one line."""
    text = as_text(value).strip()
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise SettingError(f"must be a name of at most {LONGEST_NAME} characters, on one line")
    return text


def as_templates_folder(value: Any) -> Path:
    """A folder with a folder `marketplace_hooks` in it."""
    path = as_path(value)
    if not (path / TEMPLATES).is_dir():
        raise SettingError(f"must be a folder with a folder {TEMPLATES} in it, which {path} is not")
    return path


@dataclass(frozen=True, kw_only=True)
class BrandSettings:
    """How the pages of this marketplace look; everything has a default."""

    brand_name: str = setting(
        "",
        as_brand_name,
        "The marketplace's name in headers, titles, emails, PDFs and the API's page. Default: Marketplace.",
    )
    brand_logo: BrandImage | None = setting(
        None,
        optional(as_brand_image),
        "The marketplace's logo: the path of an SVG, PNG or WebP file (256 KiB at most), or an https URL.",
    )
    brand_logo_size: tuple[int, int] = setting(
        (32, 32), as_logo_size, "Width and height of the logo in the header, in CSS pixels, such as 120x32."
    )
    brand_logo_has_name: bool = setting(
        False, as_boolean, "Whether the logo already shows the name, which is then not repeated beside it."
    )
    brand_icon: BrandImage | None = setting(
        None, optional(as_brand_image), "The icon in the browser tab: a square image, given like the logo."
    )
    light_colors: Mapping[str, str] = setting(
        {},
        as_colors,
        "Colours of the light theme, name=#hex: accent=#7b1fa2 is enough. Text needs a contrast of at least 4.5:1.",
    )
    dark_colors: Mapping[str, str] = setting(
        {}, as_colors, "Colours of the dark theme. Default: the accent is derived from the light one."
    )
    footer_text: Mapping[str, str] = setting(
        {}, as_footer_text, "Plain text for the footer of pages and emails: one text, or a table with en and fr."
    )
    footer_links: tuple[FooterLink, ...] = setting(
        (), as_footer_links, "Links in the footer: a list of tables with en, fr and url."
    )
    buy_url: UrlTemplate | None = setting(
        None,
        optional(as_url_template("product_id", "technical_name", also=("language", "currency"))),
        "Where a product is bought: https, with {product_id} or {technical_name}, {language}, {currency}. "
        "Default: no link.",
    )
    pack_buy_url: UrlTemplate | None = setting(
        None,
        optional(as_url_template("pack_id", also=("language", "currency"))),
        "Where a pack is bought: https, with {pack_id}, {language}, {currency}. Default: no link.",
    )
    product_image_url: UrlTemplate | None = setting(
        None,
        optional(as_url_template("product_id", "technical_name", also=("language",))),
        "Product images: https, with {product_id} or {technical_name}, {language}. Default: generated images.",
    )
    templates_folder: Path | None = setting(
        None,
        optional(as_templates_folder),
        "Stand-alone service: a folder whose marketplace_hooks/… templates replace ours. A host app has its own.",
    )
