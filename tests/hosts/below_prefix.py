"""A host application that a proxy serves below a prefix: `tests.hosts.below_prefix:app`.

It is the tiny one with a page and a file of its own, and with the line of `docs/embed.md` for such a proxy.
"""

from __future__ import annotations

import os

from flask import Flask, session, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace_hooks import MarketplaceHooks
from tests.support.marketplace import SECRET

INSTANCE = os.environ["TINY_INSTANCE"]

app = Flask("below_prefix", static_folder=f"{INSTANCE}/static")
app.config.update(
    SECRET_KEY="a secret of the host's",
    SQLALCHEMY_DATABASE_URI=os.environ["TINY_DATABASE"],
    MARKETPLACE_HOOKS_INSTANCE=INSTANCE,
    MARKETPLACE_HOOKS_WEBHOOK_SECRETS=f"marketplace={SECRET}",
    MARKETPLACE_HOOKS_URL_PREFIX="/addons",
    MARKETPLACE_HOOKS_SIGN_IN_URL="/shop/sign-in",
)
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_prefix=1)  # type: ignore[method-assign] # as documented


def who_is_signed_in() -> dict[str, str] | None:
    return {"role": "seller", "subject": session["seller"]} if "seller" in session else None


MarketplaceHooks(app, identity=who_is_signed_in)


@app.get("/")
def home() -> str:
    return f'<link href="{url_for("static", filename="shop.css")}"><a href="{url_for("mh_storefront.home")}">Addons</a>'


@app.get("/sign-in")
def sign_in() -> str:
    session["seller"] = "seller-1"
    return "Welcome"
