"""Search in a catalogue of a hundred thousand products: milliseconds for common, rare and misspelt words, and narrowed.

Every product has texts of its own in two languages, made of words that are as unevenly common as those of a language.
The floor is the least that finds something: one statement that asks the database's own index for an exact word, and
reads the first 24 products that have it, in no order, without a count.
"""

from __future__ import annotations

import random
import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product as pairs
from typing import Any

from sqlalchemy import literal, select, text

from marketplace_hooks.database.bulk_insert import bulk_insert
from marketplace_hooks.database.full_text import SQLITE_INDEX, found_by, query_of
from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.domain.search.version_spans import searched_span
from marketplace_hooks.models.categories import ProductCategory
from marketplace_hooks.models.products import Listing, Product, ProductKind, Seller
from marketplace_hooks.models.search import RenewalScope, SearchEntry
from marketplace_hooks.services.catalog.lists import find_products
from marketplace_hooks.services.catalog.search import Narrowing
from marketplace_hooks.services.catalog.search_index import request_renewal
from marketplace_hooks.services.catalog.search_renewal import renew_entries
from marketplace_hooks.services.core.runtime import Runtime
from tests.support.bulk_purchases import gather_statistics

from . import rounds, stack

MOST_MS = 50
REQUESTS = 7
PAGE = 24
SELLERS = 2_000
CATEGORIES = ("Front office", "Payment", "Shipping", "Marketing", "Migration", "SEO", "Stock", "Statistics")
STARTED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi bon cad del fin gra lor mis nal per que ros tal ven".split()
WORDS = ["".join(parts) for parts in pairs(SYLLABLES, repeat=3)]
RARE = "étiquettes"
"""A word of every thousandth product, in its name."""
COMMON = "module"
"""A word of every product's description, and of every tenth name."""

Search = dict[str, Any]
SEARCHES: dict[str, Search] = {
    "common word": {"search": COMMON},
    "two common words": {"search": f"{COMMON} {WORDS[0]}"},
    "rare word": {"search": RARE},
    "part of a word": {"search": "tiquet"},
    "misspelt word": {"search": "étiqeuttes"},
    "misspelt beside a common word": {"search": f"{COMMON} étiqettes"},
    "nothing": {"search": "xylophonequartz"},
    "short word": {"search": "ba"},
    "filters without words": {
        "properties": Narrowing(kind=ProductKind.THEME, versions=searched_span("9")),
        "category": "SEO",
    },
    "common word, filters combined": {
        "search": COMMON,
        "category": "Stock",
        "properties": Narrowing(
            kind=ProductKind.THEME, versions=searched_span("1.6"), lowest_cents=4_000, highest_cents=5_000
        ),
    },
    "version that no product names": {"properties": Narrowing(versions=searched_span("99"))},
    "version that no product announces": {"properties": Narrowing(versions=searched_span("1.2"))},
    "price in a currency": {"properties": Narrowing(lowest_cents=4_000, highest_cents=5_000, currency="EUR")},
    "price in a currency of no product": {"properties": Narrowing(highest_cents=5_000, currency="USD")},
    "rare word, filters combined": {
        "search": RARE,
        "properties": Narrowing(kind=ProductKind.MODULE, versions=searched_span("8.1")),
    },
}


def texts(chance: random.Random, count: int) -> str:
    """So many words, the first ones of the vocabulary far more often than the last."""
    return " ".join(WORDS[int(len(WORDS) * chance.random() ** 4)] for _ in range(count))


def products(count: int) -> Iterator[tuple[Any, ...]]:
    """The rows of all products; every twentieth is offline."""
    chance = random.Random(7)
    for number in range(count):
        name = (
            f"{texts(chance, 3)}{f' {RARE}' if number % 1_000 == 7 else ''}{f' {COMMON}' if number % 10 == 3 else ''}"
        )
        yield (
            f"mod-{number:07}",
            f"sel-{number % SELLERS}",
            ProductKind.THEME if number % 5 == 0 else ProductKind.MODULE,
            f"mod{number}{texts(chance, 1)}",
            {"fr": name, "en": texts(chance, 3)},
            {"fr": f"{COMMON} {texts(chance, 40)}", "en": f"{COMMON} {texts(chance, 40)}"},
            [CATEGORIES[number % len(CATEGORIES)]],
            "",
            chance.choice((0, 1_990, 4_490, 9_900, 19_900)),
            "EUR",
            1,
            Status.OFFLINE_TEMPORARY if number % 20 == 0 else Status.ONLINE,
            True,
            0,
            STARTED_AT,
            STARTED_AT,
        )


