"""Cost of metrics and logs on ingest: processor time for an event with them, next to the same service without them.

Both are the stand-alone application in this process, and get the same signed requests one after the other. The floor's
counters count nothing, and its log lines and spans are not even asked for. Processor time, and not time: on a machine
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
from marketplace_hooks.standalone import build_app
from marketplace_hooks.web import fast_path

from . import rounds, stack

MOST_RATIO = 1.03
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
    """Whole and bare in turn, on a database each."""
    report = rounds.Report(title="metrics and logs", database=kind)
    numbers = itertools.count()
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        whole, bare = (stack.deploy(folder, database()) for _ in range(2))
        app, bare_app = _app(whole), _app(bare)
        _without_counters(bare_app)

        def cost_us(app: Flask, secret: str) -> float:
            requests = [_request(secret, next(numbers)) for _ in range(arguments.events)]
            begun_s = time.process_time()
            for environ in requests:
                app.wsgi_app(environ, _start_response)
            return (time.process_time() - begun_s) / arguments.events * 1e6

        def floor() -> float:
            with _without_logs():
                return cost_us(bare_app, bare.secret)

        floor()
        cost_us(app, whole.secret)
        rounds.interleave(
            report,
            arguments.rounds,
            floor=floor,
            ours=lambda: cost_us(app, whole.secret),
            unit="µs",
            target=rounds.at_most(MOST_RATIO),
        )
        for one in (app, bare_app):
            one.extensions[EXTENSION].runtime.counters.keeps_storing = False
            one.extensions[EXTENSION].runtime.database.dispose()
    return report


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
