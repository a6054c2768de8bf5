"""The ten pages that are opened most look as they did: in both languages, on two widths, light and dark.

Where a change is meant to be seen, `python -m tests.browser.pictures renew` stores the new pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Playwright

from ..support import databases
from . import pictures
from .pictured_site import pictured_site

MOST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def drawing_chromium(_playwright: Playwright) -> Iterator[Browser]:
    """A browser that draws the same letters on every machine."""
    with pictures.drawing_browser(_playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo at an instant that never changes."""
    folder = tmp_path_factory.mktemp("pictured")
    with pictured_site(databases.copy_sqlite(_sqlite_template, folder / "marketplace.db"), folder) as url:
        yield url


@pytest.mark.parametrize("name", pictures.PAGES)
def test_a_page_looks_as_it_did(drawing_chromium: Browser, site: str, name: str) -> None:
    taken = dict(pictures.pictures_of(drawing_chromium, site, name))
    assert len(taken) == 8
    apart = {one: spots for one, picture in taken.items() if (spots := pictures.spots_apart(one, picture))}
    advice = f"look at screenshots/*-differs.png; if it is meant: python -m tests.browser.pictures renew {name}"
    assert apart == {}, advice


def test_the_stored_pictures_are_those_of_the_pages_and_small() -> None:
    stored = [*pictures.STORED.glob("*.png")]
    assert {path.name.rsplit("-", 3)[0] for path in stored} == set(pictures.PAGES)
    assert len(stored) == 8 * len(pictures.PAGES)
    assert sum(path.stat().st_size for path in stored) <= MOST_BYTES


@pytest.mark.parametrize("change", ["border", "word", "longer"])
def test_a_small_change_is_seen_and_a_slight_one_is_not(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "STORED", tmp_path)
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    picture = Image.new("RGB", (180, 400), "#faf9f6")
    draw = ImageDraw.Draw(picture)
    draw.text((20, 20), "Take offline", fill="#20252a")
    draw.rectangle((20, 60, 160, 80), outline="#e4e0d8")
    pictures.store("one", picture)
    slight = picture.point(lambda level: min(255, level + 12))
    assert pictures.spots_apart("one", slight) == 0
    if change == "border":
        draw.rectangle((20, 60, 160, 80), outline="#c8372d")
    elif change == "word":
        draw.rectangle((20, 18, 160, 36), fill="#faf9f6")
        draw.text((20, 20), "Take it off", fill="#20252a")
    else:
        picture = Image.new("RGB", (180, 420), "#faf9f6")
    assert pictures.spots_apart("one", picture) > 0
    assert (tmp_path / "one-differs.png").exists()
