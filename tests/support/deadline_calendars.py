"""The calendars of a page: the marked days of each deadline, read off the page as its reader has it."""

from __future__ import annotations

import re

from .page_client import Page


def calendars(page: Page) -> list[dict[str, list[int]]]:
    """For each calendar of the page the days of the month by mark, in the order of the days."""
    found = []
    for markup in re.findall(r'<div class="calendar">.*?</div>', page.text, re.DOTALL):
        days: dict[str, list[int]] = {}
        for mark, day in re.findall(r'<td class="(\w+)">(\d+)', markup):
            days.setdefault(mark, []).append(int(day))
        found.append(days)
    return found
