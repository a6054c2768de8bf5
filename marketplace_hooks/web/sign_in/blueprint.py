"""The blueprint that every page of `web/sign_in` registers on."""

from __future__ import annotations

from ..layout import page_blueprint

blueprint = page_blueprint("mh_sign_in", __name__)
