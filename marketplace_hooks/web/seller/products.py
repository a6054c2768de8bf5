"""Which products does this seller sell, and in which state are they?"""

from __future__ import annotations

from flask import render_template

from ...store.access import Role
from ..sign_in import audience
from . import blueprint


@blueprint.get("/seller")
@audience(Role.SELLER)
def products() -> str:
    """The seller's products."""
    return render_template("marketplace_hooks/seller/products.html")
