"""Fixtures of the browser tests.

| fixture | gives |
|---|---|
| `stack` | one `up --demo` for all of them, with workers and merchant sites; tests leave it running |
| `open_browser` | opens a page in a window of its own: `open_browser(language="fr", scheme="dark", width=320)` |

Whatever a page writes to the browser's console as an error, a blocked script or style among it, fails the test, and so
does every answer of 500 or above. A failure shows what the deployment has logged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Response,
    expect,
    sync_playwright,
)

from tests.support.binaries import NO_CHROMIUM, find_chromium
from tests.support.processes import load_factor

from ..support.demo_stack import DemoStack

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE_MS = 30_000
MOST_LOGGED = 4_000
OpenBrowser = Callable[..., Page]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the deployment logged, but for what went well."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, DemoStack):
        lines = [line for line in stack.output().splitlines() if " INFO " not in line]
        report.sections.append(("log of the deployment", "\n".join(lines)[-MOST_LOGGED:]))
    return report


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoStack]:
    """The whole product, started once."""
    running = DemoStack(tmp_path_factory.mktemp("stack"))
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(_playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests; each window has cookies of its own."""
    program = find_chromium()
    assert program is not None, NO_CHROMIUM
    browser = _playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=PATIENCE_MS * load_factor())
    yield browser
    browser.close()


@pytest.fixture
def open_browser(chromium: Browser, stack: DemoStack) -> Iterator[OpenBrowser]:
    """Opens windows; what goes wrong in one of them fails the test."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That an address was refused is told by its status, which tests look at.
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(f"{message.location.get('url')}: {message.text}")

    def note_failure(response: Response) -> None:
        if response.status >= 500:
            wrong.append(f"{response.request.method} {response.url}: {response.status}")

    def open_one(*, language: str = "en", scheme: str = "light", width: int = 1280, javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=stack.url,
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        opened.append(context)
        # As one who chose it: who signs in is else spoken to in the language that is known of that person.
        context.add_cookies([{"name": "mh_language", "value": language, "url": stack.url}])
        context.set_default_timeout(PATIENCE_MS * load_factor())
        expect.set_options(timeout=PATIENCE_MS * load_factor())
        page = context.new_page()
        page.on("console", note)
        page.on("response", note_failure)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        return page

    yield open_one
    for context in opened:
        context.close()
    assert list(dict.fromkeys(wrong)) == []
