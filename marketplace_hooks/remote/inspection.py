"""Which PrestaShop does this site run, with which modules, and were their sources changed? (`inspection.md`)

Every rung that applies looks at once, in a thread of its own. At the deadline we go with what there is: a shop that
drips, lies or dies holds nobody longer, and what it left open is unknown, never refused.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import queue
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..domain.declarations import Declared
from ..domain.evidence import Finding
from ..domain.inspection_notes import Note
from ..domain.sites import Site
from .addresses import AllowedNetwork
from .lookups import Resolve, system_resolve
from .outbound import INSPECTIONS, Outbound
from .releases import shipped_versions
from .rungs import LADDER, Asked, Credentials, Rung
from .rungs.visits import Journey, Missed, Visit

log = logging.getLogger(__name__)

DEADLINE_S = 20.0
BEAT_S = 0.2
ABOUT_PATH = "/about-inspections"
AGENT = "marketplace-hooks-inspections"
"""How a shop's log names us. A page below the service's address says what we do, `ABOUT_PATH`."""

VISITS = dataclasses.replace(INSPECTIONS, max_redirects=0)
"""How an inspection speaks to a shop: it follows redirects itself, to count them and keep to the bound host."""


_Arrivals = queue.SimpleQueue[tuple[Rung, Finding | None]]
"""Findings on their way from a rung; None: this rung has nothing more to say."""


def visitor(
    allowed_networks: Iterable[str | AllowedNetwork] = (),
    *,
    about_url: str = "",
    resolve: Resolve = system_resolve,
    ca_file: str | None = None,
) -> Outbound:
    """Return the client that inspections use: its User-Agent names us and links to a page about what we do."""
    agent = f"{AGENT} (+{about_url})" if about_url else AGENT
    return Outbound(VISITS, allowed_networks, resolve=resolve, ca_file=ca_file, user_agent=agent)


def inspect(
    site: Site,
    *,
    outbound: Outbound,
    module: str | None = None,
    credentials: Credentials | None = None,
    declared: Declared | None = None,
    nonce: str | None = None,
    releases: Sequence[str] | None = None,
    deadline_s: float = DEADLINE_S,
    on_findings: Callable[[Sequence[Finding]], None] = lambda findings: None,
    ladder: Sequence[Rung] = LADDER,
) -> tuple[Finding, ...]:
    """Return what the rungs found within `deadline_s`; `on_findings` is told of them as they come, in this thread.

    It is also told of none, every `BEAT_S` in which none came, so that whoever gathers them may keep time.

    `outbound` is a `visitor`. `module` is the technical name in question, `releases` the known PrestaShop versions
    (None: those shipped). Nothing about the shop is ever raised; what `on_findings` raises ends the inspection.
    """
    asked = Asked(
        site=site,
        module=module,
        credentials=credentials or Credentials(),
        declared=declared,
        nonce=nonce,
        versions=shipped_versions() if releases is None else releases,
    )
    rungs = [rung for rung in ladder if rung.applies(asked)]
    purses: Counter[str] = Counter()
    for rung in rungs:
        purses[rung.purse or rung.name] += rung.requests
    journey = Journey(site, outbound, purses=purses, deadline=time.monotonic() + deadline_s)
    found: list[Finding] = []
    try:
        for findings in _side_by_side(asked, journey, rungs):
            found += findings
            on_findings(findings)
    finally:
        journey.stop()
    return tuple(found)


def _side_by_side(asked: Asked, journey: Journey, rungs: Sequence[Rung]) -> Iterator[list[Finding]]:
    """Give findings as they come, those that came together at once, until all rungs have ended or time is over."""
    arrived: _Arrivals = queue.SimpleQueue()
    for rung in rungs:
        # Daemons: a look-up that hangs in the system's resolver must not hold the process back either.
        climb = threading.Thread(target=_climb, args=(rung, asked, journey, arrived), daemon=True)
        climb.name = f"rung {rung.name}"
        climb.start()
    looking = list(rungs)
    while looking:
        try:
            came = [arrived.get(timeout=min(BEAT_S, journey.left_s()))]
        except queue.Empty:
            if journey.left_s() <= 0:
                break
            yield []
            continue
        with contextlib.suppress(queue.Empty):
            while True:
                came.append(arrived.get_nowait())
        for rung in (rung for rung, finding in came if finding is None):
            looking.remove(rung)
        if findings := [finding for _, finding in came if finding is not None]:
            yield findings
    if looking:
        yield [_visit(rung, journey).unknown(rung.about, Missed(note=Note.TOO_SLOW)) for rung in looking]


def _climb(rung: Rung, asked: Asked, journey: Journey, arrived: _Arrivals) -> None:
    visit = _visit(rung, journey)
    try:
        for finding in rung.look(asked, visit):
            arrived.put((rung, finding))
    except Exception as error:
        # A mistake of ours, whatever the shop said. Its message may hold what was read or sent, so it is not logged.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("the rung %s failed: %s at %s:%s", rung.name, type(error).__name__, where.filename, where.lineno)
        arrived.put((rung, visit.unknown(rung.about, Missed(note=Note.GONE_WRONG))))
    finally:
        arrived.put((rung, None))


def _visit(rung: Rung, journey: Journey) -> Visit:
    return Visit(journey=journey, rung=rung.name, rank=rung.rank, strength=rung.strength, purse=rung.purse or rung.name)
