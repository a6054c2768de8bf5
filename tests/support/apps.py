"""Pool of stand-alone apps: each test gets a state of its own without registering two hundred routes again.

An app whose test is over serves the next test with the same settings: its configuration is restored, and all that it
held in memory (runtime, connections, limits, tokens) is made anew by the extension itself.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flask import Flask

from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.extension import state_for
from marketplace_hooks.standalone import build_app

from .compiled_templates import share_compiled_templates

# The location of a test's database and folder changes no route; every other setting might.
LOCATIONS = {f"{PREFIX}{name}" for name in ("DATABASE_URL", "INSTANCE")}
_idle: defaultdict[str, list[tuple[Flask, dict[str, Any]]]] = defaultdict(list)


def close_app(app: Flask) -> None:
    """Close what the extension holds: its connections, and the thread that would open another to store its counters."""
    runtime = app.extensions[EXTENSION].runtime
    runtime.counters.keeps_storing = False
    runtime.database.dispose()


@contextlib.contextmanager
def app_of(config: dict[str, Any]) -> Iterator[Flask]:
    """A stand-alone app with these settings, by their full names. A test that changes its routes restores them."""
    idle = _idle[repr(sorted((name, value) for name, value in config.items() if name not in LOCATIONS))]
    if idle:
        app, as_made = idle.pop()
        app.config.update({**as_made, **config})
        app.extensions[EXTENSION] = state_for(app)
    else:
        app = build_app(config)
        share_compiled_templates(app)
        as_made = dict(app.config)
    app.extensions[EXTENSION].runtime.counters.keeps_storing = False  # no thread outlives the test.
    try:
        yield app
    finally:
        close_app(app)
        del app.extensions[EXTENSION]
        app.config.clear()
        idle.append((app, as_made))
