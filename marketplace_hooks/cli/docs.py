"""OpenAPI command: print the document of the HTTP API."""

from __future__ import annotations

import click
from flask import current_app, request

from .output import json_option
from .root import current_runtime, hooks_group


@hooks_group.command("openapi")
@json_option
def openapi(as_json: bool) -> None:
    """Print the OpenAPI document of the API, always as JSON."""
    path = f"{current_runtime().settings.url_prefix}/api/v1/openapi.json"
    with current_app.test_request_context(path):  # the view alone: a host's login wall may stand before its calls.
        show_document = current_app.ensure_sync(current_app.view_functions[str(request.endpoint)])
        click.echo(show_document().get_data(as_text=True))
