"""OpenAPI command: print the document of the HTTP API."""

from __future__ import annotations

import click
from flask import current_app

from ..web.api.docs import show_document
from .output import json_option
from .root import hooks_group


@hooks_group.command("openapi")
@json_option
def openapi(as_json: bool) -> None:
    """Print the OpenAPI document of the API, always as JSON."""
    with current_app.test_request_context():  # no call of the app: a host's login wall may stand before it.
        click.echo(show_document().get_data(as_text=True))
