"""Loads of pages in a browser with an empty cache and a slowed processor, and what a reader meets of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, Response

SLOWED = 4
"""How many times slower the page's processor is made, as Lighthouse does for a phone."""

_PAINT_AND_SHIFT = """() => new Promise(resolve => {
  let shift = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) shift += one.value; })
    .observe({type: "layout-shift", buffered: true});
  new PerformanceObserver(list => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) setTimeout(() => resolve([paint.startTime, shift]), 100);
  }).observe({type: "paint", buffered: true});
})"""


@dataclass(frozen=True)
class PageLoad:
    """The first paint in milliseconds, how far what stood there moved, and the bytes that were sent."""

    painted_ms: float
    shift: float
    size: int


def load_slowed(page: Page, go: Callable[[], object]) -> PageLoad:
    """Load a page by `go`, until the network is idle."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    go()
    page.wait_for_load_state("networkidle")
    painted_ms, shift = page.evaluate(_PAINT_AND_SHIFT)
    page.remove_listener("response", note)
    session.detach()
    return PageLoad(painted_ms, shift, sum(answer.request.sizes()["responseBodySize"] for answer in answers))
