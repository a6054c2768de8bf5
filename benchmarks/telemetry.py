"""Cost of metrics and logs on ingest: their share of the processor time that a received event takes.

The stand-alone application in this process gets signed requests one after the other, with metrics and logs and without:
counters that count nothing, lines and spans that are not even asked for. Processor time, and not time: on a machine
that is busy with something else rates differ by more than is looked for.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from flask import Flask

from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.events import intake
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.services.core.counters import Counters
from marketplace_hooks.services.inbox.writer import InboxWriter, InsertResult
from marketplace_hooks.standalone import build_app
from marketplace_hooks.web import fast_path

from . import rounds, stack

MOST_PERCENT = 3.0
PATH = "/webhooks/marketplace"


class _NoVariable:
    """A context variable that stores nothing."""

    def set(self, value: Any) -> None:
        """Store nothing."""

    reset = set


class NoCounters(Counters):
    """Counters that count nothing."""

    def add(self, *_: Any, **__: Any) -> None:
        """Count nothing."""


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """What metrics and logs take, without the INSERT, whose own time varies by more; then a whole event, with it."""
    report = rounds.Report(title="metrics and logs", database=kind)
    numbers = itertools.count()
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        deployment = stack.deploy(folder, database())
        app = _app(deployment)
        bare_app = _app(deployment)
        _without_counters(bare_app)

        def cost_us(app: Flask, *, stores: bool = False) -> float:
            requests = [_request(deployment.secret, next(numbers)) for _ in range(arguments.events)]
            with contextlib.nullcontext() if stores else mock.patch.object(InboxWriter, "insert", _insert_nothing):
                begun_s = time.process_time()
                for environ in requests:
                    app.wsgi_app(environ, _start_response)
                return (time.process_time() - begun_s) / arguments.events * 1e6

        def bare_cost_us() -> float:
            with _without_logs():
                return cost_us(bare_app)

        bare_cost_us()
        cost_us(app)
        taken = [(bare_cost_us() + bare_cost_us()) / 2 - cost_us(app) for _ in range(arguments.rounds)]
        whole = [cost_us(app, stores=True) for _ in range(arguments.rounds)]
        own = rounds.Spread.of([-one for one in taken])
        report.add("metrics and logs of an event", own, "µs")
        report.add("the event, with its INSERT", rounds.Spread.of(whole), "µs")
        percent = 100 * own.median / rounds.Spread.of(whole).median
        report.add("share of the event", percent, "%", rounds.at_most(MOST_PERCENT))
        for one in (app, bare_app):
            one.extensions[EXTENSION].runtime.counters.keeps_storing = False
            one.extensions[EXTENSION].runtime.database.dispose()
    return report


def _insert_nothing(*_: Any) -> InsertResult:
    """A new event, stored nowhere."""
    return InsertResult(duplicate=False)


def _app(deployment: stack.Deployment) -> Flask:
    return build_app({name: value for name, value in deployment.environment.items() if name.startswith(PREFIX)})


def _without_counters(app: Flask) -> None:
    web_state = app.extensions[EXTENSION]
    runtime = replace(web_state.runtime, counters=NoCounters(web_state.runtime.database))
    app.extensions[EXTENSION] = replace(web_state, runtime=runtime, intake=replace(web_state.intake, runtime=runtime))


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    """Nothing is asked for on the path of an event that only logs and traces need."""
    with (
        mock.patch.object(intake, "_log", _do_nothing),
        mock.patch.object(intake, "is_tracing", _do_nothing),
        mock.patch.object(fast_path, "current_environ", _NoVariable()),
    ):
        yield


def _do_nothing(*_: Any) -> None:
    """Neither log nor trace."""


def _request(secret: str, number: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    data = {"product_id": f"mod-{number % 100}", "status": "online", "actor": "seller", "reason": "", "version": number}
    envelope = {"type": "product.status_changed", "timestamp": format_instant(now), "data": data}
    body = json.dumps(envelope).encode()
    signed = signed_headers(f"evt_{number}", now, body, (secret,))
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.items()}
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        **headers,
    }


def _start_response(status: str, headers: Any, *_: Any) -> Callable[[bytes], None]:
    if not status.startswith("202"):
        raise RuntimeError(status)
    return lambda data: None


def main() -> None:
    """Run from the command line: `python -m benchmarks.telemetry`."""
    rounds.run(rounds.options(__doc__ or "", events=2_000, rounds=15), measure)


if __name__ == "__main__":
    main()
