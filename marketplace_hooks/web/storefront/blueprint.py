"""The blueprint that every page of `web/storefront` registers on."""

from __future__ import annotations

from ..layout import page_blueprint

blueprint = page_blueprint("mh_storefront", __name__)
