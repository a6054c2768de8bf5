"""Storefront: the public catalog, product and pack pages, and the page about inspections."""

from __future__ import annotations

from . import about_inspections, catalog
from .blueprint import blueprint

__all__ = ["about_inspections", "blueprint", "catalog"]
