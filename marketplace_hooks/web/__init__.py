"""What is seen: webhooks in, the API, the storefront, and the rooms of those who have signed in."""

from __future__ import annotations

from flask import Flask

from . import customer, entrance, health, operator, pages, seller, storefront, webhooks
from .api import attach_api


def attach(app: Flask, url_prefix: str = "") -> None:
    """Add every blueprint of ours to the app, under the host's prefix."""
    rooms = (storefront, entrance, seller, customer, operator)
    for blueprint in (webhooks.blueprint, pages.shared, *(room.blueprint for room in rooms), health.blueprint):
        app.register_blueprint(blueprint, url_prefix=url_prefix or None)
    attach_api(app, url_prefix)
