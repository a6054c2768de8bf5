"""Flask extension: composes the package in a host's app, or in the stand-alone service.

`MarketplaceHooks` holds no state of an app: one object may serve many apps, and the state of each is in
`app.extensions["marketplace_hooks"]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, Request, appcontext_pushed, current_app, has_request_context
from flask_sqlalchemy import SQLAlchemy

from .actions.base import ActionContext
from .actions.cascades import CascadeActions
from .actions.catalog import PackActions, ProductActions
from .actions.closures import ClosureActions
from .actions.eligibility import EligibilityActions
from .actions.entitlements import EntitlementActions
from .actions.purchases import PurchaseActions
from .actions.subscriptions import SubscriptionActions
from .actions.support import SupportActions
from .alembic import IncludeName, include_name
from .config.loading import load
from .config.settings import EXTENSION, Settings
from .errors import ConfigurationError, missing_extra
from .events.intake import Intake
from .events.mappings import check_mappings
from .host_database import find_db, find_engine, host_url
from .services.core.frozen_gc import paused_gc
from .services.core.runtime import Runtime, make_runtime
from .services.inbox.writer import InboxWriter
from .telemetry.tracing import use_hosts_tracer
from .web import attach
from .web.mail.rendering import render_mail
from .web.state import WebState, current_runtime

if TYPE_CHECKING:
    from .remote.openid import OpenIdProvider

__all__ = ["MarketplaceHooks"]

BLUEPRINT_PREFIX = "mh_"


class CommandsOnDemand(click.Group):
    """The group `flask hooks`: its commands are imported when one of them is asked for, and by no web process."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the real group, which runs in place of this one."""
        from .cli import hooks_group

        return hooks_group.make_context(info_name, args, parent, **extra)


class MarketplaceHooks:
    """The extension: webhooks in, storefront and API out, commands under `flask hooks`, and actions for Python.

    `MarketplaceHooks(app, db=db)`, or `MarketplaceHooks()` and `init_app(app)` later. `db` is the host's
    Flask-SQLAlchemy; not given, it is the one that the application has. `identity` is the host's answer to who is
    signed in, called for each request: None, or a mapping with `role` and, as they apply, `subject` and `locale`.

    `products`, `packs`, `cascades`, `purchases`, `subscriptions`, `support`, `entitlements`, `eligibility` and
    `closures` act in the current application.
    """

    def __init__(
        self, app: Flask | None = None, *, db: SQLAlchemy | None = None, identity: Callable[[], Any] | None = None
    ) -> None:
        self._db = db
        self._identity = identity
        context = ActionContext(current_runtime=_current_runtime, find_engine=find_engine)
        self.products = ProductActions(context)
        self.packs = PackActions(context)
        self.purchases = PurchaseActions(context)
        self.subscriptions = SubscriptionActions(context)
        self.support = SupportActions(context)
        self.entitlements = EntitlementActions(context)
        self.eligibility = EligibilityActions(context)
        self.closures = ClosureActions(context)
        self.cascades = CascadeActions(context)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, *, db: SQLAlchemy | None = None, identity: Callable[[], Any] | None = None) -> None:
        """Read the settings, and add our blueprints and commands to the app.

        Raises `ConfigurationError`, with a sentence that says what to change.
        """
        if EXTENSION in app.extensions:
            raise ConfigurationError(
                f"MarketplaceHooks is already registered on the app {app.import_name!r}. "
                "Call MarketplaceHooks(app) or init_app(app), not both."
            )
        state = state_for(app, identity or self._identity, db=db or self._db)
        app.extensions[EXTENSION] = state
        with paused_gc():
            attach(app, state.runtime.settings.url_prefix)
        app.cli.add_command(CommandsOnDemand("hooks", help="Webhooks, cascades and Business Care: see `hooks --help`."))
        _leave_out_our_tables(app)

    def is_ours(self, request: Request) -> bool:
        """Whether the request is for one of our pages, our API or our webhooks: for a host's login wall or limiter."""
        return any(name.startswith(BLUEPRINT_PREFIX) for name in request.blueprints)


def state_for(app: Flask, identity: Callable[[], Any] | None = None, *, db: SQLAlchemy | None = None) -> WebState:
    """The state of the app as its settings say, with no connection opened yet. Raises `ConfigurationError`."""
    settings = load(app.config)
    check_mappings(settings.webhook_senders)
    use_hosts_tracer()
    theirs = host_url(app, find_db(app, db), settings)
    runtime = make_runtime(settings, host_database=theirs, serves_web=True, mail_renderer=render_mail)
    runtime.counters.keeps_storing = not app.testing  # a test of a host ends, and its database with it.
    return WebState(
        runtime=runtime,
        intake=Intake(runtime=runtime, inbox=InboxWriter(runtime.database)),
        identity=identity,
        provider=_provider(settings),
    )


def _current_runtime() -> Runtime:
    if EXTENSION not in current_app.extensions:
        raise ConfigurationError("This application has no MarketplaceHooks: call init_app first.")
    return current_runtime()


def _provider(settings: Settings) -> OpenIdProvider | None:
    """The OpenID Connect provider where users sign in, if one is configured. No request is made yet."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise ConfigurationError("OIDC_ISSUER is set, and OIDC_CLIENT_ID is not: as whom do we ask the provider?")
    try:
        from .remote.openid import OpenIdProvider  # Authlib is an extra, which a host with its own sign-in leaves out.
    except ModuleNotFoundError as error:
        raise ConfigurationError(missing_extra("OIDC_ISSUER", "openid")) from error
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
