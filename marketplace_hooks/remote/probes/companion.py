"""Companion probe, rank 1: a signed report by the shop's companion module, for our nonce alone.

A companion may also post its report (`services/inspections/companion_submissions.py`).
`docs/companion-report.md` has both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from ...domain.inspections.evidence import Finding, FindingKind, Strength, upgrade_is_unfinished
from ...domain.inspections.forks import fork_answering_as
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site, parse
from ..companion_format import (
    COMPANION,
    REQUEST_SIGNATURE_HEADER,
    SIGNATURE_HEADER,
    read_report,
    report_facts,
    shops_apart,
    shops_by_path,
    sign_request,
)
from ..http.client import OutboundResponse
from .outcomes import ProbeFailure
from .page_obstacles import data_obstacle, is_challenge
from .protocol import InspectionTarget, Probe
from .safe_parsing import looks_like_html
from .session import REDIRECTS, ProbeSession, is_on_site, moved, redirect_target


def applies(target: InspectionTarget) -> bool:
    return target.credentials.companion_key is not None and target.nonce is not None


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Ask the companion for a report."""
    key = target.credentials.companion_key or ""
    nonce = target.nonce or ""
    module = target.module or ""
    where = {"fc": "module", "module": COMPANION, "controller": "report", "nonce": nonce, "subject": module}
    path = f"index.php?{urlencode(where)}"
    secret = {REQUEST_SIGNATURE_HEADER: sign_request(nonce, module, key), "Accept": "application/json"}
    response = probe_session.ask(path, secret)
    request = probe_session.request(path, private=True)
    failure = response if isinstance(response, ProbeFailure) else _refusal(response, request, target.site)
    if isinstance(response, ProbeFailure) or failure is not None:
        yield probe_session.unknown(
            FindingKind.MODULE_LIST, failure or ProbeFailure(note=Note.COMPANION_ABSENT, request=request)
        )
        return
    signature = response.headers.get(SIGNATURE_HEADER.lower(), "")
    report = read_report(response.body, signature, key=key, nonce=nonce, site=target.site)
    if isinstance(report, Note):
        failed = ProbeFailure(note=report, request=request, facts=refusal_facts(report, response.body, target.site))
        yield probe_session.unknown(FindingKind.MODULE_LIST, failed)
        return
    yield from report_findings(report, at=datetime.now(UTC), request=request)


def refusal_facts(note: Note, body: bytes, site: Site) -> dict[str, int]:
    """What a signed report that is refused shows all the same: that it is of another shop of the same installation."""
    return shops_apart(body, site) if note is Note.REPORT_OF_ANOTHER_SHOP else {}


def report_findings(report: Mapping[str, Any], *, at: datetime, request: str) -> Iterator[Finding]:
    """Return what a report that holds says. `at` is when it reached us, `request` how."""
    host = parse(f"https://{report['shop']['domain']}/")
    shops = {} if host is None else shops_by_path(report, host.identity[0])
    for what, subject, value in report_facts(report):
        fork = _fork(report, value) if what is FindingKind.PLATFORM_VERSION else None
        unfinished = what is FindingKind.MODULE and upgrade_is_unfinished(value["version"], value["installed_version"])
        yield Finding(
            what=what,
            subject=subject,
            value=value if fork is None else None,
            probe=PROBE.name,
            rank=PROBE.rank,
            strength=PROBE.strength,
            observed_at=at,
            request=request,
            note=Note.FORK if fork is not None else Note.UNFINISHED_UPGRADE if unfinished else None,
            facts=_facts(what, fork, value, shops),
        )


def _fork(report: Mapping[str, Any], version: str) -> str | None:
    """The name of the variant of PrestaShop that the shop runs; None: PrestaShop itself."""
    named = report["platform"]["fork"]
    return fork_answering_as(version) if named is None else str(named["name"])


def _facts(what: FindingKind, fork: str | None, value: Any, shops: Mapping[str, int]) -> dict[str, Any]:
    if fork is not None:
        return {"platform": fork, "made_from": value}
    return {"shops": dict(shops)} if what is FindingKind.SHOP_IDENTITY and len(shops) > 1 else {}


def _refusal(response: OutboundResponse, request: str, site: Site) -> ProbeFailure | None:
    """What an answer that is no report means; None: it may be one."""
    if response.truncated:
        return ProbeFailure(note=Note.TOO_LARGE, request=request)
    status = response.status
    if status in REDIRECTS and not is_on_site(redirect_target(response), site):
        return moved(response, request)
    is_page = looks_like_html(response)
    if status == 200 and not is_page and not is_challenge(response):
        return None
    if status in (200, 404, *REDIRECTS) and not is_challenge(response):
        note = Note.COMPANION_ABSENT
    else:
        refused = Note.REPORT_NOT_SIGNED if status in (401, 403) and not is_page else Note.BLOCKED
        note = data_obstacle(response) or refused
    return ProbeFailure(note=note, request=request, facts={"status": status})


PROBE = Probe(
    name="companion",
    rank=1,
    strength=Strength.DECLARED_CHECKED,
    about=FindingKind.MODULE_LIST,
    applies=applies,
    run=run,
    requests=1,
)
