"""What is seen: webhooks in, the API, the storefront."""

from __future__ import annotations

from flask import Flask

from . import health, pages, storefront, webhooks
from .api import attach_api


def attach(app: Flask, url_prefix: str = "") -> None:
    """Add every blueprint of ours to the app, under the host's prefix."""
    for blueprint in (webhooks.blueprint, pages.shared, storefront.blueprint, health.blueprint):
        app.register_blueprint(blueprint, url_prefix=url_prefix or None)
    attach_api(app, url_prefix)
