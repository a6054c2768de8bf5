"""Demo data loader: posts the demo marketplace to the webhook of a running service, signed, event by event."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from ..config.settings import Settings
from ..demo import business_care, catalog, support
from ..demo.fake_shops.serve import VERSIONS
from ..demo.load import SOURCE, signed_posts
from ..domain.catalog.statuses import Side
from ..models.access import Role
from ..models.products import SideState, SubjectKind
from ..services.access import tokens
from ..services.catalog.lists import find_packs
from ..services.core.runtime import make_runtime
from .events import post_signed

ANCHOR = "demo-day.txt"
"""The instant of the first load, from which all dates are counted: loading again posts the same events."""


def load_demo(settings: Settings, url: str, log: Callable[[str], None], stop: Callable[[], bool]) -> None:
    """Post the demo marketplace. An event that was posted before is a duplicate and changes nothing.

    `log` takes the lines about the progress; once `stop` is true, no more is posted. Raises `ClickException` when an
    event is not accepted.
    """
    now = datetime.now(UTC)
    anchor = _anchor(settings.instance, now)
    served = support.bound_to_served_sites(_site_urls(url), anchor)
    events = [*catalog.events(anchor), *business_care.events(anchor), *served, *support.events(anchor)]
    secret = settings.webhook_secrets[SOURCE][0]
    new = 0
    for number, (path, headers, body) in enumerate(signed_posts(events, secret, now), 1):
        if stop():
            return
        status, answer = post_signed(f"{url}{path}", headers, body)
        if status != 202:
            raise click.ClickException(f"the demo could not be loaded: {status} {answer}")
        new += not answer["duplicate"]
        if number % 50 == 0 or number == len(events):
            log(f"posted {number} of {len(events)} signed events")
    log(f"{new} were new" if new else "the demo marketplace was there already")


def what_to_try(settings: Settings, url: str) -> list[str]:
    """What a newcomer can try next: lines with addresses and commands that can be copied."""
    events = catalog.events(_anchor(settings.instance, datetime.now(UTC)))
    packs = [data for _, type_, _, data in events if type_ == "pack.upserted"]
    runtime = make_runtime(settings)
    with runtime.database.read_session() as session:
        pack, version = _what_to_hide(session, packs)
    product_id = pack["product_ids"][0]
    _, token = tokens.create(runtime, Role.SELLER, subject=pack["seller_id"], label="demo")
    runtime.database.dispose()
    change = {"product_id": product_id, "status": "offline_temporary", "actor": "seller", "reason": "rest"}
    hide = json.dumps({**change, "version": version})
    return [
        f"open {url}",
        f"  a product of a pack   {url}/products/{product_id}",
        f"  and that pack         {url}/packs/{pack['pack_id']}",
        "hide the product, as the marketplace would, and reload both pages:",
        f"  {command()} send product.status_changed --data '{hide}'",
        "bring it back as its seller would:",
        f"  curl -X POST {url}/api/v1/products/{product_id}/status -H 'Authorization: Bearer {token}' \\",
        '       -H \'Content-Type: application/json\' -d \'{"status": "online", "reason": "back"}\'',
        f"be a seller, a customer or the marketplace, and press their buttons: {url}/sign-in",
        "ask a merchant's site what it runs (three are served beside, a PrestaShop 1.7, an 8 and a 9):",
        f"  {command()} inspect {_site_urls(url)[0]}",
        "withdraw a product of 5,000 subscribers, and watch its renewals being cancelled:",
        f"  {command()} demo",
        f"the API's pages: {url}/api/v1/docs      what happened: {command()} events list",
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


def _site_urls(url: str) -> list[str]:
    """The addresses of the merchant sites that `up --demo` serves on the ports after its own."""
    host, _, port = url.rpartition(":")
    return [f"{host}:{int(port) + number}" for number in range(1, len(VERSIONS) + 1)]


def command() -> str:
    """Our command as the user can type it: its path from the current folder, else its name if the shell finds it.

    The path first: `run.py` puts us on its own `PATH`, and the user's shell does not have it.
    """
    path = Path(sys.executable).parent / "marketplace-hooks"
    if path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return "marketplace-hooks" if shutil.which("marketplace-hooks") else str(path)


def _anchor(instance: Path, now: datetime) -> datetime:
    path = instance / ANCHOR
    if not path.exists():
        path.write_text(now.isoformat())
    return datetime.fromisoformat(path.read_text().strip())
