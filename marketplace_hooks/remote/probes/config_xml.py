"""Description file probe, rank 6: the version in `/modules/<name>/config.xml`, which may be stale.

A cache that PrestaShop writes when the module's page is opened; stock Apache refuses it from 8.0.1 on, nginx does not
(`prestashop.md` 3.2). What cannot be read says nothing of the module.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ..http.client import OutboundResponse
from .outcomes import ProbeFailure
from .page_obstacles import is_challenge, page_obstacle
from .protocol import InspectionTarget, Probe
from .safe_parsing import clean_name, clean_version, read_xml
from .session import ProbeSession

_REFUSED = {403: Note.CONFIG_FORBIDDEN, 404: Note.CONFIG_NOT_FOUND}
"""On stock Apache since 8.0.1: 403 where the folder exists, 404 where it does not. Hints, never proof."""


def applies(target: InspectionTarget) -> bool:
    return clean_name(target.module) is not None


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Read the file; only one that names the very folder it lies in is believed."""
    name = target.module or ""
    path = f"modules/{name}/config.xml"
    response = probe_session.get(path)
    version = response if isinstance(response, ProbeFailure) else _version(response, name, probe_session.request(path))
    if isinstance(version, ProbeFailure):
        yield probe_session.unknown(FindingKind.MODULE, version, subject=name)
        return
    value = {"on_disk": True, "version": version}
    yield probe_session.found(
        FindingKind.MODULE, value, subject=name, request=probe_session.request(path), note=Note.MAY_BE_STALE
    )


def _version(response: OutboundResponse, name: str, request: str) -> str | ProbeFailure:
    if is_challenge(response) or response.status >= 500:
        return ProbeFailure(
            note=page_obstacle(response) or Note.SHOP_ERROR, request=request, facts={"status": response.status}
        )
    if response.status != 200:
        note = _REFUSED.get(response.status, Note.CONFIG_NOT_READABLE)
        return ProbeFailure(note=note, request=request, facts={"status": response.status})
    root = read_xml(response)
    if root is Note.NOT_THE_SHOP:
        # A theme's page for what does not exist, with status 200.
        return ProbeFailure(note=Note.CONFIG_NOT_READABLE, request=request)
    if isinstance(root, Note):
        return ProbeFailure(note=root, request=request)
    version = clean_version(root.findtext("version"))
    named = (root.findtext("name") or "").strip()
    if root.tag != "module" or named.casefold() != name.casefold() or version is None:
        return ProbeFailure(note=Note.UNREADABLE, request=request)
    return version


PROBE = Probe(
    name="config_xml",
    rank=6,
    strength=Strength.MAY_BE_STALE,
    about=FindingKind.MODULE,
    applies=applies,
    run=run,
    requests=1,
)
