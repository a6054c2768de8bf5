"""Where do all commands hang, and which app do they run in?"""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo

from ..errors import MarketplaceHooksError

hooks_group = AppGroup("hooks", help="Webhooks, cascades and Business Care of a marketplace.")


def main() -> None:
    """`marketplace-hooks`: the same commands as `flask hooks`, in the stand-alone app."""
    try:
        hooks_group.main(prog_name="marketplace-hooks", obj=ScriptInfo(create_app=_stand_alone), standalone_mode=True)
    except MarketplaceHooksError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


def _stand_alone() -> Flask:
    # Here, not above: the extension is put together from us, and only this entry needs it the other way round.
    from importlib import import_module

    app: Flask = import_module("marketplace_hooks.extension").create_app()
    return app
