"""How does each test get an app with a state of its own, without paying for two hundred routes again?

An app whose test is over serves the next that asks for the same settings: its configuration is as it was made, and
all that it kept in memory (installation, connections, limits, tokens) is made anew by the extension itself.
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

# Where a test's own database and folder are changes no route; every other setting might.
_PLACES = {f"{PREFIX}{name}" for name in ("DATABASE_URL", "INSTANCE")}
_idle: defaultdict[str, list[tuple[Flask, dict[str, Any]]]] = defaultdict(list)


@contextlib.contextmanager
def app_of(config: dict[str, Any]) -> Iterator[Flask]:
    """A stand-alone app of these settings, by their full names. Whoever changes its routes puts them back."""
    idle = _idle[repr(sorted((name, value) for name, value in config.items() if name not in _PLACES))]
    if idle:
        app, as_made = idle.pop()
        app.config.update({**as_made, **config})
        app.extensions[EXTENSION] = state_for(app)
    else:
        app = build_app(config)
        as_made = dict(app.config)
    try:
        yield app
    finally:
        state = app.extensions.pop(EXTENSION)
        state.runtime.database.dispose()
        app.config.clear()
        idle.append((app, as_made))
