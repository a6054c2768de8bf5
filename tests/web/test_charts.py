"""Bar charts: bars stand where their numbers say, and every label can be read."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.web.charts import LETTER_WIDTH, bars, nice_top

SERIES = st.lists(st.tuples(st.text("0123456789/", min_size=1, max_size=12), st.integers(0, 10**7)), max_size=60)


@given(SERIES)
def test_no_label_is_written_over_another(series: list[tuple[str, int]]) -> None:
    written = [bar for bar in bars(series).bars if bar.label]
    for one, next_ in pairwise(written):
        assert one.middle + len(one.label) * LETTER_WIDTH / 2 < next_.middle - len(next_.label) * LETTER_WIDTH / 2


def test_a_long_label_between_short_ones_takes_no_room_from_them() -> None:
    series = [("Underway", 1), ("Made", 2), ("Given up after ten tries", 3), ("Parked", 4)]
    assert [bar.label for bar in bars(series).bars] == [label for label, _ in series]


@given(SERIES)
def test_a_bar_is_as_high_as_its_number_and_stays_in_the_drawing(series: list[tuple[str, int]]) -> None:
    chart = bars(series)
    top = chart.lines[-1]
    for bar in chart.bars:
        assert abs(bar.height - (chart.base - top[0]) * bar.value / top[1]) < 0.2
        assert abs(bar.y + bar.height - chart.base) < 0.2
        assert chart.left <= bar.x
        assert bar.x + bar.width <= chart.width


@given(st.integers(1, 10**9))
def test_the_scale_ends_at_a_round_number_near_the_highest(highest: int) -> None:
    assert highest <= nice_top(highest) <= 2.5 * highest + 1


def test_nothing_at_all_is_drawn_on_a_scale_too() -> None:
    assert bars([]).bars == []
    assert [value for _, value in bars([("a", 0)]).lines] == [0, 1, 2, 3, 4]


@given(SERIES, st.integers(1, 10**7))
def test_a_line_of_reference_stands_where_a_bar_of_its_value_would_end(
    series: list[tuple[str, int]], limit: int
) -> None:
    chart = bars([*series, ("limit", limit)], reference=limit)
    assert chart.reference_y is not None
    assert abs(chart.reference_y - chart.bars[-1].y) <= 0.1
    alone = bars(series, reference=limit).reference_y
    assert alone is not None
    assert 0 <= alone <= chart.base, "it stays in the drawing, however low the bars are"
