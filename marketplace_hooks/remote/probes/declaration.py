"""Declaration, rank 7: what the customer says, in a form or in a list exported from the back office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ...domain.inspections.declarations import Declaration
from ...domain.inspections.evidence import Finding, FindingKind, Strength
from .protocol import InspectionTarget, Probe
from .session import ProbeSession


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Put the declaration beside what was found; nothing is asked of the shop."""
    if target.declared is not None:
        yield from declared_findings(target.declared, at=datetime.now(UTC))


PROBE = Probe(
    name="declaration",
    rank=7,
    strength=Strength.DECLARED,
    about=FindingKind.PLATFORM_VERSION,
    applies=lambda target: target.declared is not None,
    run=run,
)


def declared_findings(declared: Declaration, *, at: datetime) -> Iterator[Finding]:
    """What a declaration says of the site, as of an instant."""

    def finding(what: FindingKind, value: object, subject: str = "") -> Finding:
        return Finding(
            what=what,
            subject=subject,
            value=value,
            probe=PROBE.name,
            rank=PROBE.rank,
            strength=PROBE.strength,
            observed_at=at,
        )

    if declared.platform_version is not None:
        yield finding(FindingKind.PLATFORM_VERSION, declared.platform_version)
    for module in declared.modules:
        value = {"installed": True, "enabled": module.enabled, "installed_version": module.version}
        yield finding(FindingKind.MODULE, value, module.name)
    if declared.whole_list:
        yield finding(FindingKind.MODULE_LIST, {"complete": True, "count": len(declared.modules)})
