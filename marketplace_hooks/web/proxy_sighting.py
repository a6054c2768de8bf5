"""Sighting of proxies that are not trusted: all clients behind one have its address, and `doctor` has to say so."""

from __future__ import annotations

import ipaddress
import threading
import time

from ..services.core.deployment import UNTRUSTED_PROXY, record_fact
from ..services.core.runtime import Runtime
from ..telemetry.log_context import get_logger

log = get_logger(__name__)

NOTE_EVERY_S = 3_600.0


class ProxySighting:
    """Records a proxy in this network whose forwarded headers are not believed, at most once an hour in each process.

    One elsewhere is nobody's proxy: anybody can send such headers.
    """

    def __init__(self) -> None:
        self._next_s = 0.0

    def note(self, runtime: Runtime, peer: str) -> None:
        """Record its address, in the background."""
        if time.monotonic() < self._next_s or not _is_private(peer):
            return
        self._next_s = time.monotonic() + NOTE_EVERY_S
        threading.Thread(target=_record, args=(runtime, peer), name="proxy-sighting", daemon=True).start()


def _record(runtime: Runtime, peer: str) -> None:
    try:
        record_fact(runtime.database, UNTRUSTED_PROXY, peer, runtime.now())
    except Exception as error:
        log.warning("a proxy at %s is not trusted, and this could not be recorded: %s", peer, error)


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
