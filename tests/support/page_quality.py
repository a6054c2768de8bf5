"""Page quality in a real browser: accessibility by axe-core, heading outline, width on a narrow screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "screenshots"
SERIOUS = ("serious", "critical")
COLOURS = ("color-contrast",)
_FAULTS = """async rules => {
  const options = rules.length ? {resultTypes: ["violations"], runOnly: rules} : {resultTypes: ["violations"]};
  const found = await axe.run(document, options);
  return found.violations.map(one => (
    {id: one.id, impact: one.impact, where: one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))}));
}"""


def sign_in_as(page: Page, role: str, subject: str = "", *, then: str | None = None) -> None:
    """Sign in as this person of the demo; `then` is the page to open next."""
    page.goto("/sign-in")
    form = page.locator(f'form:has(input[name="role"][value="{role}"])')
    if subject:
        form = form.filter(has=page.locator(f'input[name="subject"][value="{subject}"]'))
    form.first.get_by_role("button").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    if then is not None:
        page.goto(then)


def faults_of(page: Page, *rules: str) -> list[dict[str, Any]]:
    """What axe-core finds serious or critical on the page, by all its rules or by these."""
    page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_FAULTS, list(rules))
    return [one for one in found if one["impact"] in SERIOUS]


def assert_accessible(page: Page) -> None:
    """Axe-core finds nothing serious or critical."""
    assert faults_of(page) == [], page.url


_OUTLINE = """() => {
  const levels = [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")].map(one => Number(one.tagName[1]));
  const wrong = levels[0] === 1 ? [] : ["the first heading is not the page's"];
  const skips = (level, place) => level > (levels[place - 1] ?? 0) + 1;
  wrong.push(...levels.filter(skips).map(level => `h${level} skips a level`));
  const places = [...document.querySelectorAll("aside, nav")];
  const named = one => one.ariaLabel || document.getElementById(one.getAttribute("aria-labelledby"));
  return wrong.concat(places.filter(one => !named(one)).map(one => `<${one.localName}> has no name`));
}"""


def outline_faults(page: Page) -> list[str]:
    """Faults of headings and landmarks that would mislead a user of a screen reader."""
    found: list[str] = page.evaluate(_OUTLINE)
    return found


def overflow_of(page: Page) -> int:
    """By how many pixels the page is wider than its window: nobody should have to scroll sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Save a picture in `screenshots/` when the environment variable SCREENSHOTS asks for them."""
    if os.environ.get("SCREENSHOTS"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
