"""What do the views of one app share?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from ..config import EXTENSION
from ..remote.openid import OpenIdProvider
from ..services.installation import Installation
from ..store.access import Role
from ..store.ingest import InboxWriter
from .known_tokens import KnownTokens
from .limits import Limits


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who is asking: a role, whose (`subject`: the seller's or customer's id), and in which language to answer."""

    role: Role
    subject: str | None = None
    locale: str | None = None
    token_id: str | None = None


@dataclass(kw_only=True)
class Readiness:
    """What was found once and stays so: a database that has every migration does not lose one."""

    migrated: bool = False


@dataclass(frozen=True, kw_only=True)
class WebState:
    """One app's share of an installation.

    `identity` is the host's answer to who is signed in; `provider` is where people sign in when there is no host.
    """

    installation: Installation
    inbox: InboxWriter
    identity: Callable[[], Any] | None = None
    provider: OpenIdProvider | None = None
    limits: Limits = field(default_factory=Limits)
    known_tokens: KnownTokens = field(default_factory=KnownTokens)
    readiness: Readiness = field(default_factory=Readiness)


def state(app: Flask) -> WebState:
    """The state that `MarketplaceHooks.init_app` put into the app."""
    found: WebState = app.extensions[EXTENSION]
    return found
