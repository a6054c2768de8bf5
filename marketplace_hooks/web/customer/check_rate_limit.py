"""Rate limit of eligibility checks: how often a customer may have shops inspected.

Each inspection costs somebody else's server a few requests.
"""

from __future__ import annotations

from ...errors import TooManyRequests
from ..state import current_web_state
from .purchases import customer_id


def seconds_to_wait() -> int:
    """Count one check; 0 when it is allowed, else after how many seconds to ask again."""
    web_state = current_web_state()
    limit = web_state.runtime.settings.check_rate_per_minute
    return web_state.rate_limits.seconds_to_wait(limit, "checks", customer_id())


def limit_checks() -> None:
    """Count one check. Raises `TooManyRequests`."""
    if wait_s := seconds_to_wait():
        raise TooManyRequests("too many inspections of shops", retry_after_s=wait_s)
