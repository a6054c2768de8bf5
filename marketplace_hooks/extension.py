"""Flask extension: composes the package in a host's app, or in the stand-alone service.

`MarketplaceHooks` holds no state of an app: one object may serve many apps, and the state of each is in
`app.extensions["marketplace_hooks"]`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, appcontext_pushed, has_request_context
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .alembic import IncludeName, include_name
from .cli import hooks_group
from .config.loading import load
from .config.settings import EXTENSION, Settings
from .database.engine import normalise
from .errors import ConfigurationError
from .events.intake import Intake
from .remote.openid import OpenIdProvider
from .services.core.runtime import make_runtime
from .services.inbox.writer import InboxWriter
from .web import attach
from .web.mail.rendering import render_mail
from .web.state import WebState

__all__ = ["MarketplaceHooks"]

BLUEPRINT_PREFIX = "mh_"


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
        _leave_out_our_tables(app)

    def is_ours(self, request: Request) -> bool:
        """Whether the request is for one of our pages, our API or our webhooks: for a host's login wall or limiter."""
        return any(name.startswith(BLUEPRINT_PREFIX) for name in request.blueprints)


def state_for(app: Flask, identity: Callable[[], Any] | None = None) -> WebState:
    """The state of the app as its settings say, with no connection opened yet. Raises `ConfigurationError`."""
    settings = load(app.config)
    theirs = _database_of(app) if settings.database_url is None else None
    runtime = make_runtime(settings, host_database=theirs, serves_web=True, mail_renderer=render_mail)
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


def _leave_out_our_tables(host: Flask) -> None:
    """Have a host's Flask-Migrate leave out our tables, beside what it leaves out already.

    The host may make its Flask-Migrate after us: so we look when the application is first entered, by a command or a
    request.
    """

    def leave_out(sender: Flask, **_: object) -> None:
        arguments = getattr(host.extensions.get("migrate"), "configure_args", None)
        if arguments is None and not has_request_context():
            return
        appcontext_pushed.disconnect(leave_out, host)
        if arguments is not None:
            arguments["include_name"] = _both(include_name, arguments.get("include_name"))

    appcontext_pushed.connect(leave_out, host, weak=False)


def _both(ours: IncludeName, theirs: IncludeName | None) -> IncludeName:
    return ours if theirs in (None, ours) else lambda *call: ours(*call) and theirs(*call)


def _database_of(host: Flask) -> URL | str | None:
    """The host's own database. A relative SQLite file lies in the app's instance folder, as Flask-SQLAlchemy has it.

    In a host's tests it may be in memory, where no other engine sees it: ours is a file then, gone with the process.
    Raises `ConfigurationError` for a database we do not run on.
    """
    configured: URL | str | None = host.config.get("SQLALCHEMY_DATABASE_URI")
    if configured is None:
        return None
    with contextlib.suppress(ArgumentError):  # what is no URL is refused below.
        url = make_url(configured)
        if url.get_backend_name() == "sqlite":
            if url.database not in (None, "", ":memory:"):
                configured = url.set(database=os.path.join(host.instance_path, url.database))
            elif host.testing:
                configured = url.set(database=_file_until_exit())
    return normalise(configured, setting="SQLALCHEMY_DATABASE_URI")


def _file_until_exit() -> str:
    """A file of our own for a database, which is deleted when the process ends."""
    folder = tempfile.mkdtemp(prefix="marketplace-hooks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return os.path.join(folder, "marketplace_hooks.db")
