"""The written catalogue of events says what the code understands and tells."""

from __future__ import annotations

import re
from pathlib import Path

from marketplace_hooks import events
from marketplace_hooks.cli.event_catalog import page
from marketplace_hooks.domain.outbox.event_types import OUTGOING

ROOT = Path(__file__).parents[2]


def test_the_catalogue_page_is_what_the_command_prints() -> None:
    assert events.__all__
    assert (ROOT / "docs" / "events.md").read_text() == page(), "run: marketplace-hooks catalogue > docs/events.md"


def test_every_type_that_the_code_tells_stands_in_the_catalogue() -> None:
    quoted = re.compile(r"\"((?:product|pack|cascade|endpoint|release|customer)\.[a-z_]+)\"")
    published: set[str] = set()
    for path in (ROOT / "marketplace_hooks" / "services").rglob("*.py"):
        published |= set(quoted.findall(path.read_text()))
    assert published, "the services tell of products and packs"
    assert published <= set(OUTGOING)
