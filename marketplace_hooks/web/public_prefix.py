"""Public prefix: links of the stand-alone service, where a reverse proxy publishes it below a path.

The path is that of `PUBLIC_URL`: `https://example.com/shop` has the prefix `/shop`. Whether the proxy strips it from
requests or leaves it there, and whatever headers it sends, links begin with it. Inside a host application the prefix is
the host's affair, by `SCRIPT_NAME` or Werkzeug's `ProxyFix`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask

from ..config.settings import Settings

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class PublicPrefix:
    """WSGI middleware: mounts the application at `prefix`. `strips`: a request that still has it loses it here."""

    def __init__(self, app: Application, prefix: str, *, strips: bool) -> None:
        self.app = app
        self._prefix = prefix
        self._strips = strips

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if self._strips and (path == self._prefix or path.startswith(f"{self._prefix}/")):
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        environ["SCRIPT_NAME"] = self._prefix
        return self.app(environ, start_response)


def install_public_prefix(app: Flask, settings: Settings) -> None:
    """Have an app that is ours alone link below the path of `PUBLIC_URL`, if it has one."""
    prefix = unquote(urlsplit(settings.public_url).path.rstrip("/")).encode().decode("latin-1")
    if not prefix:
        return
    # A prefix that is called like a page of ours, such as /products, can only be stripped by the proxy.
    is_ours = any(rule.rule == prefix or rule.rule.startswith(f"{prefix}/") for rule in app.url_map.iter_rules())
    mounted = PublicPrefix(app.wsgi_app, prefix, strips=not is_ours)
    app.wsgi_app = mounted  # type: ignore[method-assign] # the hook that Flask documents
