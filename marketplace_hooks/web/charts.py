"""Bar charts: positions and sizes, which `components.html` writes as SVG.

Each bar says its number when it is pointed at or reached by the keyboard; a table beside the drawing has them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log10

WIDTH = 640
HEIGHT = 200
LEFT = 44
BOTTOM = 24
TOP = 10
GAP = 0.3
LETTER_WIDTH = 6.5
LABEL_GAP = 10


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar, its place on the axis, and the middle of that. `label` is empty where it would overlap."""

    place_x: float
    place_width: float
    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Bars, and the lines behind them: (y, value). `reference_y` is where a reference line stands, if any."""

    bars: Sequence[Bar]
    lines: Sequence[tuple[float, float]]
    reference_y: float | None = None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


def bars(series: Sequence[tuple[str, float]], *, reference: float | None = None) -> Chart:
    """The drawing of (label, value) pairs; values below 0 are drawn as 0. `reference` is a limit to compare with."""
    top = nice_top(max([value for _, value in series] + [reference or 0]))
    plot_height = HEIGHT - BOTTOM - TOP
    place = (WIDTH - LEFT) / max(len(series), 1)
    drawn = []
    free_from = -inf
    for index, (label, value) in enumerate(series):
        height = plot_height * max(value, 0) / top
        left = LEFT + index * place
        middle = left + place / 2
        half = len(label) * LETTER_WIDTH / 2
        fits = middle - half >= free_from
        if fits:
            free_from = middle + half + LABEL_GAP
        drawn.append(
            Bar(
                place_x=round(left, 1),
                place_width=round(place, 1),
                x=round(left + place * GAP / 2, 1),
                y=round(HEIGHT - BOTTOM - height, 1),
                width=round(place * (1 - GAP), 1),
                height=round(height, 1),
                middle=round(middle, 1),
                label=label if fits else "",
                name=label,
                value=value,
            )
        )
    steps = 4 if top % 4 == 0 else 2 if top % 2 == 0 else 1
    lines = [(round(HEIGHT - BOTTOM - plot_height * step / steps, 1), top * step / steps) for step in range(steps + 1)]
    reference_y = None if reference is None else round(HEIGHT - BOTTOM - plot_height * reference / top, 1)
    return Chart(bars=drawn, lines=lines, reference_y=reference_y)


def nice_top(highest: float) -> int:
    """The smallest of 1, 2, 4, 5, 8 or 10 times a power of ten that is not below it; 4 for nothing at all."""
    if highest <= 0:
        return 4
    power: int = 10 ** max(0, int(log10(highest)))
    return next(step * power for step in (1, 2, 4, 5, 8, 10, 20) if step * power >= highest)
