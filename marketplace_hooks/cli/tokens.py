"""Bearer token commands: create one, list them, revoke one."""

from __future__ import annotations

from datetime import timedelta

import click

from ..domain.token_scopes import Scope
from ..models.access import Role, Token
from ..services.access import tokens
from ..services.core.unit_of_work import run_in_transaction
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group

_COLUMNS = (
    "id",
    "label",
    "role",
    "subject",
    "scopes",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
)


@hooks_group.group("tokens")
def tokens_group() -> None:
    """Bearer tokens for the API."""


@tokens_group.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--subject", help="The id of the seller or customer that it acts for.")
@click.option("--name", "--label", "label", default="", help="A note about what it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="Limit it to part of what its role allows; repeatable. Default: everything.",
)
@click.option("--days", type=click.IntRange(1, 3_650), help="How many days it is valid. Default: until it is revoked.")
@json_option
def create(
    role: str, subject: str | None, label: str, scopes: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """Create a token. It is shown only once; only its hash is stored.

    \b
    marketplace-hooks tokens create --role seller --subject seller-1 --scope products --days 365
    """
    runtime = current_runtime()
    expires_at = None if days is None else runtime.now() + timedelta(days=days)
    token, text = tokens.create(runtime, role, subject=subject, label=label, scopes=scopes, expires_at=expires_at)
    show_one({"token": text} if as_json else {"token": text, "id": token.id}, as_json=as_json)


@tokens_group.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List every token, without its secret, newest first."""
    with current_runtime().database.read_session() as session:
        rows = [_summary(token) for token in tokens.list_tokens(session)]
    empty = "No token yet: marketplace-hooks tokens create --role operator"
    show_rows(rows, _COLUMNS, as_json=as_json, empty=empty)


@tokens_group.command("revoke")
@click.argument("token_id")
@json_option
def revoke(token_id: str, as_json: bool) -> None:
    """Revoke a token: it is refused from now on."""
    token = run_in_transaction(current_runtime(), lambda uow: tokens.revoke(uow, token_id))
    show_one(_summary(token), as_json=as_json)


def _summary(token: Token) -> dict[str, object]:
    return {name: getattr(token, name) for name in _COLUMNS}
