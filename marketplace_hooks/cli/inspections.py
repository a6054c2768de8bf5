"""Inspection command: which PrestaShop and which modules a merchant site runs, and how sure that is."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, TypeVar

import click
import sqlalchemy

from ..domain.audit_actions import AuditAction
from ..domain.inspections.declarations import Declaration, clean_version, read_exported_list
from ..domain.inspections.evidence import Finding, FindingKind
from ..domain.inspections.notes import in_english
from ..errors import HOW_TO_MIGRATE, ConfigurationError, Refused, Unavailable
from ..models.inspections import Inspection, InspectionOutcome, InspectionState
from ..remote.probes.protocol import Credentials
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.inspections.requests import InspectionView, close_inspection, read_inspection, start_inspection
from ..services.inspections.worker import LEASE_MARGIN_S, inspect_now
from .output import json_option, print_line, show_one, show_rows
from .root import current_runtime, hooks_group

ENVIRONMENT = "INSPECT_"
"""Credentials are read from `INSPECT_WEBSERVICE_KEY` and the like, which are not settings of an installation."""
POLL_S = 0.5

_F = TypeVar("_F", bound=Callable[..., Any])


def _secret_option(name: str, description: str) -> Callable[[_F], _F]:
    """A flag, because a secret as an argument would stand in the shell's history and in lists of processes."""
    variable = ENVIRONMENT + name.strip("-").upper().replace("-", "_")
    return click.option(name, is_flag=True, help=f"Use {description}: from {variable}, else prompted for without echo.")


@hooks_group.command("inspect")
@click.argument("url")
@click.option("--module", help="The technical name of the module in question.")
@_secret_option("--webservice-key", "a webservice key")
@click.option("--client-id", help="The ID of an Admin API client (PrestaShop 9); you are prompted for its secret.")
@_secret_option("--client-secret", "the client's secret")
@_secret_option("--companion-key", "the companion module's key")
@click.option("--declared-version", help="The PrestaShop version that the customer declares.")
@click.option(
    "--declared-modules",
    type=click.File(encoding="utf-8"),
    help="A list of modules exported from the back office, CSV or JSON.",
)
@click.option("--fresh", is_flag=True, help="Ask the site again, even if it was inspected a moment ago.")
@json_option
def inspect(
    url: str,
    module: str | None,
    client_id: str | None,
    declared_version: str | None,
    declared_modules: IO[str] | None,
    fresh: bool,
    as_json: bool,
    **secrets: bool,
) -> None:
    """Find out which PrestaShop version and modules a merchant site runs, and show the evidence.

    At most 12 requests, in at most 20 seconds. Credentials are used for this site only, and deleted at the end.

    \b
    marketplace-hooks inspect https://shop.example.com --module ps_checkout
    marketplace-hooks inspect https://shop.example.com --webservice-key
    """
    runtime = current_runtime()
    if not sqlalchemy.inspect(runtime.database.engine).has_table(Inspection.__tablename__):
        raise ConfigurationError(f"The database is not ready for this version: {HOW_TO_MIGRATE}.")
    started = start_inspection(
        runtime,
        url,
        module=module,
        credentials=_credentials(client_id, secrets),
        declared=_declared(declared_version, declared_modules),
        fresh=fresh,
    )
    try:
        inspection = _follow(runtime, started.check_id, quiet=as_json)
    finally:
        run_in_transaction(runtime, lambda uow: _close(uow, started.check_id))
    _show(inspection, as_json=as_json)
    if inspection.outcome is InspectionOutcome.NOTHING:
        raise SystemExit(1)


def _close(uow: UnitOfWork, check_id: str) -> None:
    close_inspection(uow, check_id)
    uow.audit(AuditAction.INSPECTION_CLOSED, check_id)


def _credentials(client_id: str | None, wanted: dict[str, bool]) -> Credentials:
    wanted = {**wanted, "client_secret": wanted["client_secret"] or client_id is not None}
    values = {name: _secret(name) for name, is_wanted in wanted.items() if is_wanted}
    return Credentials.read(values if client_id is None else {**values, "client_id": client_id})


def _secret(name: str) -> str:
    from_environment = os.environ.get(ENVIRONMENT + name.upper())
    if from_environment is not None:
        return from_environment
    secret: str = click.prompt(name.replace("_", " "), hide_input=True, err=True)
    return secret


def _declared(version: str | None, modules: IO[str] | None) -> Declaration | None:
    if version is None and modules is None:
        return None
    try:
        listed = Declaration() if modules is None else read_exported_list(modules.read())
        cleaned = None if version is None else clean_version(version)
    except ValueError as error:
        raise Refused(f"The declaration cannot be used: {error}.", code="declaration_malformed") from error
    return Declaration(platform_version=cleaned, modules=listed.modules, whole_list=listed.whole_list)


