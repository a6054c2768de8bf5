"""Inspection run: every probe that applies, at once and within one deadline (`inspection.md`).

Each probe runs in a thread of its own. At the deadline the findings so far are the result: a shop that drips, lies or
dies holds nobody longer, and what stayed open is unknown, never refused.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from ...domain.inspections.declarations import Declaration
from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site
from ...telemetry.log_context import get_logger, with_this_context
from ..http.client import OutboundClient
from ..known_versions import shipped_versions
from .exchanges import SiteExchange
from .outcomes import ProbeFailure
from .protocol import Credentials, InspectionTarget, Probe
from .registry import PROBES
from .session import ProbeBudget, ProbeSession

log = get_logger(__name__)

DEADLINE_S = 20.0
POLL_INTERVAL_S = 0.2


_Arrivals = queue.SimpleQueue[tuple[Probe, Finding | None]]
"""Findings on their way from a probe; None: this probe has ended."""


def inspect(
    site: Site,
    *,
    outbound: OutboundClient,
    module: str | None = None,
    credentials: Credentials | None = None,
    declared: Declaration | None = None,
    nonce: str | None = None,
    releases: Sequence[str] | None = None,
    deadline_s: float = DEADLINE_S,
    on_findings: Callable[[Sequence[Finding]], None] = lambda findings: None,
    on_exchanges: Callable[[Sequence[SiteExchange]], None] = lambda exchanges: None,
    probes: Sequence[Probe] = PROBES,
) -> tuple[Finding, ...]:
    """Return what the probes found within `deadline_s`; `on_findings` gets them as they come, in this thread.

    It is also called with none, every `POLL_INTERVAL_S` in which none came, so that the caller may write in time.

    `on_exchanges` gets all that was asked of the site so far and what it answered, in the order of the answers, before
    each call of `on_findings` and at the end.

    `outbound` is made by `make_site_client`. `module` is the technical name in question, `releases` the known
    PrestaShop versions (None: those shipped). Nothing about the shop is ever raised; what `on_findings` raises ends
    the inspection.
    """
    target = InspectionTarget(
        site=site,
        module=module,
        credentials=credentials or Credentials(),
        declared=declared,
        nonce=nonce,
        versions=shipped_versions() if releases is None else releases,
    )
    probes = [probe for probe in probes if probe.applies(target)]
    quotas: Counter[str] = Counter()
    for probe in probes:
        quotas[probe.quota or probe.name] += probe.requests
    budget = ProbeBudget(site, outbound, quotas=quotas, deadline=time.monotonic() + deadline_s)
    found: list[Finding] = []
    try:
        for findings in _run_all(target, budget, probes):
            found += findings
            on_exchanges(tuple(budget.exchanges))
            on_findings(findings)
    finally:
        budget.stop()
    on_exchanges(tuple(budget.exchanges))
    return tuple(found)


def _run_all(target: InspectionTarget, budget: ProbeBudget, probes: Sequence[Probe]) -> Iterator[list[Finding]]:
    """Give findings as they come, those that came together at once, until all probes have ended or time is over."""
    arrived: _Arrivals = queue.SimpleQueue()
    for probe in probes:
        # Daemons: a look-up that hangs in the system's resolver must not hold the process back either.
        thread = threading.Thread(
            target=with_this_context(_run_probe), args=(probe, target, budget, arrived), daemon=True
        )
        thread.name = f"probe {probe.name}"
        thread.start()
    running = list(probes)
    while running:
        try:
            batch = [arrived.get(timeout=min(POLL_INTERVAL_S, budget.left_s()))]
        except queue.Empty:
            if budget.left_s() <= 0:
                break
            yield []
            continue
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(arrived.get_nowait())
        for probe in (probe for probe, finding in batch if finding is None):
            running.remove(probe)
        if findings := [finding for _, finding in batch if finding is not None]:
            yield findings
    if running:
        yield [_session_of(probe, budget).unknown(probe.about, ProbeFailure(note=Note.TOO_SLOW)) for probe in running]


def _run_probe(probe: Probe, target: InspectionTarget, budget: ProbeBudget, arrived: _Arrivals) -> None:
    probe_session = _session_of(probe, budget)
    try:
        for finding in probe.run(target, probe_session):
            arrived.put((probe, finding))
    except Exception as error:
        # A mistake of ours, whatever the shop said. Its message may hold what was read or sent, so it is not logged.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("the probe %s failed: %s at %s:%s", probe.name, type(error).__name__, where.filename, where.lineno)
        arrived.put((probe, probe_session.unknown(probe.about, ProbeFailure(note=Note.GONE_WRONG))))
    finally:
        arrived.put((probe, None))


def _session_of(probe: Probe, budget: ProbeBudget) -> ProbeSession:
    return ProbeSession(
        budget=budget, probe=probe.name, rank=probe.rank, strength=probe.strength, quota=probe.quota or probe.name
    )


def gone_wrong() -> Finding:
    """The finding of an inspection that failed by a mistake of ours."""
    return Finding(
        what=FindingKind.PLATFORM_VERSION,
        probe="inspection",
        rank=99,
        strength=Strength.DECLARED,
        observed_at=datetime.now(UTC),
        note=Note.GONE_WRONG,
    )
