"""List pages: how much longer a page takes with a hundred thousand rows of everything than with two thousand.

Every list of every audience, and its next page, in two marketplaces; a customer's own rows are a thousand in both. The
pages are rendered in this process, one at a time, without a server: a list costs its statements and its markup.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import statistics
import time
from argparse import Namespace
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import time_machine

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.standalone import build_app
from tests.support.long_lists import LISTS, STARTED_AT, fill, set_up_history
from tests.support.marketplace import SECRET, Marketplace
from tests.support.page_client import Browser, browser_of

from . import rounds, stack

FEW = 2_000
REQUESTS = 9
MOST_RATIO = 1.2
SEARCHES = ("/?q=", "/seller?q=")
"""They have a benchmark of their own (`search.py`): shown, without a target."""


@contextlib.contextmanager
def marketplace(folder: Path, url: str, count: int) -> Iterator[Marketplace]:
    """An app in which every list has `count` rows like those of one complete history."""
    deployment = stack.deploy(folder, url, api_rate_per_minute=0, webhook_secrets=f"marketplace={SECRET}")
    ours = {name: value for name, value in deployment.environment.items() if name.startswith(PREFIX)}
    app = build_app({**ours, f"{PREFIX}SECRET_KEY": secrets.token_hex(32)})
    made = Marketplace(app)
    with time_machine.travel(STARTED_AT, tick=False) as clock:
        set_up_history(made, clock)
    fill(made, count)
    yield made
    made.runtime.database.dispose()


def next_page(browser: Browser, path: str) -> str | None:
    """The address of the next page; None when there is none."""
    found = re.search(r'rel="next" href="([^"]+)"', browser.get(path).text)
    return unescape(found[1]).partition("#")[0] if found else None


def time_page(browser: Browser, path: str) -> float:
    """Milliseconds until the page is made. Raises when it is not."""
    begun_s = time.perf_counter()
    page = browser.get(path)
    took_ms = (time.perf_counter() - begun_s) * 1000
    if page.status != 200:
        raise RuntimeError(f"{path} answers {page.status}")
    return took_ms


def compare(arguments: Namespace, report: rounds.Report, few: Marketplace, many: Marketplace) -> None:
    """Each list and its next page, in the small and the large marketplace by turns."""
    for (role, subject), paths in LISTS.items():
        small, large = (browser_of(one, role, subject) for one in (few, many))
        for path in paths:
            pages = [(small, path), (large, path)]
            following = [next_page(browser, path) for browser in (small, large)]
            measure_page(arguments, report, path, pages)
            if all(following):
                both = [(browser, str(there)) for browser, there in zip((small, large), following, strict=True)]
                measure_page(arguments, report, f"{path} (next)", both)


def measure_page(arguments: Namespace, report: rounds.Report, name: str, pages: list[tuple[Browser, str]]) -> None:
    """One measurement is the median of a few requests."""

    def median_ms(which: int) -> float:
        return statistics.median(time_page(*pages[which]) for _ in range(REQUESTS))

    for which in (0, 1):
        median_ms(which)  # templates and statements are compiled.
    found = rounds.Compared()
    for _ in range(arguments.rounds):
        found.take(lambda: median_ms(0), lambda: median_ms(1))
    report.add(f"{name}: long", rounds.Spread.of(found.own), "ms")
    target = None if name.startswith(SEARCHES) else rounds.at_most(MOST_RATIO)
    report.add(f"{name}: long / short", rounds.Spread.of(found.ratios), target=target)
    rounds.report_progress(f"{report.title} {report.database} {name}: {statistics.median(found.ratios):.2f}")


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"lists of {arguments.events:,}", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        with marketplace(folder, database(), FEW) as few, marketplace(folder, database(), arguments.events) as many:
            compare(arguments, report, few, many)
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.lists`."""
    rounds.run(rounds.options(__doc__ or "", events=100_000), measure)


if __name__ == "__main__":
    main()
