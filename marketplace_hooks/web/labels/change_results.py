"""Results of a change of status, in words: what a step has done, and what all steps together have done.

"1 page hidden, 1 pack hidden, 4 notifications sent": counted from the events that were published while they are there,
since a step counts the pages that it examined, and some of them were hidden before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ...services.catalog.cascade_progress import CascadeProgress
from ..i18n.language import gettext, ngettext

_HIDING_CHANGES = frozenset({"held", "withdrawn", "suspended"})
_PAGE_STEPS: Mapping[str, str] = {
    "product_page": "pages",
    "product_pages": "pages",
    "pack_page": "packs",
    "packs": "packs",
    "packs_of_seller": "packs",
}
"""What a step examines."""
_PAGE_EVENTS: Mapping[str, str] = {
    "product.hidden": "pages_hidden",
    "product.shown": "pages_shown",
    "pack.hidden": "packs_hidden",
    "pack.shown": "packs_shown",
}


def step_result(name: str, found: CascadeProgress) -> str:
    """What a finished step has done, such as "3 renewals cancelled"."""
    counts = _step_counts(found, name)
    return _in_words(counts) or gettext("nothing to do")


def summarize_changes(cascades: Sequence[CascadeProgress]) -> str:
    """What the finished steps of all these have done, in one line; empty where they have done nothing yet."""
    total: Counter[str] = Counter()
    for found in cascades:
        for step in found.steps:
            if step["state"] == "done":
                total.update(_step_counts(found, step["name"]))
    return _in_words(total)


def _step_counts(found: CascadeProgress, name: str) -> Counter[str]:
    done = next((step["done"] for step in found.steps if step["name"] == name), 0)
    if name not in _PAGE_STEPS:
        return Counter({name: done})
    examined = _PAGE_STEPS[name]
    if found.published is None:
        return Counter({f"{examined}_{'hidden' if found.change in _HIDING_CHANGES else 'updated'}": done})
    return Counter(
        {key: found.published.get(type_, 0) for type_, key in _PAGE_EVENTS.items() if key.startswith(examined)}
    )


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(words(counts[name]) for name, words in _WORDS.items() if counts.get(name))


_WORDS: Mapping[str, Callable[[int], str]] = {
    "pages_hidden": lambda count: ngettext("%(count)s page hidden", "%(count)s pages hidden", count),
    "pages_shown": lambda count: ngettext("%(count)s page shown again", "%(count)s pages shown again", count),
    "pages_updated": lambda count: ngettext("%(count)s page updated", "%(count)s pages updated", count),
    "packs_hidden": lambda count: ngettext("%(count)s pack hidden", "%(count)s packs hidden", count),
    "packs_shown": lambda count: ngettext("%(count)s pack shown again", "%(count)s packs shown again", count),
    "packs_updated": lambda count: ngettext("%(count)s pack updated", "%(count)s packs updated", count),
    "renewals": lambda count: ngettext("%(count)s renewal cancelled", "%(count)s renewals cancelled", count),
    "holders": lambda count: ngettext("%(count)s customer notified", "%(count)s customers notified", count),
    "fixes": lambda count: ngettext("%(count)s request updated", "%(count)s requests updated", count),
    "events": lambda count: ngettext("%(count)s notification sent", "%(count)s notifications sent", count),
}
"""What was done, in the order in which it is read."""
