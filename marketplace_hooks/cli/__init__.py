"""The command line: `marketplace-hooks …`, and inside a host app `flask hooks …`."""

from __future__ import annotations

from . import (
    audit,
    backup,
    customers,
    database,
    deliveries,
    demo,
    docs,
    doctor,
    endpoints,
    event_catalog,
    events,
    explain,
    inspections,
    renewals,
    retention,
    sessions,
    settings_page,
    tokens,
    up,
    web,
    workers,
)
from .root import hooks_group, run

__all__ = [
    "audit",
    "backup",
    "customers",
    "database",
    "deliveries",
    "demo",
    "docs",
    "doctor",
    "endpoints",
    "event_catalog",
    "events",
    "explain",
    "hooks_group",
    "inspections",
    "renewals",
    "retention",
    "run",
    "sessions",
    "settings_page",
    "tokens",
    "up",
    "web",
    "workers",
]
