"""OpenAPI command: print the document of the HTTP API."""

from __future__ import annotations

import click
from flask import current_app

from .output import json_option
from .root import current_runtime, hooks_group


@hooks_group.command("openapi")
@json_option
def openapi(as_json: bool) -> None:
    """Print the OpenAPI document of the API, always as JSON."""
    prefix = current_runtime().settings.url_prefix
    click.echo(current_app.test_client().get(f"{prefix}/api/v1/openapi.json").get_data(as_text=True))
