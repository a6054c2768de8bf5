"""Brand in templates: the marketplace's name, pictures, footer and links, for the reader of this request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Response, abort, url_for

from ..config.brand_files import BrandImage
from ..config.url_templates import UrlTemplate
from .assets import A_YEAR_S
from .brand import FILE_POLICY, STYLE_SHEET, image_name
from .i18n.language import gettext, wording
from .state import current_runtime, current_web_state


class Sold(Protocol):
    """What a product's address is made of."""

    @property
    def product_id(self) -> str: ...
    @property
    def technical_name(self) -> str: ...


class SoldForMoney(Sold, Protocol):
    """The same with its currency."""

    @property
    def currency(self) -> str: ...


class SoldPack(Protocol):
    """What a pack's address is made of."""

    @property
    def pack_id(self) -> str: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class PageLink:
    """A link of the footer, in the reader's language."""

    label: str
    url: str


class PageBrand:
    """What templates know as `brand`."""

    def __init__(self) -> None:
        self._settings = current_runtime().settings

    @property
    def name(self) -> str:
        """The marketplace's name."""
        return self._settings.brand_name or gettext("Marketplace")

    @property
    def logo_url(self) -> str | None:
        """Its logo, if it has one."""
        return _image_url("logo", self._settings.brand_logo)

    @property
    def logo_width(self) -> int:
        """In CSS pixels, as `logo_height`."""
        return self._settings.brand_logo_size[0]

    @property
    def logo_height(self) -> int:
        """See `logo_width`."""
        return self._settings.brand_logo_size[1]

    @property
    def logo_has_name(self) -> bool:
        """Whether the logo shows the name: it does not stand beside it then."""
        return self._settings.brand_logo is not None and self._settings.brand_logo_has_name

    @property
    def icon_url(self) -> str | None:
        """The icon of the browser's tab, if it is not ours."""
        return _image_url("icon", self._settings.brand_icon)

    @property
    def style_sheet_url(self) -> str | None:
        """The colours, if they are not ours."""
        return _file_url(STYLE_SHEET) if STYLE_SHEET in current_web_state().brand.files else None

    @property
    def footer_text(self) -> str:
        """Plain text, empty for none."""
        return self._settings.footer_text.get(wording().language, "")

    @property
    def footer_links(self) -> Sequence[PageLink]:
        """Links of the footer."""
        language = wording().language
        return [PageLink(label=link.label[language], url=link.url) for link in self._settings.footer_links]

    def buy_url(self, card: SoldForMoney) -> str | None:
        """Where this product is bought, if anywhere is."""
        return _filled(
            self._settings.buy_url,
            product_id=card.product_id,
            technical_name=card.technical_name,
            currency=card.currency,
        )

    def pack_buy_url(self, card: SoldPack) -> str | None:
        """Where this pack is bought, if anywhere is."""
        return _filled(self._settings.pack_buy_url, pack_id=card.pack_id, currency=card.currency)

    def product_image_url(self, product: Sold) -> str | None:
        """The picture of this product, where products have pictures."""
        template = self._settings.product_image_url
        return _filled(template, product_id=product.product_id, technical_name=product.technical_name)


def _filled(template: UrlTemplate | None, **values: str) -> str | None:
    return None if template is None else template.filled(**values, language=wording().language)


def _image_url(kind: str, image: BrandImage | None) -> str | None:
    if image is None or image.url:
        return image.url if image else None
    return _file_url(image_name(kind, image))


def _file_url(name: str) -> str:
    digest = current_web_state().brand.files[name].digest
    return url_for("mh_pages.brand_file", digest=digest, name=name)


def send_brand_file(digest: str, name: str) -> Response:
    """A file of the look; kept for ever under the digest of what it is, and asked for again under another."""
    file = current_web_state().brand.files.get(name)
    if file is None:
        abort(404)
    response = Response(file.content, content_type=file.media_type)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    caching = f"public, max-age={A_YEAR_S}, immutable" if digest == file.digest else "no-cache"
    response.headers["Cache-Control"] = caching
    return response
