"""Hosts of the demo: a demo answers only under this machine's own names.

Its people need no password, so another site must not reach it through a visitor's browser, whose DNS it can point to
this machine (DNS rebinding). `DEMO_EXPOSED` lifts this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from ..config.parsers import is_loopback
from ..config.settings import Settings
from .problems import problem

StartResponse = Callable[..., Any]


class DemoHosts:
    """WSGI middleware: refuses requests to any other host than this machine, or the one of `PUBLIC_URL`."""

    def __init__(self, app: Callable[..., Iterable[bytes]], public_host: str | None) -> None:
        self._app = app
        self._public_host = public_host

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        host = _host_of(environ.get("HTTP_HOST", ""))
        if host is not None and (host == self._public_host or is_loopback(host)):
            return self._app(environ, start_response)
        refusal = problem(421, "unknown_host", "the demo answers to localhost only: see --expose-demo")
        return refusal(environ, start_response)


def install_demo_hosts(app: Flask, settings: Settings) -> None:
    """Put the check before the app of a demo that is not meant for other machines."""
    if settings.demo and not settings.demo_exposed:
        public_host = urlsplit(settings.public_url).hostname
        app.wsgi_app = DemoHosts(app.wsgi_app, public_host)  # type: ignore[method-assign] # the hook that Flask documents


def _host_of(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
