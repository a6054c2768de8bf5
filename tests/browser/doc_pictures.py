"""Pictures of the documentation: `python -m tests.browser.doc_pictures` takes them anew from a demo of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from ..support.binaries import NO_CHROMIUM, find_chromium
from ..support.demo_stack import DemoStack
from ..support.page_quality import sign_in_as
from ..support.pages_under_test import OPERATOR, PAGES, PageUnderTest, the_first
from ..support.processes import ROOT
from .pictures import FLAGS

FOLDER = ROOT / "docs" / "pictures"
WIDTH = 1120
TALLEST = 900
COLORS = 128
CHECKED_WITHIN_MS = 60_000
CONTESTED = "SELECT id FROM mh_requests WHERE handling = 'contested' ORDER BY number"
PICTURES: Mapping[str, PageUnderTest] = {
    "storefront": PageUnderTest(path="/?q=etiquetes"),
    "seller-withdraws": PAGES["mh_seller.change"],
    "seller-requests": PAGES["mh_seller.requests"],
    "seller-request": PAGES["mh_seller.request_page"],
    "seller-refuses": PAGES["mh_seller.refusal"],
    "customer-checks": replace(PAGES["mh_customer.check"], path="/support/new?purchase=o-50413", subject="c-1011"),
    "customer-conversation": PAGES["mh_customer.conversation"],
    "operator-overview": PAGES["mh_operator.overview"],
    "operator-contest": PageUnderTest(path=the_first(CONTESTED, "/operator/requests/{}"), role=OPERATOR),
    "operator-rejected-event": PAGES["mh_operator.event"],
}
"""The name of a picture → the page that it shows."""


def main() -> None:
    """Take every picture."""
    program = find_chromium()
    if program is None:
        raise SystemExit(NO_CHROMIUM)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stack = DemoStack(Path(folder))
        try:
            stack.wait_until_ready()
            browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
            for name, page_under_test in PICTURES.items():
                window = {"width": WIDTH, "height": TALLEST}
                context = browser.new_context(base_url=stack.url, locale="en-GB", viewport=window)
                page = context.new_page()
                if page_under_test.role:
                    sign_in_as(page, page_under_test.role, page_under_test.subject)
                page_under_test.go(page, stack)
                page.wait_for_load_state("networkidle")
                expect(page.get_by_text("Checking…")).to_have_count(0, timeout=CHECKED_WITHIN_MS)
                _save(page.screenshot(animations="disabled"), FOLDER / f"{name}.png")
                context.close()
            browser.close()
        finally:
            stack.close()


def _save(picture: bytes, path: Path) -> None:
    """Save a picture in few colours, as a small file."""
    with Image.open(BytesIO(picture)) as taken:
        taken.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
