"""Try the servers of a host, those outside the suite too: `python -m tests.hosts gevent uwsgi`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from marketplace_hooks.standalone import build_app
from marketplace_hooks.testing import create_tables

from .servers import COMMANDS, served, try_server


def main(names: list[str]) -> None:
    for name in names or list(COMMANDS):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/marketplace.db"
            create_tables(build_app({"MARKETPLACE_HOOKS_DATABASE_URL": url, "MARKETPLACE_HOOKS_INSTANCE": folder}))
            with served(name, url, Path(folder) / "ours") as port:
                try_server(name, port)
        print(f"{name}: served, events taken in, pages shown")


if __name__ == "__main__":
    main(sys.argv[1:])