def _follow(runtime: Runtime, check_id: str, *, quiet: bool) -> InspectionView:
    """Inspect in this process, unless a worker does, and print findings as they come.

    Raises `Unavailable` when the inspection does not end in time.
    """
    started_s = time.monotonic()
    timeout_s = 2 * (runtime.settings.inspection_deadline_s + LEASE_MARGIN_S)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    printed = 0

    def progress(findings: Sequence[Finding]) -> None:
        for line in [] if quiet else _progress(findings):
            print_line(f"{time.monotonic() - started_s:5.1f} s  {line}", is_error=True)

    while True:
        with runtime.database.read_session() as session:
            inspection = read_inspection(session, check_id)
        progress(inspection.findings[printed:])
        printed = len(inspection.findings)
        if inspection.state is InspectionState.DONE:
            return inspection
        if time.monotonic() - started_s > timeout_s:
            raise Unavailable("The inspection has not ended; another one of this site may still be running.")
        if not inspect_now(runtime, check_id, owner, on_findings=progress):
            time.sleep(POLL_S)
            continue
        with runtime.database.read_session() as session:
            return read_inspection(session, check_id)


def _progress(findings: Iterable[Finding]) -> Iterable[str]:
    """A line for each finding, and one for all the modules that one probe found."""
    modules: dict[str, int] = {}
    for one in findings:
        if one.what is FindingKind.MODULE and one.is_known:
            modules[one.probe] = modules.get(one.probe, 0) + 1
        elif one.is_known:
            yield f"{one.probe}: {one.what.replace('_', ' ')} {_short(one)}"
        else:
            yield f"{one.probe}: {one.what.replace('_', ' ')} unknown"
    yield from (f"{probe}: {count} modules" for probe, count in modules.items())


def _show(inspection: InspectionView, *, as_json: bool) -> None:
    site_facts = inspection.site_facts
    version = site_facts.platform_version
    known = None if version is None else version.value
    contradictions = [
        f"{one.probe}: {_short(one)}" for *_, fact in site_facts.contradictions for one in fact.contradicted_by
    ]
    facts: dict[str, Any] = {
        "check_id": inspection.check_id,
        "url": inspection.url,
        "outcome": inspection.outcome,
        "platform_version": known,
        "strength": None if version is None else version.source.strength,
        "contradictions": contradictions,
    }
    if as_json:
        show_one({**facts, "evidence": [_row(one, known, whole=True) for one in site_facts.findings]}, as_json=True)
        return
    show_one({**facts, "contradictions": "; ".join(contradictions) or None}, as_json=False)
    print_line()
    rows = [_row(one, known, whole=False) for one in sorted(inspection.findings, key=lambda one: one.rank)]
    remarks = list(dict.fromkeys(row["remark"] for row in rows if row["remark"]))
    for row in rows:
        row["remark"] = f"({remarks.index(row['remark']) + 1})" if row["remark"] else ""
    columns = ("what", "subject", "value", "rung", "strength", "remark")
    show_rows(rows, columns, as_json=False, empty="Nothing was found.")
    for number, remark in enumerate(remarks, start=1):
        print_line(f"\n({number}) {remark}")


def _row(one: Finding, version: str | None, *, whole: bool) -> dict[str, Any]:
    row = {
        "what": one.what.value if whole else one.what.replace("_", " "),
        "subject": one.subject,
        "value": one.value if whole else _short(one),
        "rung": one.probe,
        "strength": one.strength.value,
        "remark": None if one.note is None else in_english(one.note, one.facts, version=version),
    }
    if not whole:
        return row
    return {
        **row,
        "note": one.note,
        "facts": dict(one.facts),
        "observed_at": one.observed_at.isoformat(),
        "request": one.request,
    }


def _short(one: Finding) -> str:
    """A value, short enough for a table."""
    value = one.value
    if value is None:
        return "unknown"
    if one.what is FindingKind.FILES:
        return ", ".join(f"{len(entries)} {name}" for name, entries in value.items())
    if isinstance(value, list):
        return str(len(value))
    if not isinstance(value, dict):
        return str(value)
    parts = {name: part for name, part in value.items() if part is not None and name not in ("on_disk", "note")}
    return ", ".join(name if part is True else f"{name} {_plain(part)}" for name, part in parts.items())


def _plain(part: Any) -> str:
    if isinstance(part, list):
        return " ".join(map(str, part))
    return "no" if part is False else str(part)
