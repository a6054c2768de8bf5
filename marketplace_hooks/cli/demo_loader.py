"""Demo data loader: posts the demo marketplace to the webhook of a running service, signed, event by event."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from ..config.settings import Settings
from ..demo import business_care, catalog, history, merchant_shops, status_changes, support
from ..demo.catalog import Event
from ..demo.fake_shops.serve import FILE_HOST
from ..demo.load import SOURCE, Post, signed_posts
from ..domain.catalog.statuses import Side
from ..models.products import SideState, SubjectKind
from ..services.catalog.lists import find_packs
from ..services.core.runtime import make_runtime
from .events import post_signed

ATTEMPTS = 30
ANCHOR = "demo-day.txt"
"""The instant of the first load, from which all dates are counted: loading again posts the same events."""
ADDRESS = "demo-address.txt"
"""The address of the last start, and since when it is this one where it was another before."""


def load_demo(settings: Settings, url: str, log: Callable[[str], None], stop: Callable[[], bool]) -> None:
    """Post the demo marketplace. An event that was posted before is a duplicate and changes nothing.

    `log` takes the lines about the progress; once `stop` is true, no more is posted. Raises `ClickException` when an
    event is not accepted.
    """
    anchor = anchor_of(settings.instance, datetime.now(UTC))
    moved_at = moved_at_of(settings.instance, url, datetime.now(UTC))
    phases = demo_events(url, anchor, moved_at)
    total = sum(len(events) for phase in phases for events in phase)
    posted = itertools.count(1)

    def post(events: Sequence[Event]) -> int:
        new = 0
        for signed in signed_posts(events, settings.webhook_secrets[SOURCE][0], datetime.now(UTC)):
            if stop():
                return new
            new += _post(url, signed)
            number = next(posted)
            if number % 50 == 0 or number == total:
                log(f"posted {number} of {total} signed events")
        return new

    with ThreadPoolExecutor(max(len(phase) for phase in phases)) as pool:
        new = sum(sum(pool.map(post, phase)) for phase in phases)
    log(f"loaded {new} new events" if new else "the demo marketplace was already loaded")


def demo_events(url: str, anchor: datetime, moved_at: datetime | None) -> list[list[list[Event]]]:
    """The events of a demo at this address, whose links lead to what is served beside it: phases, one after the other,
    each of series that can be posted at the same time.

    All requests come in the order of their dates: that of a list with the newest first.
    """
    goods = catalog.events(anchor)
    later = ("customer.upserted", "pack.upserted", "purchase.completed")
    customers, packs, purchases = ([event for event in goods if event[1] == type_] for type_ in later)
    return [
        [[event for event in goods if event[1] not in later], customers],
        [packs, purchases],
        [
            [
                *business_care.events(anchor, file_host=beside(url, FILE_HOST), moved_at=moved_at),
                *status_changes.events(anchor),
            ],
            history.events_before_open_requests(anchor),
            support.bound_to_served_sites(_site_urls(url), anchor, moved_at=moved_at),
        ],
        [history.events_since_open_requests(anchor)],
    ]


def _post(url: str, signed: Post) -> bool:
    """Post one event of the demo; whether it is new. Raises `ClickException` when it is not accepted.

    A service that is too busy says 503, as to every sender, and is asked again.
    """
    path, headers, body = signed
    for _ in range(ATTEMPTS):
        status, answer = post_signed(f"{url}{path}", headers, body)
        if status != 503:
            break
        time.sleep(1)
    if status != 202:
        raise click.ClickException(f"the demo could not be loaded: {status} {answer}")
    return not answer["duplicate"]


def what_to_try(settings: Settings, url: str) -> list[str]:
    """What a newcomer can try next: three addresses to open, and a command to copy."""
    events = catalog.events(anchor_of(settings.instance, datetime.now(UTC)))
    packs = [data for _, type_, _, data in events if type_ == "pack.upserted"]
    runtime = make_runtime(settings)
    with runtime.database.read_session() as session:
        pack, version = _what_to_hide(session, packs)
    runtime.database.dispose()
    change = {"product_id": pack["product_ids"][0], "status": "offline_temporary", "actor": "seller", "reason": "rest"}
    hide = json.dumps({**change, "version": version})
    return [
        f"open {url}",
        f"     {url}/sign-in       take the tour, or sign in as a customer, a seller or the marketplace",
        f"     {url}/packs/{pack['pack_id']}",
        "hide a product of that pack with the marketplace's webhook, then reload the page:",
        f"     {command()} send product.status_changed --data '{hide}'",
        "Ctrl-C stops everything.",
    ]


def _what_to_hide(session: Session, packs: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], int]:
    """A pack to hide, and the version of the event that hides its first product.

    The first pack that is shown: a demo is started more than once. The first of all where none is shown.
    """
    shown = {card.pack_id for card in find_packs(session, limit=len(packs)).items}
    pack = next((one for one in packs if one["pack_id"] in shown), packs[0])
    seller = session.get(SideState, (SubjectKind.PRODUCT, pack["product_ids"][0], Side.SELLER))
    return pack, 1 if seller is None else seller.version + 1


def _site_urls(url: str) -> Mapping[str, str]:
    """The addresses of the merchant sites that `up --demo` serves on the ports after its own, by their customers."""
    host, _, port = url.rpartition(":")
    return merchant_shops.addresses(host, int(port) + 1)


def beside(url: str, place: int) -> str:
    """The address, on loopback, of what is served at its place after the first port of the demo's sites."""
    port = url.rpartition(":")[2]
    return f"http://127.0.0.1:{int(port) + 1 + place}"


def command() -> str:
    """Our command as the user can type it: its path from the current folder, else its name if the shell finds it.

    The path first: `run.py` puts us on its own `PATH`, and the user's shell does not have it.
    """
    path = Path(sys.executable).parent / "marketplace-hooks"
    if path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return "marketplace-hooks" if shutil.which("marketplace-hooks") else str(path)


def anchor_of(instance: Path, now: datetime) -> datetime:
    """The instant of the first load."""
    path = instance / ANCHOR
    if not path.exists():
        path.write_text(now.isoformat())
    return datetime.fromisoformat(path.read_text().strip())


def moved_at_of(instance: Path, url: str, now: datetime) -> datetime | None:
    """Since when the demo is at this address, if it was started at another one before; None if not."""
    path = instance / ADDRESS
    known_url, _, since = path.read_text().strip().partition(" ") if path.exists() else ("", "", "")
    if known_url != url:
        since = now.isoformat() if known_url else ""
        path.write_text(f"{url} {since}")
    return datetime.fromisoformat(since) if since else None
