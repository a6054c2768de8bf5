"""Table of the rules that the product does not follow yet: the check or the action that waits → why.

The reference holds every rule already. A check in this table is left out, and an action in it is never taken, until the
product follows; then its row goes. An empty table is the aim.
"""

from __future__ import annotations

NOT_YET: dict[str, str] = {}


def is_followed(name: str) -> bool:
    """Whether the product follows this rule already."""
    return name not in NOT_YET
