"""Interleaved rounds: how to compare two things on a machine whose speed varies.

Each round measures the floor, ours, and the floor again. What slows a round slows all three, so the ratio is taken
within each round, and its median over all of them. The floor against itself shows the noise.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a figure must reach: at least, or at most, so much."""

    bound: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        """Whether the figure is on the right side; the bound itself is."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"


def at_least(bound: float) -> Target:
    """The figure must not be smaller."""
    return Target(bound=bound, at_least=True)


def at_most(bound: float) -> Target:
    """The figure must not be larger."""
    return Target(bound=bound, at_least=False)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median with the smallest and the largest of the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(median=statistics.median(values), least=min(values), most=max(values))

    def __str__(self) -> str:
        return f"{number(self.median):>9}   ({number(self.least)} to {number(self.most)})"


@dataclass(kw_only=True)
class Report:
    """The figures of one benchmark on one database, each with its target where there is one."""

    title: str
    database: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, name: str, value: Spread | float, unit: str = "", target: Target | None = None) -> None:
        """One figure; a target is held against the median."""
        reached = value.median if isinstance(value, Spread) else value
        self.lines.append(
            {
                "name": name,
                "unit": unit,
                **(asdict(value) if isinstance(value, Spread) else {"median": value}),
                "target": None if target is None else str(target),
                "met": None if target is None else target.is_met(reached),
                "shown": str(value) if isinstance(value, Spread) else f"{number(value):>9}",
            }
        )

    @property
    def missed(self) -> list[str]:
        """The figures that fell short."""
        return [line["name"] for line in self.lines if line["met"] is False]

    def show(self) -> None:
        """Print it for people."""
        print(f"\n{self.title}, {self.database}   ({os.cpu_count()} cores, load before {self.load_before:.1f})")
        for line in self.lines:
            judged = ""
            if line["met"] is not None:
                judged = f"   target {line['target']}: {'met' if line['met'] else 'MISSED'}"
            print(f"  {line['name']:<38}{line['shown']} {line['unit']}{judged}", flush=True)


@dataclass(kw_only=True)
class Compared:
    """The measurements of the rounds so far."""

    floors: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    noise: list[float] = field(default_factory=list)

    def take(self, floor: Callable[[], float], ours: Callable[[], float]) -> None:
        """One more round."""
        first = floor()
        mine = ours()
        second = floor()
        self.floors += [first, second]
        self.own.append(mine)
        # The mean of the floors around it: a machine that slows down steadily during the round favours neither.
        self.ratios.append(mine / ((first + second) / 2))
        self.noise.append(second / first)


def interleave(
    report: Report,
    rounds: int,
    *,
    floor: Callable[[], float],
    ours: Callable[[], float],
    unit: str,
    target: Target | None = None,
    name: str = "",
) -> list[float]:
    """Measure in rounds of floor, ours, floor again; add the figures and the ratio ours / floor; return ours."""
    found = Compared()
    for done in range(rounds):
        found.take(floor, ours)
        report_progress(f"{report.title} {report.database} {name} round {done + 1}/{rounds}: {found.ratios[-1]:.2f}")
    label = f"{name}: " if name else ""
    report.add(f"{label}floor", Spread.of(found.floors), unit)
    report.add(f"{label}floor against itself", Spread.of(found.noise))
    report.add(f"{label}ours", Spread.of(found.own), unit)
    report.add(f"{label}ours / floor", Spread.of(found.ratios), target=target)
    return found.own


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 20 else f"{value:.2f}"


def report_progress(line: str) -> None:
    """Print progress to standard error, beside the figures."""
    print(line, file=sys.stderr, flush=True)


def options(about: str, *, events: int, rounds: int = 5) -> argparse.ArgumentParser:
    """The options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=rounds, help="interleaved rounds (%(default)s)")
    parser.add_argument("--events", type=int, default=events, help="events or rows of one measurement (%(default)s)")
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def run(
    parser: argparse.ArgumentParser, measure: Callable[[argparse.Namespace, str], Iterator[Report] | Report]
) -> None:
    """Measure on each database of the command line, and print the reports; exit status 1 when a target was missed."""
    arguments = parser.parse_args()
    reports: list[Report] = []
    for kind in KINDS if arguments.database == "both" else (arguments.database,):
        found = measure(arguments, kind)
        for report in [found] if isinstance(found, Report) else found:
            reports.append(report)
            if not arguments.json:
                report.show()
    if arguments.json:
        facts = {"cores": os.cpu_count(), "reports": [asdict(report) for report in reports]}
        print(json.dumps(facts, indent=2))
    sys.exit(1 if any(report.missed for report in reports) else 0)
