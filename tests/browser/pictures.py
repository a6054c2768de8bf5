"""Pictures of pages: taken, compared with those in `tests/data/pictures/`, and renewed.

`python -m tests.browser.pictures renew` takes all of them anew, or only those of the pages that are named. A picture is
half as wide as the page and has few colours, so that the set stays small; a comparison looks for a spot in which many
points differ much. Where one does, the new picture and what differs are saved in `screenshots/`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from ..support import databases
from ..support.binaries import NO_CHROMIUM, find_chromium
from ..support.page_quality import PICTURES, sign_in_as
from ..support.pages_under_test import CUSTOMER, MAELLE, OPERATOR, PIXELUNE, SELLER, PageUnderTest
from ..support.processes import ROOT, load_factor
from .pictured_site import pictured_site

STORED = ROOT / "tests" / "data" / "pictures"
LANGUAGES = ("en", "fr")
SCHEMES = ("light", "dark")
HEIGHTS = {1280: 1300, 360: 2000}
"""Width of the window → how much of the page's height is in the picture."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
PATIENCE_MS = 30_000
SHRINK = 2
LEVELS = (0, 51, 102, 153, 204, 255)
"""Of each of the three colours in a stored picture: none is further than 26 from the true one."""
SPOT = 16
"""A spot is a square of so many points of the stored picture."""
MOST_APART = 56
"""A point differs where a colour is further from the stored one: rounded levels and edges of letters are nearer."""
MOST_POINTS = 0.05
"""A spot differs where more than this share of its points do."""

PAGES: Mapping[str, PageUnderTest] = {
    "home": PageUnderTest(path="/"),
    "product": PageUnderTest(path="/products/20148"),
    "sign-in": PageUnderTest(path="/sign-in"),
    "purchases": PageUnderTest(path="/account", role=CUSTOMER, subject=MAELLE),
    "conversation": PageUnderTest(path="/support/rq-7001", role=CUSTOMER, subject=MAELLE),
    "seller-products": PageUnderTest(path="/seller", role=SELLER, subject=PIXELUNE),
    "seller-request": PageUnderTest(path="/seller/requests/rq-7001", role=SELLER, subject=PIXELUNE),
    "refusal": PageUnderTest(path="/seller/requests/rq-7001/refusal", role=SELLER, subject=PIXELUNE),
    "overview": PageUnderTest(path="/operator", role=OPERATOR),
    "requests": PageUnderTest(path="/operator/requests", role=OPERATOR),
}
"""The ten pages that are opened most, by the names of their pictures."""


@contextmanager
def drawing_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that draws the same letters on every machine."""
    program = find_chromium()
    assert program is not None, NO_CHROMIUM
    browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS], timeout=PATIENCE_MS * load_factor())
    yield browser
    browser.close()


def pictures_of(browser: Browser, url: str, name: str) -> Iterator[tuple[str, Image.Image]]:
    """All pictures of one page, by their names: in each language, on a wide and a narrow window, light and dark."""
    page_under_test = PAGES[name]
    for language in LANGUAGES:
        context = browser.new_context(
            base_url=url,
            bypass_csp=True,  # for the font.
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            reduced_motion="reduce",
            timezone_id="Europe/Paris",
        )
        context.set_default_timeout(PATIENCE_MS * load_factor())
        context.add_cookies([{"name": "mh_language", "value": language, "url": url}])
        page = context.new_page()
        if page_under_test.role:
            sign_in_as(page, page_under_test.role, page_under_test.subject)
        answer = page.goto(str(page_under_test.path), wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, page.url
        for width, scheme in product(HEIGHTS, SCHEMES):
            yield f"{name}-{language}-{width}-{scheme}", _take(page, width, scheme)
        context.close()


def _take(page: Page, width: int, scheme: str) -> Image.Image:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.fonts.ready")
    height = min(HEIGHTS[width], int(page.evaluate("document.documentElement.scrollHeight")))
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    content = page.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide")  # type: ignore[arg-type] # a dict of floats
    return Image.open(BytesIO(content)).convert("RGB").reduce(SHRINK)


def store(name: str, picture: Image.Image) -> None:
    """Make it the picture that later ones are compared with."""
    STORED.mkdir(parents=True, exist_ok=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([level for colour in product(LEVELS, repeat=3) for level in colour])
    few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    few.save(STORED / f"{name}.png", optimize=True)


def spots_apart(name: str, picture: Image.Image) -> int:
    """In how many spots a picture differs from the stored one; what differs is saved for a look at it."""
    path = STORED / f"{name}.png"
    stored = Image.open(path).convert("RGB") if path.exists() else Image.new("RGB", (1, 1))
    size = max(stored.width, picture.width), max(stored.height, picture.height)
    points = _points_apart(_padded(stored, size), _padded(picture, size))
    # The mean of a spot is the share of its points that differ.
    spots = points.reduce(SPOT).point(lambda share: 255 if share > MOST_POINTS * 255 else 0)
    apart = spots.histogram()[255]
    if apart:
        PICTURES.mkdir(exist_ok=True)
        picture.save(PICTURES / f"{name}-is.png")
        faint = Image.blend(_padded(picture, size), Image.new("RGB", size, "white"), 0.7)
        faint.paste(Image.new("RGB", size, "red"), mask=points)
        faint.save(PICTURES / f"{name}-differs.png")
    return apart


def _padded(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    padded = Image.new("RGB", size, "magenta")
    padded.paste(picture)
    return padded


def _points_apart(one: Image.Image, other: Image.Image) -> Image.Image:
    """White where two pictures differ much in one of the three colours, black elsewhere."""
    red, green, blue = ImageChops.difference(one, other).split()
    furthest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return furthest.point(lambda apart: 255 if apart > MOST_APART else 0)


def renew(names: list[str]) -> None:
    """Take the pictures of these pages, or of all, and store them."""
    with tempfile.TemporaryDirectory() as folder:
        url = databases.sqlite_url(Path(folder) / "marketplace.db")
        databases.apply_migrations(url)
        with (
            sync_playwright() as playwright,
            drawing_browser(playwright) as browser,
            pictured_site(url, Path(folder)) as address,
        ):
            for name in names or PAGES:
                for picture_name, picture in pictures_of(browser, address, name):
                    store(picture_name, picture)
    size = sum(path.stat().st_size for path in STORED.glob("*.png"))
    print(f"{len([*STORED.glob('*.png')])} pictures, {size / 1_000_000:.2f} MB in {STORED}")  # noqa: T201 - the answer of the command


if __name__ == "__main__":
    if sys.argv[1:2] != ["renew"] or not set(sys.argv[2:]) <= set(PAGES):
        sys.exit(f"usage: python -m tests.browser.pictures renew [{' | '.join(PAGES)}]…")
    renew(sys.argv[2:])
