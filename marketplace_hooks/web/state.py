"""What do the views of one app share?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app

from ..config.settings import EXTENSION
from ..remote.openid import OpenIdProvider
from ..services.core.runtime import Runtime
from ..services.inbox.writer import InboxWriter
from .identity.token_cache import TokenCache
from .rate_limits import RateLimits


@dataclass(kw_only=True)
class MigrationCheck:
    """What was found once and stays so: a database that has every migration does not lose one."""

    migrated: bool = False


@dataclass(frozen=True, kw_only=True)
class WebState:
    """One app's share of an installation.

    `identity` is the host's answer to who is signed in; `provider` is where people sign in when there is no host.
    """

    runtime: Runtime
    inbox: InboxWriter
    identity: Callable[[], Any] | None = None
    provider: OpenIdProvider | None = None
    rate_limits: RateLimits = field(default_factory=RateLimits)
    token_cache: TokenCache = field(default_factory=TokenCache)
    readiness: MigrationCheck = field(default_factory=MigrationCheck)


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
