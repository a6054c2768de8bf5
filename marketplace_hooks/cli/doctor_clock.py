"""Doctor's check of the clock: it is compared with whatever else knows the time.

Leases, retries and signatures compare instants. PostgreSQL has its own clock. SQLite uses ours, so only stored rows,
files, the senders of events and the sign-in provider are left to compare with.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from ..services.core.runtime import Runtime
from ..services.operations.clock_evidence import (
    ClockDifference,
    compare_with_files,
    compare_with_rows,
    compare_with_senders,
)
from .doctor_work import Check, check

AGREES_S = 2.0
REMEDY = "synchronize it with NTP (`timedatectl set-ntp true`)"


def clock(runtime: Runtime) -> Check:
    """The largest difference, or that there is none."""
    try:
        differences = [*_of_database(runtime), *_of_rows(runtime), *_of_files(runtime), *_of_provider(runtime)]
    except Exception as error:
        return check("clock", "warning", f"cannot be compared: {type(error).__name__}")
    largest = max(differences, key=lambda one: (one.is_certain, abs(one.ahead_s)), default=None)
    if largest is not None and abs(largest.ahead_s) >= AGREES_S:
        way = "ahead of" if largest.ahead_s > 0 else "behind"
        detail = f"this machine's clock is {abs(largest.ahead_s):.0f} s {way} {largest.other}"
        consequence = "signatures more than 5 minutes off are refused, and work starts early or late"
        if not largest.is_certain:
            return check(
                "clock", "warning", f"{detail}, or their events are sent late: check that NTP synchronizes both clocks"
            )
        return check("clock", "wrong", f"{detail}: {REMEDY}, on whichever machine is wrong; {consequence}")
    found = f"{runtime.now():%Y-%m-%d %H:%M:%S} UTC, time zone of deadlines {runtime.settings.reference_zone}"
    others = ", ".join(one.other for one in differences) or "nothing stored is dated in the future"
    return check("clock", "ok", f"{found}; compared with: {others}")


def _of_database(runtime: Runtime) -> list[ClockDifference]:
    if runtime.database.is_sqlite:
        return []
    with runtime.database.read_session() as session:
        there = session.scalar(text("SELECT clock_timestamp()"))
    return [ClockDifference(other="the database's", ahead_s=(runtime.now() - there).total_seconds())]


def _of_rows(runtime: Runtime) -> list[ClockDifference]:
    with runtime.database.read_session() as session:
        now = runtime.now()
        senders = compare_with_senders(session, now)
        return [*compare_with_rows(session, now), *([senders] if senders else [])]


def _of_files(runtime: Runtime) -> list[ClockDifference]:
    path = runtime.database.url.database if runtime.database.is_sqlite else None
    files = [Path(f"{path}{end}") for end in ("", "-wal")] if path else []
    return compare_with_files([*files, runtime.settings.instance], runtime.now())


def _of_provider(runtime: Runtime) -> list[ClockDifference]:
    issuer = runtime.settings.oidc_issuer
    if issuer is None:
        return []
    from ..remote.openid import read_clock  # Authlib is an extra.

    before = runtime.now()
    there = read_clock(issuer)
    if there is None:
        return []
    # It says the second alone, and said it at some moment of the exchange.
    ahead_s = max((before - there).total_seconds() - 1, 0.0)
    behind_s = max((there - runtime.now()).total_seconds(), 0.0)
    return [ClockDifference(other="the sign-in provider's", ahead_s=ahead_s or -behind_s)]
