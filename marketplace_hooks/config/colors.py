"""Colours of a marketplace's pages: a palette for light and one for dark, with the contrast of every text checked.

One colour is enough: what goes with the accent, and the accent of the dark pages, are then made from it. Contrast is
WCAG 2's: text needs 4.5:1 (AA).
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .parsers import SettingError, as_pairs

TEXT_CONTRAST = 4.5
WHITE = "#ffffff"
BLACK = "#000000"
_HEX = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_DARK_INK = "#10181f"
_STEPS = 20
_TINTS = (0.1, 0.07, 0.04)


class Appearance(enum.StrEnum):
    """For which of the two appearances a palette is."""

    LIGHT = "light"
    DARK = "dark"


DEFAULTS: Mapping[Appearance, Mapping[str, str]] = {
    Appearance.LIGHT: {
        "paper": "#faf9f6",
        "card": "#ffffff",
        "ink": "#20252a",
        "soft": "#59616a",
        "line": "#e4e0d8",
        "accent": "#0b5d52",
        "on_accent": "#ffffff",
        "tint": "#e9f2ef",
        "tint_line": "#c6ddd6",
    },
    Appearance.DARK: {
        "paper": "#121517",
        "card": "#1a1f22",
        "ink": "#e9ebed",
        "soft": "#a4adb5",
        "line": "#2d3439",
        "accent": "#79d5c3",
        "on_accent": "#06231e",
        "tint": "#172a27",
        "tint_line": "#28504a",
    },
}
"""The colours that may be set, as they are in `pages.css`."""
TEXT_PAIRS = (
    *(("ink", surface) for surface in ("paper", "card", "tint")),
    *(("soft", surface) for surface in ("paper", "card", "tint")),
    *(("accent", surface) for surface in ("paper", "card", "tint")),
    ("on_accent", "accent"),
)
"""Which colour is written on which."""


def as_colors(value: Any) -> Mapping[str, str]:
    """Colours by name: `accent=#7b1fa2 paper=#fff`, or a table of the same; as six lower-case digits."""
    given = as_pairs(value)
    known = DEFAULTS[Appearance.LIGHT]
    for name, color in given.items():
        if name not in known:
            raise SettingError(f"names no colour {name!r}; there are: {', '.join(known)}")
        if not _HEX.fullmatch(color):
            raise SettingError(f"has {json.dumps(color)} for {name}, which is not a colour such as #0b5d52")
    return {name: _six_digits(color.lower()) for name, color in given.items()}


def palettes(light: Mapping[str, str], dark: Mapping[str, str]) -> Mapping[Appearance, Mapping[str, str]]:
    """Both palettes, whole: what was set, what follows from it, and else our own."""
    if "accent" in light and "accent" not in dark:
        dark = {**dark, "accent": _lightened(light["accent"], {**DEFAULTS[Appearance.DARK], **dark})}
    return {Appearance.LIGHT: _whole(Appearance.LIGHT, light), Appearance.DARK: _whole(Appearance.DARK, dark)}


def color_faults(light: Mapping[str, str], dark: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each text of the palettes that would be hard to read."""
    for appearance, palette in palettes(light, dark).items():
        if not (light if appearance is Appearance.LIGHT else {**light, **dark}):
            continue
        for text, surface in TEXT_PAIRS:
            ratio = contrast(palette[text], palette[surface])
            if ratio < TEXT_CONTRAST:
                yield (
                    f"{appearance.upper()}_COLORS makes text hard to read: {text} {palette[text]} on {surface} "
                    f"{palette[surface]} has a contrast of {_shown(ratio)}:1; text needs {TEXT_CONTRAST}:1 (WCAG AA)."
                )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours of six digits, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _whole(appearance: Appearance, given: Mapping[str, str]) -> Mapping[str, str]:
    palette = {**DEFAULTS[appearance], **given}
    if "accent" not in given:
        return palette
    follows = {
        "on_accent": max((WHITE, _DARK_INK), key=lambda text: contrast(text, palette["accent"])),
        "tint": _tint(palette),
        "tint_line": _mixed(palette["accent"], palette["card"], 0.25),
    }
    return {**palette, **follows, **given}


def _tint(palette: Mapping[str, str]) -> str:
    """A surface with as much of the accent as leaves the accent to be read on it."""
    shades = (_mixed(palette["accent"], palette["card"], share) for share in _TINTS)
    readable = (shade for shade in shades if contrast(palette["accent"], shade) >= TEXT_CONTRAST)
    return next(readable, palette["card"])


def _lightened(accent: str, dark: Mapping[str, str]) -> str:
    """The accent of the dark pages: as much nearer to white as it takes to be read on them."""
    shades = (_mixed(WHITE, accent, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in shades if _is_read(shade, dark)), WHITE)


def _is_read(accent: str, dark: Mapping[str, str]) -> bool:
    return all(contrast(accent, dark[surface]) >= TEXT_CONTRAST for surface in ("paper", "card"))


def _mixed(one: str, other: str, share: float) -> str:
    """So much of one colour in another."""
    channels = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in channels)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)


def _channels(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def _six_digits(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])


def _shown(ratio: float) -> str:
    """Two digits, rounded down: what is too little never reads as enough."""
    return f"{int(ratio * 100) / 100:.2f}"
