"""State of one app, shared by its views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from ..config.settings import EXTENSION
from ..events.intake import Intake
from ..services.core.rate_limits import RateLimits
from ..services.core.runtime import Runtime
from .brand import Brand, brand_of
from .identity.token_cache import TokenCache
from .proxy_sighting import ProxySighting

if TYPE_CHECKING:
    from ..remote.openid import OpenIdProvider


@dataclass(kw_only=True)
class MigrationCheck:
    """Whether the database has every migration. Checked until it has: it does not lose one."""

    passed: bool = False


@dataclass(frozen=True, kw_only=True)
class WebState:
    """What one app adds to its runtime.

    `identity` is the host's callable that says who is signed in; `provider` is where people sign in without a host.
    """

    runtime: Runtime
    intake: Intake
    identity: Callable[[], Any] | None = None
    provider: OpenIdProvider | None = None
    token_cache: TokenCache = field(default_factory=TokenCache)
    migration_check: MigrationCheck = field(default_factory=MigrationCheck)
    proxy_sighting: ProxySighting = field(default_factory=ProxySighting)

    @cached_property
    def brand(self) -> Brand:
        """The marketplace's own look."""
        return brand_of(self.runtime.settings)

    @property
    def rate_limits(self) -> RateLimits:
        """The limits of this process."""
        return self.runtime.rate_limits


def state(app: Flask) -> WebState:
    """The state that `MarketplaceHooks.init_app` put into the app."""
    found: WebState = app.extensions[EXTENSION]
    return found


def current_web_state() -> WebState:
    """The state of the app that serves this request."""
    return state(current_app)


def current_runtime() -> Runtime:
    """The runtime of the app that serves this request."""
    return current_web_state().runtime
