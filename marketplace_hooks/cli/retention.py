"""The command that deletes what need not be kept any longer."""

from __future__ import annotations

from ..services.retention import purge as purge_old
from .printing import json_option, show_counts
from .root import hooks_group, installation


@hooks_group.command("purge")
@json_option
def purge(as_json: bool) -> None:
    """Delete old payloads, inspections and credentials now; the scheduler does so every hour.

    How old is old say PAYLOAD_DAYS and INSPECTION_DAYS. Ids and hashes of events stay, and so does what an open
    request or a delivery that was not made yet needs.
    """
    show_counts(purge_old(installation()), as_json=as_json)
