"""Pages, API and webhooks of the service, as blueprints of a Flask app."""

from __future__ import annotations

from flask import Flask

from . import customer, health, layout, metrics, operator, seller, sign_in, storefront, webhooks
from .api import attach_api


def attach(app: Flask, url_prefix: str = "") -> None:
    """Add every blueprint of ours to the app, under the host's prefix."""
    areas = (storefront, sign_in, seller, customer, operator)
    machines = (webhooks.blueprint, health.blueprint, metrics.blueprint)
    for blueprint in (*machines, layout.shared, *(area.blueprint for area in areas)):
        app.register_blueprint(blueprint, url_prefix=url_prefix or None)
    attach_api(app, url_prefix)
