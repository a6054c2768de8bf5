"""First paint of public pages in a real browser, on a processor that is slowed four times, with an empty cache.

    python -m benchmarks.first_paint

Of each page the median of several loads; the floor is a page with one word, loaded in turn with them. What a page moves
about and weighs is held by the suite (`tests/browser/test_page_quality.py`).
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.support.binaries import NO_CHROMIUM, find_chromium
from tests.support.demo_stack import DemoStack
from tests.support.page_loads import load_slowed
from tests.support.pages_under_test import PAGES

TARGET_MS = 500
LOADS = 9
FLOOR = "a page with one word"
EMPTY_PAGE = "data:text/html,<title>Hello</title><p>Hello"
MEASURED = ("mh_storefront.home", "mh_storefront.product", "mh_storefront.pack", "mh_sign_in.sign_in")


def main() -> None:
    """Print the median first paint of each page, and its ratio to the floor's."""
    program = find_chromium()
    if program is None:
        raise SystemExit(NO_CHROMIUM)
    painted_ms: dict[str, list[float]] = {name: [] for name in (FLOOR, *MEASURED)}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stack = DemoStack(Path(folder))
        try:
            stack.wait_until_ready()
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            page = browser.new_page(base_url=stack.url, viewport={"width": 412, "height": 900})
            for _ in range(LOADS):
                painted_ms[FLOOR].append(load_slowed(page, lambda: page.goto(EMPTY_PAGE)).painted_ms)
                for name in MEASURED:
                    painted_ms[name].append(load_slowed(page, lambda name=name: PAGES[name].go(page, stack)).painted_ms)
            browser.close()
        finally:
            stack.close()
    floor_ms = statistics.median(painted_ms[FLOOR])
    for name, measured in painted_ms.items():
        median_ms = statistics.median(measured)
        print(f"{name}: {median_ms:.0f} ms, {median_ms / floor_ms:.2f} of the floor (target: {TARGET_MS} ms)")


if __name__ == "__main__":
    main()
