"""How does a process of ours start: the command line, and a web server's?

While the parts are read in and put together, the garbage collector would look at all of them again and again, and find
nothing: an eighth of the start. What is there afterwards is there to stay. Were the collector to look at it later, a
reader would now and then wait a tenth of a second, and every work horse would copy it.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


@contextlib.contextmanager
def here_to_stay() -> Iterator[None]:
    """The collector looks neither on while it lasts, nor ever at what has come about."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@here_to_stay()
def create_app() -> Flask:
    """The stand-alone service, for a process that lasts as long as it does: a web server's, a worker's, a command's."""
    # By name, here and below: nothing is read in before it is wanted.
    app: Flask = import_module("marketplace_hooks.extension").create_app()
    return app


def main() -> None:
    """`marketplace-hooks`: the same commands as `flask hooks`, in the stand-alone app."""
    with here_to_stay():
        run = import_module("marketplace_hooks.cli").run
    run(create_app)
