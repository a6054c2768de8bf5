"""The blueprint that every page of `web/operator` registers on."""

from __future__ import annotations

from ..layout import page_blueprint

blueprint = page_blueprint("mh_operator", __name__)
