"""The worked cases of deadlines, counted by the product."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marketplace_hooks.rules import Closure, Deadline, deadline


def counted_deadline(case: dict[str, Any]) -> Deadline:
    """The deadline that the rules count for a case of `deadlines.json`."""
    return deadline(
        datetime.fromisoformat(case["received_at"]),
        case["business_days"],
        policy=case["policy"],
        zone=ZoneInfo(case["zone"]),
        holidays={date.fromisoformat(day) for day in case["holidays"]},
        closures=[
            Closure(
                date.fromisoformat(closure["first_day"]),
                closure["last_day"] and date.fromisoformat(closure["last_day"]),
                datetime.fromisoformat(closure["declared_at"]),
            )
            for closure in case["closures"]
        ],
        closures_suspend=case["closures_suspend"],
    )
