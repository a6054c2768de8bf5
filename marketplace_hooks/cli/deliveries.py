"""Delivery commands: list the deliveries to endpoints, show one, and send them again."""

from __future__ import annotations

from typing import Any

import click

from ..errors import NotFound
from ..models.outbox import DeliveryState
from ..services.core.unit_of_work import run_in_transaction
from ..services.outbox.delivery_log import DeliveryWithEvent, find_deliveries, find_delivery, subject_of
from ..services.outbox.redeliver import redeliver
from ..services.outbox.replay_several import ReplaySelection, replay_several
from .output import instant_option, json_option, show_one, show_rows
from .root import current_runtime, hooks_group

NUMBER = click.IntRange(1, 2**63 - 1)


@hooks_group.group("deliveries")
def deliveries() -> None:
    """What was sent to endpoints, and whether it arrived."""


@deliveries.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option("--endpoint", "endpoint_id", help="Only those to this endpoint.")
@click.option("--type", "type_", help="Such as product.hidden.")
@click.option("--event", "event_id", help="Only those of this outgoing event.")
@click.option("--subject", help="Such as product:mod-001.")
@click.option("--from", "published_from", callback=instant_option, help="Published from this instant on, RFC 3339.")
@click.option("--to", "published_before", callback=instant_option, help="Published before this instant.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_all(state: str | None, subject: str | None, as_json: bool, **filters: Any) -> None:
    """List the deliveries, newest first."""
    chosen = None if state is None else DeliveryState(state)
    with current_runtime().database.read_session() as session:
        found, _ = find_deliveries(session, state=chosen, subject=subject_of(subject or None), **filters)
        rows = [_row(one) for one in found]
    columns = ("delivery_id", "type", "subject", "endpoint_id", "state", "attempts", "last_status", "last_error")
    show_rows(rows, columns, as_json=as_json, empty="No delivery matches.")


@deliveries.command("show")
@click.argument("delivery_id", type=NUMBER)
@json_option
def show(delivery_id: int, as_json: bool) -> None:
    """Show one delivery with the body that is sent, and the response to each attempt."""
    with current_runtime().database.read_session() as session:
        found = find_delivery(session, delivery_id)
        if found is None:
            raise NotFound(f"no delivery {delivery_id}")
        body = None if found.body is None else found.body.decode()
        facts = {**_row(found), "url": found.endpoint.url, "body": body}
        show_one({**facts, "attempt_log": found.attempts}, as_json=as_json)


@deliveries.command("replay")
@click.argument("delivery_id", type=NUMBER, required=False)
@click.option("--endpoint", "endpoint_id", help="Those to this endpoint; without a range, all that it missed.")
@click.option("--from", "since", callback=instant_option, help="Of events published from this instant on, RFC 3339.")
@click.option("--to", "before", callback=instant_option, help="Before this instant; up to 14 days, 10,000 deliveries.")
@click.option("--missed", "missed_only", is_flag=True, help="Leave out those that have arrived.")
@json_option
def replay(delivery_id: int | None, as_json: bool, **selection: Any) -> None:
    """Resend delivered or exhausted deliveries under the same webhook-id: one, a range, or all that an endpoint missed.

    \b
    marketplace-hooks deliveries replay 17
    marketplace-hooks deliveries replay --endpoint end_1f0c
    marketplace-hooks deliveries replay --from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z --missed
    """
    runtime = current_runtime()
    if delivery_id is None:
        several = run_in_transaction(runtime, lambda uow: replay_several(uow, ReplaySelection(**selection)))
        show_one(vars(several), as_json=as_json)
        return
    if any(selection.values()):
        raise click.UsageError("Give either a delivery's number or a selection of several, not both.")
    show_one(_row(run_in_transaction(runtime, lambda uow: redeliver(uow, delivery_id))), as_json=as_json)


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
