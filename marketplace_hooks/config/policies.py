"""Policies of the contract owner (`rules.md`): how many days each side has, which hosts are a shop's test copies."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .parsers import SettingError, as_days, as_words

as_months = partial(as_days, unit="months")
as_business_days = as_days(1, 365, "business days")
"""A deadline in business days: within what is walked to find its last day, also with holidays and closures."""

TEST_PREFIXES = ("dev.", "test.", "staging.", "preprod.", "recette.")
"""What stands before the bound host in the addresses of its test copies (`rules.md` 21)."""
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def as_test_prefixes(value: Any) -> tuple[str, ...]:
    """Labels of hosts, such as `dev.`, with or without the dot; none: no host is a test copy."""
    labels = [word.lower().rstrip(".") for word in as_words(value)]
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise SettingError(f"has {label!r}, which is not the first part of a host's name, such as: dev. staging.")
    return tuple(f"{label}." for label in dict.fromkeys(labels))
