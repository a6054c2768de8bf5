"""How is everything put together: in a host's Flask app, or stand-alone?

The one place that knows every part. `MarketplaceHooks` keeps nothing on itself: one object may serve many apps, and
each app's state is in `app.extensions["marketplace_hooks"]`.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from . import events  # noqa: F401 - its import registers every inbound type
from .cli import hooks_group
from .config import EXTENSION, PREFIX, Settings, load
from .errors import ConfigurationError
from .remote.openid import OpenIdProvider
from .services.installation import Installation, install
from .store.ingest import InboxWriter
from .web import attach
from .web.api import PREFIX as API_PREFIX
from .web.letters import write_letter
from .web.pages import show_all_errors
from .web.sessions import keep_safe
from .web.short_way import shorten
from .web.state import WebState

__all__ = ["MarketplaceHooks", "create_app"]


class MarketplaceHooks:
    """The extension: webhooks in, storefront and API out, commands under `flask hooks`.

    `MarketplaceHooks(app)`, or `MarketplaceHooks()` and `init_app(app)` later. `identity` is the host's answer to who
    is signed in, called for each request: None, or a mapping with `role` and, as they apply, `subject` and `locale`.
    """

    def __init__(self, app: Flask | None = None, *, identity: Callable[[], Any] | None = None) -> None:
        self._identity = identity
        if app is not None:
            self.init_app(app, identity=identity)

    def init_app(self, app: Flask, *, identity: Callable[[], Any] | None = None) -> None:
        """Read the settings, and add our blueprints and commands to the app.

        Raises `ConfigurationError`, with a sentence that says what to change.
        """
        if EXTENSION in app.extensions:
            raise ConfigurationError(
                f"MarketplaceHooks is already registered on the app {app.import_name!r}. "
                "Call MarketplaceHooks(app) or init_app(app), not both."
            )
        app.extensions[EXTENSION] = state = state_for(app, identity or self._identity)
        attach(app, state.installation.settings.url_prefix)
        app.cli.add_command(hooks_group, "hooks")


def state_for(app: Flask, identity: Callable[[], Any] | None = None) -> WebState:
    """All that the app's settings ask for, new and with nothing open yet. Raises `ConfigurationError`."""
    settings = load(app.config)
    installation = install(settings, host_database=_database_of(app), serves_web=True, letters=write_letter)
    return WebState(
        installation=installation,
        inbox=InboxWriter(installation.database),
        identity=identity,
        provider=_provider(settings),
    )


def _provider(settings: Settings) -> OpenIdProvider | None:
    """Where people sign in, if an OpenID Connect provider is configured. It is asked nothing yet."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise ConfigurationError("OIDC_ISSUER is set, and OIDC_CLIENT_ID is not: as whom do we ask the provider?")
    return OpenIdProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scope=settings.oidc_scope,
    )


def _database_of(host: Flask) -> URL | str | None:
    """The host's own database. A relative SQLite file lies in the app's instance folder, as Flask-SQLAlchemy has it."""
    given: URL | str | None = host.config.get("SQLALCHEMY_DATABASE_URI")
    with contextlib.suppress(ArgumentError):  # what is no URL at all is refused by whoever connects, with a sentence.
        url = make_url(given or "")
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            return url.set(database=os.path.join(host.instance_path, url.database))
    return given


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The stand-alone service. `config` holds settings by their full names, as a host app's `config` would."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(levelname)s %(name)s %(message)s")
    # It tells at each look which database it looks at: `doctor` and `/readyz` look often.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    app = Flask("marketplace_hooks", static_folder=None, template_folder=None)
    app.config.update(config or {})
    settings = load(app.config)
    app.config["SECRET_KEY"] = app.config.get("SECRET_KEY") or settings.secret_key
    app.config.setdefault(f"{PREFIX}INSTANCE", str(settings.instance))
    keep_safe(app, settings)
    MarketplaceHooks(app)
    shorten(app, prefix=settings.url_prefix, api=API_PREFIX)
    show_all_errors(app)  # alone in the app, every error page is ours; inside a host only those of our pages.
    return app


def load_installation() -> Installation:
    """The stand-alone installation of a process that serves no web requests, from the environment."""
    return install(load(), letters=write_letter)
