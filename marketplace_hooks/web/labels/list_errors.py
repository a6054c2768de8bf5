"""Labels of what is wrong with the address of a list: a filter, a value, an order or a place that it does not have."""

from __future__ import annotations

from ...errors import ListQueryRefused, MarketplaceHooksError, Refused
from ..i18n.language import gettext

CURSOR_MALFORMED = "cursor_malformed"


def list_error_label(error: MarketplaceHooksError) -> str | None:
    """The sentence about an address that a list refuses; None for every other error."""
    if isinstance(error, ListQueryRefused):
        return _query_label(error)
    if isinstance(error, Refused) and error.code == CURSOR_MALFORMED:
        return gettext("This page of the list does not exist. Go back to the first page.")
    return None


def _query_label(error: ListQueryRefused) -> str:
    if error.code == "filter_unknown":
        return gettext("This list has no filter called “%(name)s”.", name=error.name)
    if error.code == "sort_unknown":
        return gettext("This list cannot be sorted by “%(value)s”.", value=error.value)
    return gettext("The filter “%(name)s” does not accept “%(value)s”.", name=error.name, value=error.value)
