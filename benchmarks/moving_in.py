"""Import of a marketplace's purchases with their periods, next to the bare COPY or executemany of the same rows.

Ours reads the file, checks every line, lays out every period by the contract, and writes in chunks. The floor has the
finished rows at hand, and only writes them. The memory is that of the command in a process of its own.
"""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.snapshots.checking import SnapshotCheck
from marketplace_hooks.snapshots.importing import import_checked

from . import floors, rounds, stack

MOST_RATIO = 3
MOST_GROWTH = 1.25
PRODUCTS = 500
FLOOR_CHUNK = 50_000
POLL_S = 0.05
TABLES = ("mh_purchases", "mh_site_bindings", "mh_subscriptions", "mh_periods", "mh_charges")
EURO = {"amount_cents": 9_900, "currency": "EUR"}


def write_lines(path: Path, lines: Iterator[Mapping[str, Any]]) -> Path:
    """A file with these lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one)}\n" for one in lines)
    return path


def parents(customers: int) -> Iterator[Mapping[str, Any]]:
    """Sellers, products and customers, which stand there before the measurement."""
    yield {"kind": "seller", "data": {"seller_id": "s-1", "name": "Exemple", "country": "FR", "locale": "fr"}}
    listing = {"features": [], "compatible_from": None, "compatible_to": None, "published_at": "2019-01-01T00:00:00Z"}
    described = {"seller_id": "s-1", "kind": "module", "technical_name": "example", "title": {"fr": "Exemple"}}
    for number in range(PRODUCTS):
        data = {"product_id": f"p-{number}", **described, "price": EURO, "version": 1, "listing": listing}
        yield {"kind": "product", "data": data}
    for number in range(customers):
        person = {"name": "Somebody", "email": "somebody@shop.example", "locale": "fr", "professional": False}
        yield {"kind": "customer", "data": {"customer_id": f"c-{number}", **person}}


def purchases(count: int, customers: int) -> Iterator[Mapping[str, Any]]:
    """Purchases of the last two years, half of them renewed once."""
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(count):
        bought_at = today - timedelta(days=1 + number % 720)
        data: dict[str, Any] = {
            "purchase_id": f"o-{number:08}",
            "customer_id": f"c-{number % customers}",
            "product_id": f"p-{number % PRODUCTS}",
            "shop_url": f"https://shop-{number % customers}.example",
            "price_paid": EURO,
            "purchased_at": bought_at.isoformat(),
        }
        if number % 720 >= 366:
            paid_at = (bought_at + timedelta(days=366)).isoformat()
            charge = {"charge_id": f"ch-{number:08}", "amount": EURO, "occurred_at": paid_at}
            data["periods"] = [{"period_index": 2, "kind": "renewal", **charge}]
        yield {"kind": "purchase", "data": data}


def run_import(runtime: Runtime, path: Path) -> float:
    """Import a file in this process; how long it took. Raises when something was not new."""
    begun_s = time.perf_counter()
    check = SnapshotCheck([path], runtime.now(), runtime.settings.reference_zone)
    checked = check.run(runtime.database.read_session)
    if checked.findings.count:
        raise RuntimeError(f"{checked.findings.errors[:3]}")
    imported = import_checked(runtime, checked)
    took_s = time.perf_counter() - begun_s
    checked.entities.close()
    if sum(imported.known.values()):
        raise RuntimeError(f"{imported.known} were known")
    return took_s


def ours(folder: Path, database: stack.Databases, template: str, path: Path) -> float:
    """One import into a copy of the template."""
    copy = database(template=template)
    runtime = stack.deploy(folder, copy).make_runtime()
    took_s = run_import(runtime, path)
    runtime.database.dispose()
    database.drop(copy)
    return took_s


def store_rows(runtime: Runtime, folder: Path) -> list[Path]:
    """The imported rows as the driver gives them, in files: the floor's rows, a chunk of a table in each."""
    files = []
    raw = floors.connect(runtime.database.url.render_as_string(hide_password=False))()
    for table in TABLES:
        cursor = raw.execute(f"SELECT * FROM {table}")
        while rows := cursor.fetchmany(FLOOR_CHUNK):
            files.append(folder / f"{table}-{len(files)}")
            files[-1].write_bytes(pickle.dumps((table, [tuple(row) for row in rows])))
    raw.close()
    return files


def floor(database: stack.Databases, template: str, files: list[Path]) -> float:
    """The bare statements: a COPY or an executemany for each chunk of a table, each committed."""
    copy = database(template=template)
    raw = floors.connect(copy)()
    is_sqlite = make_url(copy).get_backend_name() == "sqlite"
    if is_sqlite:
        raw.execute("PRAGMA foreign_keys=ON")
    took_s = 0.0
    for file in files:
        table, rows = pickle.loads(file.read_bytes())
        begun_s = time.perf_counter()
        if is_sqlite:
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            raw.execute("COMMIT")
        else:
            with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copying:
                for row in rows:
                    copying.write_row(row)
        took_s += time.perf_counter() - begun_s
    raw.close()
    database.drop(copy)
    return took_s


def memory_mib(folder: Path, database: stack.Databases, template: str, path: Path) -> float:
    """The most memory that the command takes."""
    copy = database(template=template)
    deployment = stack.deploy(folder, copy)
    command = [sys.executable, "-m", "marketplace_hooks", "import", str(path), "--json"]
    most_kib = 0
    with subprocess.Popen(command, cwd=stack.ROOT, env=deployment.environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            # What the system says at the end counts the pages of the parent, too, from which the process was forked.
            status = Path(f"/proc/{process.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+)", status):
                most_kib = int(found[1])
            time.sleep(POLL_S)
    if process.returncode:
        raise RuntimeError("the import failed")
    database.drop(copy)
    return most_kib / 1024


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    count = arguments.events
    customers = max(1, count // 3)
    report = rounds.Report(title=f"import of {count:,} purchases with their periods", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        template = database()
        runtime = stack.deploy(folder, template).make_runtime()
        run_import(runtime, write_lines(folder / "parents.ndjson", parents(customers)))
        runtime.database.dispose()
        path = write_lines(folder / "purchases.ndjson", purchases(count, customers))
        small = write_lines(folder / "small.ndjson", purchases(count // 10, customers))
        files = prepare_floor(folder, database, template, path)
        rounds.interleave(
            report,
            arguments.rounds,
            floor=partial(floor, database, template, files),
            ours=partial(ours, folder, database, template, path),
            unit="s",
            target=rounds.at_most(MOST_RATIO),
        )
        little = memory_mib(folder, database, template, small)
        much = memory_mib(folder, database, template, path)
        report.add("memory for a tenth", little, "MiB")
        report.add("memory for all", much, "MiB")
        report.add("memory for all / for a tenth", much / little, target=rounds.at_most(MOST_GROWTH))
    return report


def prepare_floor(folder: Path, database: stack.Databases, template: str, path: Path) -> list[Path]:
    """Import once, and store the rows that this leaves."""
    copy = database(template=template)
    runtime = stack.deploy(folder, copy).make_runtime()
    run_import(runtime, path)
    files = store_rows(runtime, folder)
    runtime.database.dispose()
    database.drop(copy)
    return files


def main() -> None:
    """Run from the command line: `python -m benchmarks.moving_in`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000, rounds=3), measure)


if __name__ == "__main__":
    main()
