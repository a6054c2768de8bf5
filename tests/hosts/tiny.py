"""A tiny host application for servers, configured by the environment: `tests.hosts.tiny:app`."""

from __future__ import annotations

import os

from flask import Flask

from marketplace_hooks import MarketplaceHooks
from tests.support.marketplace import SECRET

app = Flask("tiny")
app.config.update(
    SECRET_KEY="a secret of the host's",
    SQLALCHEMY_DATABASE_URI=os.environ["TINY_DATABASE"],
    MARKETPLACE_HOOKS_INSTANCE=os.environ["TINY_INSTANCE"],
    MARKETPLACE_HOOKS_WEBHOOK_SECRETS=f"marketplace={SECRET}",
    MARKETPLACE_HOOKS_URL_PREFIX="/addons",
)
MarketplaceHooks(app)
