"""Audit log in tests: its entries, the oldest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from marketplace_hooks.models.audit import AuditEntry

from .marketplace import Marketplace


def audit_entries(marketplace: Marketplace, *conditions: Any) -> list[AuditEntry]:
    """The entries that meet these conditions."""
    return marketplace.all(select(AuditEntry).where(*conditions).order_by(AuditEntry.id))


def audited_actions(marketplace: Marketplace) -> list[str]:
    """What was done, in order."""
    return [entry.action for entry in audit_entries(marketplace)]
