"""Demo deployment: the whole product as `up --demo` starts it, on its own ports and in its own folder."""

from __future__ import annotations

import http.client
import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketplace_hooks.demo.load import signed_posts
from tests.support.ports import free_port
from tests.support.processes import ROOT, kill_all, load_factor, wait_until

READY_WITHIN_S = 120.0
DONE_WITHIN_S = 60.0
STOPPED_WITHIN_S = 60.0
READY = "open http://"
SHOPS = 14
STATUS_CHANGED_PRODUCT = "20508"
"""A product that goes offline and comes back, so that there are outgoing events."""
CHARGED_TWICE = "o-50343"
"""A purchase whose second year is charged once more, so that a charge is asked back."""


class DemoStack:
    """One `marketplace-hooks up --demo`: its address, its rows, and signed events to it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.instance = folder / "instance"
        self.port = free_port(1 + SHOPS)
        self.mark = uuid.uuid4().hex
        self.log = folder / "up.log"
        named = {"INSTANCE": str(self.instance), "WEB_PROCESSES": "1", **settings}
        ours = {f"MARKETPLACE_HOOKS_{name}": str(value) for name, value in named.items()}
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "TEST_DEPLOYMENT": self.mark, **ours}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace_hooks", "up", "--demo", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shop_url(self, number: int) -> str:
        """A merchant site that is served beside it: 0 is PrestaShop 1.7, 1 is 8, 2 is 9."""
        return f"{self.url.rpartition(':')[0]}:{self.port + 1 + number}"

    def wait_until_ready(self) -> None:
        """Wait until the demo is loaded and all its events are applied."""

        def is_ready_or_ended() -> bool:
            return READY in self.output() or self.process.poll() is not None

        wait_until(is_ready_or_ended, READY_WITHIN_S, "the demo did not start", self.output)
        assert READY in self.output(), self.output()
        self.command("endpoints", "add", f"{self.shop_url(0)}/hooks")
        for version, status in enumerate(("offline_temporary", "online"), 1):
            data = {
                "product_id": STATUS_CHANGED_PRODUCT,
                "actor": "marketplace",
                "reason": "a look at it",
                "version": version,
            }
            self.publish("product.status_changed", status=status, **data)
        charge = {"charge_id": "ch-once-more", "amount": {"amount_cents": 3960, "currency": "EUR"}}
        charge |= {"purchase_id": CHARGED_TWICE, "period_index": 2, "occurred_at": datetime.now(UTC).isoformat()}
        self.publish("subscription.renewed", **charge)

    def wait_until_applied(self) -> None:
        """Wait until every event is applied and every cascade has ended."""
        query = (
            "SELECT (SELECT count(*) FROM mh_inbox WHERE state = 'received')"
            " + (SELECT count(*) FROM mh_cascades WHERE state = 'running')"
        )
        wait_until(lambda: self.rows(query) == [(0,)], DONE_WITHIN_S, "events were not applied", self.output)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Read the database from this process."""
        with closing(sqlite3.connect(self.instance / "marketplace_hooks.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def publish(self, type_: str, **data: Any) -> str:
        """Post a signed event as the marketplace does, and wait until it is applied; return its id."""
        event_id = f"evt-{uuid.uuid4().hex[:12]}"
        now = datetime.now(UTC)
        secret = str(tomllib.loads((self.instance / "config.toml").read_text())["webhook_secrets"]).partition("=")[2]
        for path, headers, body in signed_posts([(event_id, type_, now, data)], secret, now):
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                assert answer.status == 202, json.loads(answer.read())
        self.wait_until_applied()
        return event_id

    def command(self, *arguments: str) -> None:
        """Run another command of this deployment."""
        done = subprocess.run(
            [sys.executable, "-m", "marketplace_hooks", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def output(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))

    def close(self) -> None:
        """Stop it as Ctrl-C would, and leave nothing behind."""
        try:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOPPED_WITHIN_S * load_factor())
        finally:
            kill_all(self.mark)
            self.process.wait()
