"""What has this customer bought, and what is its Business Care?"""

from __future__ import annotations

from flask import render_template

from ...store.access import Role
from ..sign_in import audience
from . import blueprint


@blueprint.get("/account")
@audience(Role.CUSTOMER)
def purchases() -> str:
    """The customer's purchases."""
    return render_template("marketplace_hooks/customer/purchases.html")
