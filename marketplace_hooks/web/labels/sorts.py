"""Labels of the orders that lists can have."""

from __future__ import annotations

from ...services.support.request_lists import RequestSort
from ..i18n.language import LazyText, lazy

NEWEST_FIRST: tuple[tuple[str, LazyText], ...] = (("newest", lazy("Newest first")),)
OLDEST_FIRST: tuple[tuple[str, LazyText], ...] = (("oldest", lazy("Oldest first")),)
LONGEST_DUE: tuple[tuple[str, LazyText], ...] = (("due", lazy("Earliest due date first")),)
BY_ID: tuple[tuple[str, LazyText], ...] = (("id", lazy("ID")),)
REQUEST_SORTS: tuple[tuple[str, LazyText], ...] = (
    (RequestSort.DEADLINE, lazy("Next deadline")),
    (RequestSort.NEWEST, lazy("Newest first")),
    (RequestSort.OLDEST, lazy("Oldest first")),
)
