"""What did the customer say himself? Rung 7: a form, or a list exported from his back office."""

from __future__ import annotations

from collections.abc import Iterator

from ...domain.evidence import Finding, Strength, What
from .protocol import Asked, Rung
from .visits import Visit


def look(asked: Asked, visit: Visit) -> Iterator[Finding]:
    """Put the declaration beside what was found; nothing is asked of the shop."""
    declared = asked.declared
    if declared is None:
        return
    if declared.platform_version is not None:
        yield visit.found(What.PLATFORM_VERSION, declared.platform_version)
    for module in declared.modules:
        value = {"installed": True, "enabled": module.enabled, "installed_version": module.version}
        yield visit.found(What.MODULE, value, subject=module.name)
    if declared.whole_list:
        yield visit.found(What.MODULE_LIST, {"complete": True, "count": len(declared.modules)})


RUNG = Rung(
    name="declaration",
    rank=7,
    strength=Strength.DECLARED,
    about=What.PLATFORM_VERSION,
    applies=lambda asked: asked.declared is not None,
    look=look,
)
