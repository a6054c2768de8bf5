"""What is seen: webhooks in, the API, the storefront."""

from __future__ import annotations

from flask import Flask

from . import pages, storefront, webhooks


def attach(app: Flask, url_prefix: str = "") -> None:
    """Add every blueprint of ours to the app, under the host's prefix."""
    for blueprint in (webhooks.blueprint, pages.shared, storefront.blueprint):
        app.register_blueprint(blueprint, url_prefix=url_prefix or None)
