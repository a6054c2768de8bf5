"""How was the date of a clock counted: which days, which not, by which definition, and was it extended?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.support.deadlines import BusinessDayPolicy, SkipReason


@dataclass(frozen=True, kw_only=True)
class Trace:
    """As it was counted, in the order of the days. `extended`: `{"days", "reason"}` of the marketplace's own."""

    counted: Sequence[date]
    skipped: Sequence[tuple[date, SkipReason]]
    policy: BusinessDayPolicy
    extended: Mapping[str, Any] | None


def trace_of(clock: Mapping[str, Any]) -> Trace:
    """The trace of a clock as `services.support.sla_clocks.clock_view` gives it."""
    kept = clock["trace"]
    return Trace(
        counted=[date.fromisoformat(day) for day in kept["counted"]],
        skipped=[(date.fromisoformat(one["day"]), SkipReason(one["reason"])) for one in kept["skipped"]],
        policy=BusinessDayPolicy(clock["policy"]["policy"]),
        extended=clock["policy"].get("extended"),
    )
