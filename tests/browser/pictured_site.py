"""Site of the picture test: the demo marketplace at an instant that never changes, served from this process.

What makes two machines draw a page differently is taken away: the clock stands still, the demo's days are counted from
it, and the only font is the repository's own, drawn without hinting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import time_machine
from werkzeug.serving import make_server

from marketplace_hooks.cli.demo_story import CONTESTED, OVERTURNED, make_moves, settle_history
from marketplace_hooks.demo import business_care, catalog, history, merchant_shops, status_changes, support
from marketplace_hooks.demo.catalog import Event
from marketplace_hooks.demo.load import signed_posts
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ..support.marketplace import SECRET, SECRET_KEY, Marketplace, open_marketplace
from ..support.processes import ROOT

NOW = datetime(2026, 6, 16, 9, 30, tzinfo=UTC)
"""A Tuesday, far from every holiday and from the change of clocks."""
SHOPS = merchant_shops.addresses("http://127.0.0.1", 8001)
FONTS = ROOT / "marketplace_hooks" / "web" / "case_file" / "fonts"
STYLES = ROOT / "marketplace_hooks" / "web" / "static" / "pages.css"
FONT_PATH = "/pictured-font/"
ONE_FONT = f"""
@font-face {{ font-family: Pictured; src: url({FONT_PATH}DejaVuSans.ttf); font-weight: 100 599; }}
@font-face {{ font-family: Pictured; src: url({FONT_PATH}DejaVuSans-Bold.ttf); font-weight: 600 900; }}
*, ::before, ::after {{ font-family: Pictured !important; caret-color: transparent !important; }}
"""

StartResponse = Callable[[str, list[tuple[str, str]]], object]


@contextmanager
def pictured_site(database_url: str, folder: Path) -> Iterator[str]:
    """The address of the site, filled into an empty migrated database; time stands still until it is closed."""
    with (
        time_machine.travel(NOW, tick=False),
        open_marketplace(database_url, folder / "instance", DEMO="true", SECRET_KEY=SECRET_KEY) as marketplace,
    ):
        fill(marketplace)
        server = make_server("127.0.0.1", 0, _with_one_font(marketplace.app.wsgi_app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, name="pictured site", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def fill(marketplace: Marketplace) -> None:
    """Have everything of the demo happen, as `up --demo` does, and in an order that is always the same."""
    client = marketplace.app.test_client()
    for events in (
        catalog.events(NOW),
        [*business_care.events(NOW), *status_changes.events(NOW)],
        history.events_before_open_requests(NOW),
        *_by_request(history.events_since_open_requests(NOW)),
        support.bound_to_served_sites(SHOPS, NOW),
    ):
        for path, headers, body in signed_posts(events, SECRET, NOW):
            assert client.post(path, data=body, headers=headers).status_code == 202
        marketplace.run_all_now()
    past = {*history.request_ids(NOW), CONTESTED, OVERTURNED}
    run_in_transaction(marketplace.runtime, make_moves)
    run_in_transaction(marketplace.runtime, lambda uow: settle_history(uow, past))
    marketplace.run_all_now()


def _by_request(events: list[Event]) -> Iterator[list[Event]]:
    """The events of one request after the other: requests are listed in the order in which they were applied."""
    for _, group in groupby(events, key=lambda event: event[3].get("request_id")):
        yield [*group]


def _with_one_font(app: Any) -> Any:
    """The app, with the one font in place of those of the machine."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.endswith("/pages.css"):
            return _answer(start_response, "text/css", STYLES.read_bytes() + ONE_FONT.encode())
        if path.startswith(FONT_PATH):
            return _answer(start_response, "font/ttf", (FONTS / Path(path).name).read_bytes())
        answer: Iterable[bytes] = app(environ, start_response)
        return answer

    return serve


def _answer(start_response: StartResponse, media_type: str, content: bytes) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", media_type), ("Content-Length", str(len(content)))])
    return [content]
