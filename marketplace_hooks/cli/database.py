"""Installation commands: migrate the database, make a secret."""

from __future__ import annotations

import json

import click
from cryptography.fernet import Fernet

from ..database import migrate as migrations
from ..remote.signatures import new_secret
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.command("migrate")
@json_option
def migrate(as_json: bool) -> None:
    """Upgrade the database to the latest schema. Safe to run twice, and from several processes at once."""
    database = current_runtime().database
    migrations.upgrade(database)
    kind = database.url.get_backend_name()
    if as_json:
        show_one({"database": kind, "state": "up to date"}, as_json=True)
    else:
        click.echo(f"The database is up to date ({kind}).")


@hooks_group.command("secret")
@click.option("--encryption", is_flag=True, help="A key for ENCRYPTION_KEYS instead of a webhook secret.")
@json_option
def secret(encryption: bool, as_json: bool) -> None:
    """Make a new webhook secret (whsec_…) or encryption key. Nothing else is printed, and nothing is stored."""
    made = Fernet.generate_key().decode() if encryption else new_secret()
    click.echo(json.dumps({"secret": made}) if as_json else made)
