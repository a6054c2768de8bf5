"""Delivery commands: list the deliveries to endpoints, and send one again."""

from __future__ import annotations

from typing import Any

import click

from ..models.outbox import DeliveryState
from ..services.core.unit_of_work import run_in_transaction
from ..services.outbox.delivery_log import DeliveryWithEvent, find_deliveries
from ..services.outbox.redeliver import redeliver
from .output import json_option, show_one, show_rows
from .root import current_runtime, hooks_group


@hooks_group.group("deliveries")
def deliveries() -> None:
    """What was sent to endpoints, and whether it arrived."""


@deliveries.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option("--endpoint", "endpoint_id", help="Only those to this endpoint.")
@click.option("--type", "type_", help="Such as product.hidden.")
@click.option("--event", "event_id", help="Only those of this outgoing event.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_all(
    state: str | None, endpoint_id: str | None, type_: str | None, event_id: str | None, limit: int, as_json: bool
) -> None:
    """The newest deliveries first."""
    chosen = None if state is None else DeliveryState(state)
    with current_runtime().database.read_session() as session:
        found, _ = find_deliveries(
            session, state=chosen, endpoint_id=endpoint_id, type_=type_, event_id=event_id, limit=limit
        )
        rows = [_row(one) for one in found]
    columns = ("delivery_id", "type", "subject", "endpoint_id", "state", "attempts", "last_status", "last_error")
    show_rows(rows, columns, as_json=as_json, empty="No delivery matches.")


@deliveries.command("replay")
@click.argument("delivery_id", type=int)
@json_option
def replay(delivery_id: int, as_json: bool) -> None:
    """Send one again that was delivered or exhausted, under the same webhook-id, with all its attempts before it."""
    show_one(_row(run_in_transaction(current_runtime(), lambda uow: redeliver(uow, delivery_id))), as_json=as_json)


def _row(sent: DeliveryWithEvent) -> dict[str, Any]:
    event = sent.event
    delivery = sent.delivery
    names = "endpoint_id", "state", "attempts", "due_at", "last_status", "last_error", "delivered_at"
    return {
        "delivery_id": delivery.id,
        "event_id": event.event_id,
        "type": event.type,
        "subject": f"{event.subject_kind}:{event.subject_id}",
        **{name: getattr(delivery, name) for name in names},
    }
