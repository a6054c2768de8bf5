"""Delivery errors: why an outgoing webhook got no response, by the code that its log keeps before the first colon.

The log and the API keep the whole English sentence, which names the host; the page says what happened in the reader's
language.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..i18n.language import LazyText, lazy

DELIVERY_ERRORS: Mapping[str, LazyText] = {
    "timeout": lazy("No response in time"),
    "dns": lazy("The host name was not found"),
    "connection": lazy("The connection failed"),
    "tls": lazy("The secure connection failed: check the certificate"),
    "protocol": lazy("The response was not valid HTTP"),
    "too_large": lazy("The response was too large"),
    "redirects": lazy("Too many redirects"),
    "refused": lazy("The address is not allowed: enter a public https address"),
}
"""By the reason of `OutboundFailed`, or `refused` for an address that we do not connect to."""

_INTERNAL: LazyText = lazy("The service could not send it: see the service’s log")


def delivery_error_label(error: str | None) -> str:
    """Why there was no response, in the reader's language; nothing where there was one."""
    if not error:
        return ""
    return str(DELIVERY_ERRORS.get(error.partition(":")[0], _INTERNAL))
