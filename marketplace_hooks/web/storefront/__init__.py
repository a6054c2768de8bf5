"""Storefront: the public catalog, product and pack pages, the sitemap, the page about inspections, the companion."""

from __future__ import annotations

from . import about_inspections, catalog, companion, page_addresses, sitemap
from .blueprint import blueprint

__all__ = ["about_inspections", "blueprint", "catalog", "companion", "page_addresses", "sitemap"]
