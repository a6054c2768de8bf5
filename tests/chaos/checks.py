"""Comparisons of the chaos test: nothing lost, nothing twice, order kept, and receivers told all of it, signed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from marketplace_hooks.models.cascades import Cascade, CascadeState
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.models.products import Product
from marketplace_hooks.models.purchases import Purchase, Refund

from ..support.fault_events import assert_published_once
from ..support.processes import Deployment
from ..support.webhook_receiver import Delivered
from .expected import Expected, expect
from .stream import Log


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What stands in the rows after the run."""

    deployment: Deployment
    inbox: dict[tuple[str, str], tuple[str, str | None]]
    statuses: dict[str, str]
    purchases: set[str]
    refunds: dict[str, list[str]]
    outgoing: dict[str, OutgoingEvent]

    @classmethod
    def read(cls, deployment: Deployment) -> Observed:
        return deployment.read(lambda session: cls._read(deployment, session))

    @classmethod
    def _read(cls, deployment: Deployment, session: Session) -> Observed:
        inbox = select(InboxEvent.source, InboxEvent.event_id, InboxEvent.state, InboxEvent.outcome)
        refunds = defaultdict(list)
        for purchase_id, refund_id in session.execute(select(Refund.purchase_id, Refund.refund_id)):
            refunds[purchase_id].append(refund_id)
        return cls(
            deployment=deployment,
            inbox={(source, id_): (str(state), outcome) for source, id_, state, outcome in session.execute(inbox)},
            statuses={id_: str(status) for id_, status in session.execute(select(Product.id, Product.status))},
            purchases=set(session.scalars(select(Purchase.id))),
            refunds=dict(refunds),
            outgoing={one.event_id: one for one in session.scalars(select(OutgoingEvent))},
        )


def is_all_applied(session: Session) -> bool:
    """Whether nothing that was received waits, and every cascade has ended."""
    waiting = select(func.count()).where(InboxEvent.state.in_((InboxState.RECEIVED, InboxState.PARKED)))
    running = select(func.count()).where(Cascade.state == CascadeState.RUNNING)
    return session.scalar(waiting) == 0 and session.scalar(running) == 0


def all_delivered(session: Session) -> bool:
    """Whether every outgoing event has been delivered to both endpoints."""
    events = session.scalar(select(func.count()).select_from(OutgoingEvent))
    delivered = select(func.count()).where(Delivery.state == DeliveryState.DELIVERED)
    return session.scalar(delivered) == 2 * (events or 0)


def check_everything(log: Log, observed: Observed, received: Mapping[str, Sequence[Delivered]]) -> None:
    """Every promise, by its name. `received` are what came to each endpoint, by its secret."""
    expected = expect(log.accepted)
    nothing_answered_202_is_lost(log, observed)
    nothing_forged_is_stored(log, observed)
    each_product_has_its_newest_status_and_each_event_its_outcome(expected, observed)
    each_purchase_and_refund_counts_once(expected, observed)
    nothing_is_published_twice(expected, observed)
    for secret, requests in received.items():
        receivers_got_every_event_signed_under_one_id(observed, secret, requests)


def check_file(deployment: Deployment) -> None:
    """The file of a SQLite database is whole, and nobody works on a log or an index that was removed."""
    if not deployment.database.is_sqlite:
        return
    damage = deployment.read(lambda session: session.execute(text("PRAGMA integrity_check")).all())
    assert damage == [("ok",)], damage
    for pid in deployment.leftovers():
        removed = [path for path in open_files(pid) if path.endswith("(deleted)") and ".db" in path]
        assert not removed, f"process {pid} works on files that were removed: {removed}"


def open_files(pid: int) -> list[str]:
    """The paths of the files that a process has open; none of a process that has ended."""
    paths = []
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            paths.append(os.readlink(link))
    return paths


def nothing_answered_202_is_lost(log: Log, observed: Observed) -> None:
    states = {one.event_id: observed.inbox.get((one.source, one.event_id)) for one in log.accepted}
    lost = [id_ for id_, state in states.items() if state is None]
    assert not lost, f"answered 202, and not in the inbox: {lost}"
    unapplied = {id_: state for id_, state in states.items() if state is not None and state[0] != "applied"}
    assert not unapplied, unapplied


def nothing_forged_is_stored(log: Log, observed: Observed) -> None:
    stored = {event_id for _, event_id in observed.inbox} & set(log.forged)
    assert not stored, stored


def each_product_has_its_newest_status_and_each_event_its_outcome(expected: Expected, observed: Observed) -> None:
    outcomes = {event_id: outcome for (_, event_id), (_, outcome) in observed.inbox.items()}
    found = {event_id: outcomes[event_id] for event_id in expected.outcomes}
    wrong = {id_: (found[id_], outcome) for id_, outcome in expected.outcomes.items() if found[id_] != outcome}
    assert not wrong, f"outcomes that do not follow from the order of receipt (found, expected): {wrong}"
    assert observed.statuses == {id_: product.status for id_, product in expected.products.items()}


def each_purchase_and_refund_counts_once(expected: Expected, observed: Observed) -> None:
    assert observed.purchases == set(expected.purchases)
    assert {id_: sorted(refunds) for id_, refunds in observed.refunds.items()} == {
        id_: sorted(refunds) for id_, refunds in expected.refunds.items()
    }


def nothing_is_published_twice(expected: Expected, observed: Observed) -> None:
    """No cause has published an event twice, sequences have no gap, and each purchase's start and end came once."""
    assert_published_once(observed.deployment)
    counts = Counter((one.type, one.subject_id) for one in observed.outgoing.values())
    started = {id_: counts["subscription.started", id_] for id_ in expected.purchases}
    assert set(started.values()) <= {1}, started
    ended = {id_ for type_, id_ in counts if type_ == "subscription.renewal_cancelled"}
    assert ended == expected.stopped, ended ^ expected.stopped
    hidden_or_shown = Counter(id_ for type_, id_ in counts.elements() if type_ in ("product.hidden", "product.shown"))
    assert set(hidden_or_shown) <= set(expected.products)


def receivers_got_every_event_signed_under_one_id(
    observed: Observed, secret: str, requests: Sequence[Delivered]
) -> None:
    contents = defaultdict(set)
    for request in requests:
        assert is_signed(request, secret), (request.headers, request.body)
        contents[request.id].add(request.body)
    assert set(contents) == set(observed.outgoing)
    several = {id_: len(bodies) for id_, bodies in contents.items() if len(bodies) > 1}
    assert not several, f"sent again with another content: {several}"
    for id_, [body] in contents.items():
        content = json.loads(body)
        event = observed.outgoing[id_]
        assert (content["type"], content["sequence"]) == (event.type, event.sequence)


def is_signed(request: Delivered, secret: str) -> bool:
    """Verify a Standard Webhooks signature by the standard's own words, with nothing of the service."""
    at = request.headers["webhook-timestamp"]
    signed = b".".join([request.id.encode(), at.encode(), request.body])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.partition(",")[2] for one in request.headers["webhook-signature"].split() if one.startswith("v1,")]
    return any(hmac.compare_digest(one, expected) for one in given)
