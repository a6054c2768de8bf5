"""Endpoint commands: add one, list, change, test, rotate, disable, enable or delete one."""

from __future__ import annotations

from typing import Any

import click

from ..domain.outbox.event_types import EVERYTHING
from ..domain.standard_reasons import StandardReason
from ..errors import OutboundRefused
from ..models.outbox import Endpoint
from ..remote.http.headers import parse_header_lines
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.outbox.endpoint_health import read_health
from ..services.outbox.endpoints import (
    EndpointSettings,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    list_endpoints,
    locked_endpoint,
    read_endpoint,
    rotate_secret,
    settings_of,
)
from ..services.outbox.ping import ping_endpoint
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group


@hooks_group.group("endpoints")
def endpoints() -> None:
    """Webhook endpoints: who receives outgoing events."""


def _headers(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    try:
        return parse_header_lines(values)
    except OutboundRefused as refused:
        raise click.BadParameter(str(refused)) from refused


_types = click.option("--type", "types", multiple=True, help="Only these outgoing events; default: all. Repeatable.")
_description = click.option("--description", help="A note about what it is for.")
_header = click.option(
    "--header", "headers", multiple=True, callback=_headers, help="'Name: value', sent with each delivery. Repeatable."
)
_rate = click.option(
    "--rate", "rate_per_s", type=float, help="Attempts started per second; default: as in the settings."
)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value not in (None, (), {})}


@endpoints.command("add")
@click.argument("url")
@_types
@_description
@_header
@_rate
@json_option
def add(url: str, as_json: bool, **options: Any) -> None:
    """Deliver outgoing events to URL, signed. Its secret is shown only once.

    \b
    marketplace-hooks endpoints add https://example.com/hooks --type product.hidden
    """
    runtime = current_runtime()
    wanted = EndpointSettings(url=url, **_given(options))
    endpoint, secret = run_in_transaction(runtime, lambda uow: create_endpoint(runtime, uow, wanted))
    show_one({"endpoint_id": endpoint.id, "url": url, "types": endpoint.types, "secret": secret}, as_json=as_json)


@endpoints.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List every endpoint."""
    names = "id", "url", "types", "enabled", "disabled_reason", "failing_since", "created_at"
    with current_runtime().database.read_session() as session:
        rows = [{name: getattr(endpoint, name) for name in names} for endpoint in list_endpoints(session)]
    show_rows(rows, names, as_json=as_json, empty="No endpoint yet: marketplace-hooks endpoints add URL")


@endpoints.command("show")
@click.argument("endpoint_id")
@json_option
def show(endpoint_id: str, as_json: bool) -> None:
    """Show one endpoint with its settings and its last 24 hours: the success rate, and each hour with deliveries."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        endpoint = read_endpoint(session, endpoint_id)
        health = read_health(session, endpoint_id, runtime.now())
    hours = [vars(hour) for hour in health.hours if hour.delivered or hour.failed or hour.waiting]
    show_one({**_row(endpoint), "success_rate": health.success_rate, "hours": hours}, as_json=as_json)


@endpoints.command("change")
@click.argument("endpoint_id")
@click.option("--url", help="A new address.")
@_types
@_description
@_header
@click.option("--no-headers", is_flag=True, help="Remove its custom headers.")
@_rate
@click.option("--no-rate", is_flag=True, help="Back to the rate of the settings.")
@json_option
def change(endpoint_id: str, no_headers: bool, no_rate: bool, as_json: bool, **options: Any) -> None:
    """Change the given settings of an endpoint; `--type '*'` subscribes it to every type again."""
    runtime = current_runtime()
    if no_rate and options["rate_per_s"] is not None:
        raise click.UsageError("Give --rate or --no-rate, not both.")
    changes = {
        **_given(options),
        **({"headers": {}} if no_headers else {}),
        **({"rate_per_s": None} if no_rate else {}),
    }
    endpoint = run_in_transaction(runtime, lambda uow: change_endpoint(runtime, uow, endpoint_id, **changes))
    show_one(_row(endpoint), as_json=as_json)


@endpoints.command("ping")
@click.argument("endpoint_id")
@json_option
def ping(endpoint_id: str, as_json: bool) -> None:
    """Send a signed test event now, and show the receiver's answer."""
    result = ping_endpoint(current_runtime(), endpoint_id)
    facts = {"status": result.status, "error": result.error, "took_ms": round(result.took_s * 1000)}
    show_one({**facts, "answer": result.excerpt}, as_json=as_json)
    if not result.is_success:
        raise SystemExit(1)


@endpoints.command("rotate")
@click.argument("endpoint_id")
@json_option
def rotate(endpoint_id: str, as_json: bool) -> None:
    """Make a new secret, shown only once; for 24 hours deliveries are signed with the old one as well."""
    runtime = current_runtime()
    endpoint, secret = run_in_transaction(runtime, lambda uow: rotate_secret(runtime, uow, endpoint_id))
    facts = {"endpoint_id": endpoint_id, "secret": secret, "old_secret_until": endpoint.previous_secret_until}
    show_one(facts, as_json=as_json)


@endpoints.command("enable")
@click.argument("endpoint_id")
@json_option
def enable(endpoint_id: str, as_json: bool) -> None:
    """Resume deliveries, starting with those that were waiting."""
    endpoint = enable_endpoint(current_runtime(), endpoint_id)
    show_one({"endpoint_id": endpoint.id, "enabled": endpoint.enabled}, as_json=as_json)


@endpoints.command("disable")
@click.argument("endpoint_id")
@click.option("--reason", default=StandardReason.BY_OPERATOR.value, show_default=True)
@json_option
def disable(endpoint_id: str, reason: str, as_json: bool) -> None:
    """Stop deliveries; new webhooks are queued."""
    runtime = current_runtime()

    def act(uow: UnitOfWork) -> Endpoint:
        endpoint = locked_endpoint(uow.session, endpoint_id)
        disable_endpoint(uow, endpoint, reason)
        return endpoint

    endpoint = run_in_transaction(runtime, act)
    show_one({"endpoint_id": endpoint.id, "enabled": endpoint.enabled}, as_json=as_json)


@endpoints.command("delete")
@click.argument("endpoint_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation: this cannot be undone.")
@json_option
def delete(endpoint_id: str, yes: bool, as_json: bool) -> None:
    """Delete an endpoint: undelivered webhooks are discarded."""
    if not yes and not as_json:
        click.confirm(f"Delete {endpoint_id} and discard its undelivered webhooks?", abort=True)
    run_in_transaction(current_runtime(), lambda uow: delete_endpoint(uow, endpoint_id))
    show_one({"endpoint_id": endpoint_id, "deleted": True}, as_json=as_json)


def _row(endpoint: Endpoint) -> dict[str, Any]:
    settings = settings_of(endpoint, current_runtime().encryption)
    names = "enabled", "disabled_reason", "failing_since", "rests_until", "previous_secret_until", "created_at"
    return {
        "endpoint_id": endpoint.id,
        "url": settings.url,
        "types": list(settings.types) or [EVERYTHING],
        "description": settings.description,
        "header_names": sorted(settings.headers),
        "rate_per_s": settings.rate_per_s,
        **{name: getattr(endpoint, name) for name in names},
    }
