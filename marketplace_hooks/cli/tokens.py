"""Bearer token commands: create one, list them, revoke one."""

from __future__ import annotations

import click

from ..models.access import Role, Token
from ..services.access import tokens
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group


@hooks_group.group("tokens")
def tokens_group() -> None:
    """Bearer tokens for the API."""


@tokens_group.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--subject", help="The id of the seller or customer whom it stands for.")
@click.option("--label", default="", help="What it is for; for people.")
@json_option
def create(role: str, subject: str | None, label: str, as_json: bool) -> None:
    """Make a token. It is shown this once; only its hash is kept.

    \b
    marketplace-hooks tokens create --role seller --subject seller-1
    """
    token, text = tokens.create(current_runtime(), role, subject=subject, label=label)
    show_one({"token": text} if as_json else {"token": text, "id": token.id}, as_json=as_json)


@tokens_group.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """Every token, without its secret."""
    with current_runtime().database.read_session() as session:
        rows = [_summary(token) for token in tokens.list_tokens(session)]
    empty = "No token yet: marketplace-hooks tokens create --role operator"
    show_rows(rows, ("id", "role", "subject", "label", "created_at", "revoked_at"), as_json=as_json, empty=empty)


@tokens_group.command("revoke")
@click.argument("token_id")
@json_option
def revoke(token_id: str, as_json: bool) -> None:
    """Refuse the token from now on."""
    show_one(_summary(tokens.revoke(current_runtime(), token_id)), as_json=as_json)


def _summary(token: Token) -> dict[str, object]:
    return {name: getattr(token, name) for name in ("id", "role", "subject", "label", "created_at", "revoked_at")}
