"""Sitemap: `/sitemap.xml` lists its parts, and each part the addresses of pages that the public sees right now.

A cache asks each time whether what it has is current (`finish_page`), so that what is hidden leaves at once. Each page
says its other languages itself. The format is that of sitemaps.org.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from flask import Response, abort, url_for
from markupsafe import escape
from sqlalchemy.orm import Session

from ...domain.instants import format_instant
from ...services.catalog import lists, sitemap
from ...services.catalog.sitemap import MOST_PARTS, SitemapEntry
from ..i18n.formatting import LANGUAGES
from ..i18n.language import PARAMETER
from ..identity.authorization import audience
from ..state import current_runtime
from ..urls import published_url
from .blueprint import blueprint
from .page_addresses import page_address

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES = "pages"
PRODUCTS = "products"
PACKS = "packs"
_PART = re.compile(rf"({PAGES}|{PRODUCTS}|{PACKS})-([1-9][0-9]{{0,4}})", re.ASCII)

Address = tuple[str, datetime | None]


@blueprint.get("/sitemap.xml")
@audience()
def sitemap_index() -> Response:
    """The parts of the sitemap."""
    with current_runtime().database.read_session() as session:
        counts = {
            PAGES: 1,
            PRODUCTS: sitemap.count_product_parts(session),
            PACKS: sitemap.count_pack_parts(session),
        }
    names = [f"{kind}-{number}" for kind, count in counts.items() for number in range(1, count + 1)]
    urls = [published_url(url_for("mh_storefront.sitemap_part", part=name)) for name in names]
    return _xml("sitemapindex", "sitemap", [(url, None) for url in urls])


@blueprint.get("/sitemap-<part>.xml")
@audience()
def sitemap_part(part: str) -> Response:
    """The addresses of one part, each page in each language; 404 for a part that there is not."""
    known = _PART.fullmatch(part)
    if known is None or int(known[2]) > MOST_PARTS:
        abort(404)
    with current_runtime().database.read_session() as session:
        addresses = _addresses(session, known[1], int(known[2]))
    if not addresses:
        abort(404)
    return _xml("urlset", "url", addresses)


def _addresses(session: Session, kind: str, number: int) -> list[Address]:
    if kind == PRODUCTS:
        return _of_entries("mh_storefront.product", "product_id", sitemap.read_product_part(session, number))
    if kind == PACKS:
        return _of_entries("mh_storefront.pack", "pack_id", sitemap.read_pack_part(session, number))
    if number > 1:
        return []
    return [
        (page_address(endpoint, language, category=category), None)
        for endpoint, category in [
            ("mh_storefront.home", None),
            *(("mh_storefront.home", one) for one in lists.find_categories(session)),
            ("mh_storefront.about_inspections", None),
        ]
        for language in LANGUAGES
    ]


def _of_entries(endpoint: str, name: str, entries: Iterable[SitemapEntry]) -> list[Address]:
    """Each page in each language. Its address is built once, for that is what takes the time here."""
    languages = [f"?{PARAMETER}={language}" for language in LANGUAGES]
    return [
        (f"{address}{language}", entry.changed_at)
        for entry in entries
        for address in (page_address(endpoint, None, **{name: entry.id}),)
        for language in languages
    ]


def _xml(root: str, item: str, addresses: Iterable[Address]) -> Response:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}">']
    for url, changed_at in addresses:
        changed = f"<lastmod>{format_instant(changed_at)}</lastmod>" if changed_at else ""
        lines.append(f"<{item}><loc>{escape(url)}</loc>{changed}</{item}>")
    lines.append(f"</{root}>\n")
    return Response("\n".join(lines), content_type="application/xml; charset=utf-8")
