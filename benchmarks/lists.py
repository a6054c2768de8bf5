"""How much longer does a page with a list take when a hundred thousand rows stand behind it?

Every list of every room, and its next page, on two installations: two thousand rows of everything in one, in the other
as many as asked for; a customer's own are a thousand in both. The pages are made in this process, one at a time,
without a server: what is measured is what a list costs, its statements and its markup.
"""

from __future__ import annotations

import contextlib
import re
import statistics
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import time_machine

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from marketplace_hooks.standalone import build_app
from tests.support.bulk_purchases import COPY, copy_logs, copy_rows, gather_statistics
from tests.support.marketplace import OFFLINE, SECRET, Marketplace
from tests.support.page_client import Browser, browser_of
from tests.support.support_desk import FIX, REQUEST, TEMPLATE, due, publish_message, publish_request, set_up_support

from . import rounds, stack

FEW = 2_000
LOOKS = 9
MOST_RATIO = 1.5
SCANS = ("/?q=", "/seller?q=")
"""Words are looked for in every name (`docs/decisions.md`): shown, without a target."""
SCENE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_Person = tuple[str | None, str | None]
LISTS: dict[_Person, tuple[str, ...]] = {
    (None, None): ("/", "/?category=Media", "/?q=lumen", "/?q=nothing-is-called-so"),
    ("seller", "seller-1"): (
        "/seller",
        "/seller?q=lumen",
        "/seller/packs",
        "/seller/requests",
        "/seller/requests?show=all",
        "/seller/refunds",
    ),
    ("customer", "customer-1"): ("/account", "/support", "/support?order=newest", "/support/new"),
    ("operator", "odette"): (
        "/operator",
        "/operator/events",
        "/operator/events?state=applied",
        "/operator/deliveries",
        "/operator/cascades",
        "/operator/replies",
        "/operator/requests",
        "/operator/refunds?state=due",
        "/operator/products",
        "/operator/sellers",
    ),
}
# What is copied: tables, the column that tells the copies apart, the row they are like, and what else tells them apart.
_OWNER = f"CASE WHEN i <= 1000 THEN 'customer-1' ELSE {COPY} END"
_LIKE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("mh_sellers", "id", "seller-1", {}),
    ("mh_customers", "id", "customer-1", {}),
    ("mh_products", "id", "mod-1", {}),
    ("mh_product_categories", "product_id", "mod-1", {}),
    ("mh_packs", "id", "pack-1", {}),
    ("mh_pack_members", "pack_id", "pack-1", {}),
    ("mh_purchases", "id", "purchase-1", {"customer_id": _OWNER}),
    ("mh_site_bindings", "purchase_id", "purchase-1", {}),
    ("mh_subscriptions", "purchase_id", "purchase-1", {"customer_id": _OWNER}),
    ("mh_periods", "purchase_id", "purchase-1", {}),
    ("mh_requests", "id", REQUEST, {"customer_id": _OWNER}),
    ("mh_clocks", "request_id", REQUEST, {}),
    ("mh_refund_claims", "request_id", REQUEST, {}),
    ("mh_messages", "request_id", REQUEST, {"body_sha256": "CAST(i AS VARCHAR)"}),
)


@contextlib.contextmanager
def marketplace(here: Path, url: str, count: int) -> Iterator[Marketplace]:
    """An app in which everything that has a list has `count` rows like one that has lived through it all."""
    place = stack.place(here, url, api_rate_per_minute=0, webhook_secrets=f"marketplace={SECRET}")
    ours = {name: value for name, value in place.environment.items() if name.startswith(PREFIX)}
    app = build_app({**ours, f"{PREFIX}SECRET_KEY": "of a benchmark"})
    made = Marketplace(app)
    with time_machine.travel(SCENE_AT, tick=False) as clock:
        set_up_support(made)
        made.publish_pack("pack-1", "mod-1")
        publish_request(made)
        clock.shift(timedelta(minutes=30))
        publish_message(made, body=TEMPLATE)
        made.change_status("pack-1", OFFLINE, kind="pack")
        clock.move_to(due(made, FIX))
        made.run_all_now()
    fill(made, count)
    yield made
    made.runtime.database.dispose()


def fill(made: Marketplace, count: int) -> None:
    """Copies of all there is, by set statements."""
    endpoint, _ = add_endpoint(made.runtime, "https://93.184.215.14/hooks")
    database = made.runtime.database
    with database.session() as session:
        for table, key, original, other in _LIKE:
            copy_rows(session, table, key, original, count, **other)
        copy_logs(session, endpoint.id, count)
    gather_statistics(database)


def next_page(browser: Browser, path: str) -> str | None:
    """Where the link to the next page leads; None where everything is on the first."""
    found = re.search(r'rel="next" href="([^"]+)"', browser.get(path).text)
    return unescape(found[1]).partition("#")[0] if found else None


def look(browser: Browser, path: str) -> float:
    """Milliseconds until the page is made. Raises when it is not."""
    begun_s = time.perf_counter()
    page = browser.get(path)
    took_ms = (time.perf_counter() - begun_s) * 1000
    if page.status != 200:
        raise RuntimeError(f"{path} answers {page.status}")
    return took_ms


def compare(asked: Namespace, report: rounds.Report, few: Marketplace, many: Marketplace) -> None:
    """Each list and its next page, in the short and the long installation by turns."""
    for (role, subject), paths in LISTS.items():
        short, long = (browser_of(one, role, subject) for one in (few, many))
        for path in paths:
            pages = [(short, path), (long, path)]
            following = [next_page(browser, path) for browser in (short, long)]
            measure_page(asked, report, path, pages)
            if all(following):
                both = [(browser, str(there)) for browser, there in zip((short, long), following, strict=True)]
                measure_page(asked, report, f"{path} (next)", both)


def measure_page(asked: Namespace, report: rounds.Report, name: str, pages: list[tuple[Browser, str]]) -> None:
    """The median of a few looks is one measurement."""

    def looks(which: int) -> float:
        return statistics.median(look(*pages[which]) for _ in range(LOOKS))

    for which in (0, 1):
        looks(which)  # templates and statements are compiled.
    found = rounds.Compared()
    for _ in range(asked.rounds):
        found.take(lambda: looks(0), lambda: looks(1))
    report.add(f"{name}: long", rounds.Spread.of(found.own), "ms")
    target = None if name.startswith(SCANS) else rounds.at_most(MOST_RATIO)
    report.add(f"{name}: long / short", rounds.Spread.of(found.ratios), target=target)
    rounds.publish(f"{report.title} {report.database} {name}: {statistics.median(found.ratios):.2f}")


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"lists of {asked.events:,}", database=kind)
    with stack.folder() as here, stack.databases(kind, here) as database:
        rounds.publish(f"{report.title} {kind}: making the rows")
        with marketplace(here, database(), FEW) as few, marketplace(here, database(), asked.events) as many:
            compare(asked, report, few, many)
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.lists`."""
    asked = rounds.options(__doc__ or "", events=100_000).parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
