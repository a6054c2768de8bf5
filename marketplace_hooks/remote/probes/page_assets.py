"""Page assets: the scripts and style sheets that a page loads, read from its tags alone.

A linear reading of our own: a shop may send any 2 MiB, and the parsers that build a document of them need minutes for
elements nested deeply enough. Comments, texts and whatever is not loaded by itself are passed over.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TAG_NAME = re.compile(r"[a-z]{1,20}(?![a-z0-9-])")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(src|href|rel)\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_CONTENT_PASSED_OVER = frozenset({"script", "style", "textarea", "title", "noscript", "template", "iframe", "xmp"})
"""Elements whose content is text, or is not loaded with the page."""
_LOADING_LINKS = frozenset({"stylesheet", "preload", "modulepreload"})
LONGEST_TAG = 1_000
MOST_ASSETS = 2_000


def loaded_assets(page: str) -> list[str]:
    """Return the addresses, as they are written, of the scripts and style sheets that a page loads."""
    found: list[str] = []
    for name, tag in _tags(page):
        if name not in ("script", "link") or len(tag) > LONGEST_TAG or len(found) >= MOST_ASSETS:
            continue
        attributes = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(tag)}
        if name == "script" and "src" in attributes:
            found.append(html.unescape(attributes["src"]).strip())
        elif name == "link" and _LOADING_LINKS & set(attributes.get("rel", "").lower().split()):
            found.append(html.unescape(attributes.get("href", "")).strip())
    return found


def _tags(page: str) -> Iterator[tuple[str, str]]:
    """Give the name and the text of each opening tag. What is not closed ends the reading: nothing is read twice."""
    lowered = page.lower()
    if len(lowered) != len(page):  # a letter whose lower case is longer; positions must be the same in both.
        page = lowered
    at = page.find("<")
    while at >= 0:
        if page.startswith("<!--", at):
            end = page.find("-->", at + 4)
            after = end + 3
        else:
            end = page.find(">", at)
            after = end + 1
        if end < 0:
            return
        name = _TAG_NAME.match(lowered, at + 1)
        if name is not None:
            yield name[0], page[at:end]
            if name[0] in _CONTENT_PASSED_OVER:
                after = lowered.find(f"</{name[0]}", after)
                if after < 0:
                    return
        at = page.find("<", after)
