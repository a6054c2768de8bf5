"""The long run: `python -m tests.openapi --examples 100 --seed 7`. Ends with 1 when an answer is not as documented."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from ..support import databases
from ..support.marketplace import open_marketplace
from .conformance import CALLERS, failures, set_up


def main() -> int:
    """Run every role, and print what is not as the document says."""
    parser = argparse.ArgumentParser(prog="python -m tests.openapi", description=__doc__)
    parser.add_argument("--examples", type=int, default=50, help="requests of each kind to each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=CALLERS, action="append", help="only these")
    given = parser.parse_args()
    count = 0
    for role in given.role or CALLERS:
        with tempfile.TemporaryDirectory() as folder:
            url = databases.sqlite_url(Path(folder) / "openapi.db")
            databases.apply_migrations(url)
            with open_marketplace(url, Path(folder), API_RATE_PER_MINUTE=0, FAILURE_RATE_PER_MINUTE=0) as marketplace:
                set_up(marketplace)
                found = failures(marketplace, role, examples=given.examples, chosen_seed=given.seed)
        count += len(found)
        print(f"{role}: {len(found)} failures", *found, sep="\n\n")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
