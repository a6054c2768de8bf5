"""Demo command: permanently disable a product that has thousands of subscribers, in the running demo."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import func, select

from ..config.loading import load
from ..demo.catalog import Event
from ..demo.load import SOURCE, signed_posts
from ..demo.subscribers import product_events, subscriber_events, withdrawal_event
from ..domain.business_care.entitlement import EntitlementQuestion
from ..domain.catalog.statuses import Status
from ..domain.civil_days import day_of
from ..errors import ConfigurationError
from ..models.cascades import Cascade, CascadeState
from ..models.outbox import OutgoingEvent
from ..models.products import Product
from ..models.subscriptions import Subscription
from ..services.business_care.entitlements import PurchaseFilter, judge_entitlement
from ..services.business_care.holders import is_entitled
from ..services.core.pidfile import find_running
from ..services.core.runtime import Runtime, make_runtime
from .events import post_signed
from .output import json_option, show_one
from .root import hooks_group

if TYPE_CHECKING:
    from rich.progress import Progress

BATCH = 200
"""Events signed and posted at a time: each must arrive within five minutes of its signature."""
TIMEOUT_S = 60.0
"""We give up when nothing has changed for so long: then no worker runs."""


@hooks_group.command("demo", with_appcontext=False)
@click.option(
    "--subscribers",
    default=5_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many subscribers the product has.",
)
@json_option
def demo(subscribers: int, as_json: bool) -> None:
    """Permanently disable a product with many subscribers, and watch what follows.

    Posts the product and its purchases to the running demo (`marketplace-hooks up --demo`), then disables it.

    \b
    marketplace-hooks demo --subscribers 50000
    """
    settings = load()
    running = find_running(settings.instance)
    if running is None or not settings.demo:
        raise ConfigurationError(
            "No demo is running here. Start one in another terminal, and come back: marketplace-hooks up --demo"
        )
    runtime = make_runtime(settings)
    product_id = f"demo-{uuid.uuid4().hex[:8]}"
    secret = settings.webhook_secrets[SOURCE][0]
    demonstration = Demonstration(runtime=runtime, url=running.url, secret=secret, product_id=product_id)
    try:
        with _progress(as_json=as_json) as progress:
            demonstration.fill(subscribers, progress)
            facts = demonstration.withdraw(progress)
    finally:
        runtime.database.dispose()
    show_one({"product": f"{running.url}/products/{product_id}", **facts}, as_json=as_json)


def _progress(*, as_json: bool) -> Progress:
    from rich.console import Console  # an extra.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True, quiet=as_json))


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One product that gets subscribers, and is then withdrawn."""

    runtime: Runtime
    url: str
    secret: str
    product_id: str

    def fill(self, subscribers: int, progress: Progress) -> None:
        """Post the product and its purchases, and wait until every Business Care runs."""
        now = datetime.now(UTC)
        self._post(product_events(self.product_id, now), lambda posted: None)
        bar = progress.add_task("purchases posted, signed", total=subscribers)
        purchases = subscriber_events(self.product_id, subscribers, now)
        self._post(purchases, lambda event: progress.advance(bar, event[1] == "purchase.completed"))
        bar = progress.add_task("subscriptions started", total=subscribers)
        counted = select(func.count()).where(Subscription.product_id == self.product_id)
        for count in self._watch(lambda: self._one(counted), until=lambda count: count >= subscribers):
            progress.update(bar, completed=count)

    def withdraw(self, progress: Progress) -> dict[str, Any]:
        """End the sale, follow the cascade to its end, and return what it did."""
        started_s = time.monotonic()
        self._post([withdrawal_event(self.product_id, datetime.now(UTC))], lambda posted: None)
        status = select(Product.status).where(Product.id == self.product_id)
        for _ in self._watch(lambda: self._one(status), until=lambda one: one is Status.OFFLINE_PERMANENT):
            pass
        hidden_s = time.monotonic() - started_s
        bar = progress.add_task("renewals cancelled", total=None)
        for cascade in self._watch(self._cascade, until=lambda one: one.state is not CascadeState.RUNNING):
            step = next(one for one in cascade.steps if one["name"] == "renewals")
            progress.update(bar, total=step["total"], completed=step["done"])
        return {
            "page_hidden_after_s": round(hidden_s, 2),
            "cascade_done_after_s": round(time.monotonic() - started_s, 2),
            **self._outcome(self._cascade().id),
        }

    def _outcome(self, cascade_id: str) -> dict[str, Any]:
        now = self.runtime.now()
        zone = self.runtime.settings.reference_zone
        subscriptions = select(func.count()).where(Subscription.product_id == self.product_id)
        first = PurchaseFilter(purchase_id=f"{self.product_id}-0")
        with self.runtime.database.read_session() as session:
            one = judge_entitlement(
                session, first, EntitlementQuestion(at=now, zone=zone, site="https://shop-0.agences.example")
            )
            return {
                "renewals_cancelled": session.scalar(subscriptions.where(Subscription.withdrawn_from.is_not(None))),
                "entitlements_kept": session.scalar(subscriptions.where(is_entitled(now, day_of(now, zone)))),
                "events_written": session.scalar(select(func.count()).where(OutgoingEvent.cascade_id == cascade_id)),
                "a_subscriber_is_told": f"{one.code}, until {one.last_day}",
            }

    def _post(self, events: Iterable[Event], done: Callable[[Event], object]) -> None:
        """Post events concurrently, a batch at a time, so that parents are posted before what needs them."""
        remaining = iter(events)
        with ThreadPoolExecutor(16) as pool:  # concurrent posts share a commit.
            while batch := list(islice(remaining, BATCH)):
                for event, status in zip(batch, pool.map(self._send, self._signed(batch)), strict=True):
                    if status != 202:
                        raise click.ClickException(f"{event[1]} was answered {status} instead of 202")
                    done(event)

    def _signed(self, batch: list[Event]) -> Iterator[tuple[str, dict[str, str], bytes]]:
        return signed_posts(batch, self.secret, datetime.now(UTC))

    def _send(self, post: tuple[str, dict[str, str], bytes]) -> int:
        path, headers, body = post
        return post_signed(f"{self.url}{path}", headers, body)[0]

    def _watch(self, read: Callable[[], Any], *, until: Callable[[Any], bool]) -> Iterator[Any]:
        """Each new value that `read` returns, up to the first that satisfies `until`."""
        last = None
        changed_s = time.monotonic()
        while True:
            value = read()
            if value is not None and value != last:
                last = value
                changed_s = time.monotonic()
                yield value
            if value is not None and until(value):
                return
            if time.monotonic() - changed_s > TIMEOUT_S:
                raise click.ClickException(
                    "nothing has changed for a while: is a worker running? Run marketplace-hooks doctor"
                )
            time.sleep(0.05)

    def _one(self, query: Any) -> Any:
        with self.runtime.database.read_session() as session:
            return session.scalar(query)

    def _cascade(self) -> Any:
        newest = select(Cascade).where(Cascade.subject_id == self.product_id).order_by(Cascade.number.desc()).limit(1)
        return self._one(newest)
