"""The blueprint that every page of `web/seller` registers on."""

from __future__ import annotations

from ..layout import page_blueprint

blueprint = page_blueprint("mh_seller", __name__)
