"""Policies of the contract owner: how many days each side has (`rules.md`, policies)."""

from __future__ import annotations

from functools import partial

from .parsers import as_days

as_months = partial(as_days, unit="months")
as_business_days = as_days(1, 365, "business days")
"""A deadline in business days: within what is walked to find its last day, also with holidays and closures."""
