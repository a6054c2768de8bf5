"""The marketplace of the tests: it posts signed events to the real inbox, and reads what came of them.

The data of an event, unless a test gives it, is its sample in `tests/payloads/`; versions count up by themselves.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.domain.catalog.statuses import Side, Status
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.packs import Pack, pack_is_visible
from marketplace_hooks.models.products import Product, Seller, SideState, SubjectKind, Withdrawal
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.web.state import WebState

from .apps import app_of
from .prepared import prepared

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwrTwjUPD8ILM="
SECRET_KEY = "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eUg"
PAYLOADS = Path(__file__).parents[1] / "payloads"
SELLER = Side.SELLER.value
MARKETPLACE = Side.MARKETPLACE.value
ONLINE, OFFLINE, WITHDRAWN = (status.value for status in Status)


@cache
def sample(type_: str) -> dict[str, Any]:
    """The sample of one inbound type: a whole envelope."""
    content: dict[str, Any] = json.loads((PAYLOADS / f"{type_}.json").read_text(encoding="utf-8"))
    return content


@dataclass(eq=False)
class Marketplace:
    """An app with the extension, and the marketplace that posts events to it."""

    app: Flask
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def web(self) -> WebState:
        state: WebState = self.app.extensions[EXTENSION]
        return state

    @property
    def runtime(self) -> Runtime:
        return self.web.runtime

    # --- posting

    def post(
        self,
        body: bytes,
        *,
        source: str = "marketplace",
        event_id: str = "evt_1",
        at: datetime | None = None,
        secrets: Sequence[str] = (SECRET,),
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """Post signed bytes; `headers` replace single headers, an empty one removes it."""
        signed = signed_headers(event_id, at or datetime.now(UTC), body, secrets)
        sent = {"content-type": "application/json", **signed, **(headers or {})}
        given = {name: value for name, value in sent.items() if value != ""}
        return self.app.test_client().post(f"/webhooks/{source}", data=body, headers=given, **options)

    def publish(self, type_: str, *, event_id: str | None = None, sent_at: datetime | None = None, **data: Any) -> str:
        """Post the sample of `type_` with `data` in place of its own; return the event's id."""
        known = sample(type_)["data"] if (PAYLOADS / f"{type_}.json").exists() else {}
        number = next(self.versions)
        counted = {"version": number} if "version" in known else {}
        envelope = {
            "type": type_,
            "timestamp": format_instant(sent_at or datetime.now(UTC)),
            "data": {**known, **counted, **data},
        }
        event_id = event_id or f"evt_{number}"
        answer = self.post(json.dumps(envelope).encode(), event_id=event_id)
        assert answer.status_code == 202, answer.text
        return event_id

    @prepared
    def publish_products(self, *product_ids: str, seller_id: str = "seller-1") -> None:
        """Publish a seller and products, and apply everything."""
        self.publish("seller.upserted", seller_id=seller_id)
        for product_id in product_ids:
            self.publish("product.upserted", product_id=product_id, seller_id=seller_id)
        self.run_all_now()

    def publish_pack(self, pack_id: str, *product_ids: str, seller_id: str = "seller-1") -> None:
        """Publish a pack of known products, and apply it."""
        self.publish("pack.upserted", pack_id=pack_id, seller_id=seller_id, product_ids=list(product_ids))
        self.run_all_now()

    set_up_pack = prepared(publish_pack)
    """`publish_pack` for fixtures: what it writes is copied."""

    def change_status(self, id_: str, status: str, side: str = SELLER, *, kind: str = "product", **more: Any) -> str:
        """Publish a status change of one side; return the event's id."""
        return self.publish(f"{kind}.status_changed", **{f"{kind}_id": id_}, status=status, actor=side, **more)

    def run_all_now(self) -> dict[str, int]:
        """Do all pending work, as workers would."""
        return run_all_now(self.runtime, "tests")

    # --- reading

    def all(self, query: Any) -> list[Any]:
        """Every row of a query, read now."""
        with self.runtime.database.read_session() as session:
            return list(session.scalars(query))

    def event(self, event_id: str) -> InboxEvent:
        [found] = self.all(select(InboxEvent).where(InboxEvent.event_id == event_id))
        return found

    def state_and_outcome(self, event_id: str) -> tuple[str, str | None]:
        """The state of an event, and its outcome."""
        event = self.event(event_id)
        return event.state.value, event.outcome

    def product(self, product_id: str) -> Product:
        [found] = self.all(select(Product).where(Product.id == product_id))
        return found

    def pack(self, pack_id: str) -> Pack:
        [found] = self.all(select(Pack).where(Pack.id == pack_id))
        return found

    def seller(self, seller_id: str = "seller-1") -> Seller:
        [found] = self.all(select(Seller).where(Seller.id == seller_id))
        return found

    def status(self, product_id: str) -> str:
        return self.product(product_id).status.value

    def is_pack_visible(self, pack_id: str) -> bool:
        """Whether the pack's page may be seen."""
        return bool(self.all(select(pack_is_visible()).select_from(Pack).where(Pack.id == pack_id)) == [True])

    def side_states(self, id_: str, kind: str = "product") -> dict[str, SideState]:
        """The state of each side of a subject."""
        subject = select(SideState).where(SideState.subject_kind == SubjectKind(kind), SideState.subject_id == id_)
        return {state.side.value: state for state in self.all(subject)}

    def holding_sides(self, id_: str, kind: str = "product") -> set[str]:
        """The sides with a hold of their own on a subject."""
        return {side for side, state in self.side_states(id_, kind).items() if state.held}

    def scheduled_changes(self, id_: str, kind: str = "product") -> dict[str, tuple[str, datetime]]:
        """The scheduled changes of a subject: side → status and instant."""
        return {
            side: (state.scheduled_status.value, state.scheduled_at)
            for side, state in self.side_states(id_, kind).items()
            if state.scheduled_status is not None and state.scheduled_at is not None
        }

    def withdrawals(self, id_: str) -> list[Withdrawal]:
        return self.all(select(Withdrawal).where(Withdrawal.subject_id == id_).order_by(Withdrawal.id))

    def cascades(self, id_: str) -> list[Cascade]:
        return self.all(select(Cascade).where(Cascade.subject_id == id_).order_by(Cascade.number))

    def outgoing(self, id_: str, kind: str = "product") -> list[OutgoingEvent]:
        """The outgoing events about a subject, in sequence."""
        about = select(OutgoingEvent).where(OutgoingEvent.subject_kind == kind, OutgoingEvent.subject_id == id_)
        return self.all(about.order_by(OutgoingEvent.sequence))

    def published_types(self, id_: str, kind: str = "product") -> list[str]:
        """The types of the outgoing events about a subject, without ends of cascades."""
        return [event.type for event in self.outgoing(id_, kind) if event.type != "cascade.completed"]


@contextlib.contextmanager
def open_marketplace(database_url: str, instance: Path, **settings: Any) -> Iterator[Marketplace]:
    """A marketplace and an app without Redis; `settings` by their names in capitals."""
    given = {"DATABASE_URL": database_url, "INSTANCE": str(instance), "WEBHOOK_SECRETS": f"marketplace={SECRET}"}
    # A test is its own server, with as many threads as it starts, on a machine that may be busy.
    given |= {"WEB_THREADS": "64", "DATABASE_WAIT_S": "60"}
    with app_of({f"{PREFIX}{name}": value for name, value in {**given, **settings}.items()}) as app:
        yield Marketplace(app)
