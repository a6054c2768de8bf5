"""The command line: `marketplace-hooks …`, and inside a host app `flask hooks …`."""

from __future__ import annotations

from . import (
    access,
    catalogue,
    configuration,
    customers,
    database,
    deliveries,
    demonstrations,
    endpoints,
    events,
    explanations,
    inspections,
    renewals,
    retention,
    up,
    workers,
)
from .root import hooks_group, run

__all__ = [
    "access",
    "catalogue",
    "configuration",
    "customers",
    "database",
    "deliveries",
    "demonstrations",
    "endpoints",
    "events",
    "explanations",
    "hooks_group",
    "inspections",
    "renewals",
    "retention",
    "run",
    "up",
    "workers",
]
