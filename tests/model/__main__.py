"""Long run of the model: `python -m tests.model --sequences 2000 --database sqlite|postgresql`.

Prints how many histories were lived through; of a failure, the shortest history that still fails. Exit status 1 then.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ..support import databases
from ..support.marketplace import Marketplace, open_marketplace
from ..support.postgres import start_postgres
from ..support.statement_cache import share_compiled_statements
from .marketplace_machine import WholeMarketplace


def main() -> int:
    """Run so many histories and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--sequences", type=int, default=2_000, help="how many histories (default: 2000)")
    parser.add_argument("--steps", type=int, default=25, help="at most so many steps in each (default: 25)")
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="the seed that an earlier run printed")
    given = parser.parse_args()
    number = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    print(f"{given.sequences} histories on {given.database}, seed {number}")
    long = settings(
        max_examples=given.sequences,
        stateful_step_count=given.steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=True,
        verbosity=Verbosity.normal,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    logging.disable(logging.INFO)  # of each history hundreds of lines.
    share_compiled_statements()
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="model-")))
        lend = opened.enter_context(_databases(given.database, folder))
        machine = type("LongRun", (WholeMarketplace,), {"opens": staticmethod(_with_progress(lend, folder))})
        seed(number)(machine)
        try:
            run_state_machine_as_test(machine, settings=long)
        except AssertionError as failure:
            print("\nThe product and the reference disagree:")
            traceback.print_exception(failure, file=sys.stdout)
            return 1
    print("\nNo disagreement.")
    return 0


Lend = Callable[[], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def _databases(kind: str, folder: Path) -> Iterator[Lend]:
    """A lender of empty, migrated databases of a kind."""
    numbers = count(1)
    if kind == "sqlite":
        template = folder / "template.db"
        databases.apply_migrations(databases.sqlite_url(template))

        @contextlib.contextmanager
        def lend() -> Iterator[str]:
            path = folder / f"history-{next(numbers)}.db"
            yield databases.copy_sqlite(template, path)
            for file in folder.glob(f"{path.name}*"):
                file.unlink()

        yield lend
        return
    with contextlib.ExitStack() as opened:
        server = start_postgres()
        opened.callback(server.close)
        url = opened.enter_context(databases.postgres_database(server))
        databases.apply_migrations(url)
        copies = databases.Copies(server, url)
        opened.callback(copies.close)
        yield copies.lend


def _with_progress(lend: Lend, folder: Path) -> Callable[[], contextlib.AbstractContextManager[Marketplace]]:
    """Open a marketplace for each history, and say now and then how many there were."""
    started_s = time.monotonic()
    numbers = count(1)

    @contextlib.contextmanager
    def opens() -> Iterator[Marketplace]:
        number = next(numbers)
        if number % 25 == 0:
            print(f"\r{number} histories in {time.monotonic() - started_s:.0f} s", end="", flush=True)
        with lend() as url, open_marketplace(url, folder / "instance") as marketplace:
            yield marketplace

    return opens


if __name__ == "__main__":
    sys.exit(main())
