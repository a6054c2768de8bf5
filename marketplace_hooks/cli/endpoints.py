"""Endpoint commands: add one, list them, enable or disable one."""

from __future__ import annotations

import click

from ..domain.outbox.event_types import EVERYTHING
from ..models.outbox import Endpoint
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.outbox.endpoints import add_endpoint, disable_endpoint, enable_endpoint, list_endpoints, locked_endpoint
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group


@hooks_group.group("endpoints")
def endpoints() -> None:
    """Who is told what happens here."""


@endpoints.command("add")
@click.argument("url")
@click.option("--type", "types", multiple=True, help="Only these outgoing events; default: all. Repeatable.")
@click.option("--description", default="", help="For people.")
@json_option
def add(url: str, types: tuple[str, ...], description: str, as_json: bool) -> None:
    """Deliver outgoing events to URL, signed. Its secret is shown this once.

    \b
    marketplace-hooks endpoints add https://example.com/hooks --type product.hidden
    """
    endpoint, secret = add_endpoint(current_runtime(), url, types=types or (EVERYTHING,), description=description)
    show_one({"endpoint_id": endpoint.id, "url": url, "types": endpoint.types, "secret": secret}, as_json=as_json)


@endpoints.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """Every endpoint."""
    names = "id", "url", "types", "enabled", "disabled_reason", "failing_since", "created_at"
    with current_runtime().database.read_session() as session:
        rows = [{name: getattr(endpoint, name) for name in names} for endpoint in list_endpoints(session)]
    show_rows(rows, names, as_json=as_json, empty="No endpoint yet: marketplace-hooks endpoints add URL")


@endpoints.command("enable")
@click.argument("endpoint_id")
@json_option
def enable(endpoint_id: str, as_json: bool) -> None:
    """Deliver again, beginning with what waited."""
    endpoint = enable_endpoint(current_runtime(), endpoint_id)
    show_one({"endpoint_id": endpoint.id, "enabled": endpoint.enabled}, as_json=as_json)


@endpoints.command("disable")
@click.argument("endpoint_id")
@click.option("--reason", default="by an operator", show_default=True)
@json_option
def disable(endpoint_id: str, reason: str, as_json: bool) -> None:
    """Deliver no more; what is to be told waits."""
    runtime = current_runtime()

    def act(uow: UnitOfWork) -> Endpoint:
        endpoint = locked_endpoint(uow.session, endpoint_id)
        disable_endpoint(uow, endpoint, reason)
        return endpoint

    endpoint = run_in_transaction(runtime, act)
    show_one({"endpoint_id": endpoint.id, "enabled": endpoint.enabled}, as_json=as_json)