PRODUCT_COLUMNS = (
    "id seller_id kind technical_name title description categories words price_cents currency description_version "
    "status shown sequence created_at changed_at"
).split()
LISTING_COLUMNS = (
    "product_id version published_at features compatible_from compatible_to incompatible_modules price_cents currency"
).split()
RANGES = (("1.6", "1.7.8"), ("1.7", "8.2"), ("8.0.0", None), ("8.1", "9.0.99"), ("1.7.6.0", "9.0.99"))


def fill(runtime: Runtime, count: int) -> float:
    """Write the catalogue, and then its entries by the job that fills the index; return how long that took."""
    with runtime.database.session() as session:
        sellers = [
            Seller(id=f"sel-{n}", name=f"Atelier {WORDS[n]}", country="FR", locale="fr", helpdesk_relays=[])
            for n in range(SELLERS)
        ]
        for seller in sellers:
            seller.described_at = STARTED_AT
        session.add_all(sellers)
        rows = list(products(count))
        bulk_insert(session, Product, PRODUCT_COLUMNS, rows)
        in_categories = [(row[0], row[6][0], row[11]) for row in rows]
        bulk_insert(session, ProductCategory, ("product_id", "category", "status"), in_categories)
        listings = [
            (row[0], 1, STARTED_AT, [f"Does {COMMON}"], *RANGES[n % len(RANGES)], [], row[8], "EUR")
            for n, row in enumerate(rows)
        ]
        bulk_insert(session, Listing, LISTING_COLUMNS, listings)
        request_renewal(session, RenewalScope.EVERYTHING, "all", STARTED_AT)
    begun_s = time.perf_counter()
    renew_entries(runtime)
    took_s = time.perf_counter() - begun_s
    gather_statistics(runtime.database)
    return took_s


def ours(runtime: Runtime, search: Search) -> Callable[[], float]:
    """The median milliseconds of the first page of a search."""

    def once() -> float:
        begun_s = time.perf_counter()
        with runtime.database.read_session() as session:
            find_products(session, best_first=True, limit=PAGE, **search)
        return (time.perf_counter() - begun_s) * 1_000

    return lambda: statistics.median(once() for _ in range(REQUESTS))


def floor(runtime: Runtime) -> Callable[[], float]:
    """The median milliseconds of the bare statement."""

    def once() -> float:
        begun_s = time.perf_counter()
        with runtime.database.read_session() as session:
            query = literal(query_of(session, [["etiquettes"]]))
            found = select(Product.id, Product.title).join(SearchEntry, SearchEntry.subject_id == Product.id)
            if runtime.database.is_sqlite:
                found = found.join(SQLITE_INDEX, SQLITE_INDEX.c.rowid == SearchEntry.id)
                found = found.where(found_by(text(SQLITE_INDEX.name), query))
            else:
                found = found.where(found_by(SearchEntry.terms, query))
            session.execute(found.limit(PAGE)).all()
        return (time.perf_counter() - begun_s) * 1_000

    return lambda: statistics.median(once() for _ in range(REQUESTS))


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"search in {arguments.events:,} products", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        runtime = stack.deploy(folder, database()).make_runtime()
        rounds.report_progress(f"{report.title} {kind}: making the catalogue")
        report.add("index filled", arguments.events / fill(runtime, arguments.events), "products/s")
        bare = floor(runtime)
        for name, search in SEARCHES.items():
            own = ours(runtime, search)
            bare(), own()  # statements are compiled.
            found = rounds.Compared()
            for _ in range(arguments.rounds):
                found.take(bare, own)
            report.add(name, rounds.Spread.of(found.own), "ms", target=rounds.at_most(MOST_MS))
            report.add(f"{name}: ours / floor", rounds.Spread.of(found.ratios))
            rounds.report_progress(f"{report.title} {kind} {name}: {statistics.median(found.own):.1f} ms")
        runtime.database.dispose()
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.search`."""
    rounds.run(rounds.options(__doc__ or "", events=100_000), measure)


if __name__ == "__main__":
    main()
