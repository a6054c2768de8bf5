"""Colours of a marketplace: what one colour brings with it, and that no text becomes hard to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.config.colors import (
    DEFAULTS,
    TEXT_PAIRS,
    Appearance,
    color_faults,
    contrast,
    palettes,
)
from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.errors import ConfigurationError

from ..support.source_tree import ROOT

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # The figures of the WebAIM contrast checker.
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffff00", 3.72),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)


def test_our_own_colours_are_those_of_the_style_sheet_and_all_texts_can_be_read() -> None:
    style = (ROOT / "marketplace_hooks" / "web" / "static" / "pages.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", style)
    written = {name.replace("-", "_"): colors for name, *colors in found}
    for name, light in DEFAULTS[Appearance.LIGHT].items():
        long = [
            color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:]) for color in written[name]
        ]
        assert long == [light, DEFAULTS[Appearance.DARK][name]], name
    for palette in DEFAULTS.values():
        assert all(contrast(palette[text], palette[surface]) >= 4.5 for text, surface in TEXT_PAIRS)


@given(accent=COLORS)
def test_one_colour_is_enough_or_is_refused_itself(accent: str) -> None:
    both = palettes({"accent": accent}, {})
    dark = both[Appearance.DARK]
    assert all(contrast(dark[text], dark[surface]) >= 4.5 for text, surface in TEXT_PAIRS)
    faults = list(color_faults({"accent": accent}, {}))
    assert all(fault.startswith("LIGHT_COLORS") and accent in fault for fault in faults)
    readable = min(contrast(accent, DEFAULTS[Appearance.LIGHT][surface]) for surface in ("paper", "card")) >= 4.5
    assert readable == (not faults)


@given(light=st.dictionaries(st.sampled_from(list(DEFAULTS[Appearance.LIGHT])), COLORS))
def test_whatever_is_let_through_can_be_read(light: dict[str, str]) -> None:
    if not list(color_faults(light, {})):
        for palette in palettes(light, {}).values():
            assert all(contrast(palette[text], palette[surface]) >= 4.5 for text, surface in TEXT_PAIRS)


@pytest.mark.parametrize(
    ("name", "colors", "what"),
    [
        ("LIGHT_COLORS", "accent=#f90", "accent #ff9900 on card #ffffff has a contrast of 2.14:1"),
        ("DARK_COLORS", "accent=#0b5d52", "accent #0b5d52 on card #1a1f22 has a contrast of 2.13:1"),
    ],
)
def test_what_is_hard_to_read_stops_the_start_with_the_ratio(tmp_path: Path, name: str, colors: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load({}, {f"{PREFIX}INSTANCE": str(tmp_path), f"{PREFIX}{name}": colors})
    sentence = f"{PREFIX}{name} makes text hard to read: {what}; text needs 4.5:1 (WCAG AA)."
    assert sentence in str(error.value).splitlines()
