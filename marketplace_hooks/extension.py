"""Flask extension: composes the package in a host's app, or in the stand-alone service.

`MarketplaceHooks` holds no state of an app: one object may serve many apps, and the state of each is in
`app.extensions["marketplace_hooks"]`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .cli import hooks_group
from .config.loading import load
from .config.settings import EXTENSION, Settings
from .errors import ConfigurationError
from .events.intake import Intake
from .remote.openid import OpenIdProvider
from .services.core.runtime import make_runtime
from .services.inbox.writer import InboxWriter
from .web import attach
from .web.mail.rendering import render_mail
from .web.state import WebState

__all__ = ["MarketplaceHooks"]


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
        attach(app, state.runtime.settings.url_prefix)
        app.cli.add_command(hooks_group, "hooks")


def state_for(app: Flask, identity: Callable[[], Any] | None = None) -> WebState:
    """The state of the app as its settings say, with no connection opened yet. Raises `ConfigurationError`."""
    settings = load(app.config)
    runtime = make_runtime(settings, host_database=_database_of(app), serves_web=True, mail_renderer=render_mail)
    runtime.counters.keeps_storing = not app.testing  # a test of a host ends, and its database with it.
    return WebState(
        runtime=runtime,
        intake=Intake(runtime=runtime, inbox=InboxWriter(runtime.database)),
        identity=identity,
        provider=_provider(settings),
    )


def _provider(settings: Settings) -> OpenIdProvider | None:
    """The OpenID Connect provider where users sign in, if one is configured. No request is made yet."""
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
    configured: URL | str | None = host.config.get("SQLALCHEMY_DATABASE_URI")
    with contextlib.suppress(ArgumentError):  # what is no URL is refused on connecting, with a sentence.
        url = make_url(configured or "")
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            return url.set(database=os.path.join(host.instance_path, url.database))
    return configured
