"""Storefront: the public catalog, product and pack pages, the page about inspections, and the companion module."""

from __future__ import annotations

from . import about_inspections, catalog, companion
from .blueprint import blueprint

__all__ = ["about_inspections", "blueprint", "catalog", "companion"]
