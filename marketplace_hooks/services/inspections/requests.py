"""Inspection requests: checks as rows, their results, and the credentials that are held for them.

A check is a row; `worker.py` carries it out. Results are used again for a while (`inspection_reuse_s`), for the same
purchase alone.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...domain.inspections.declarations import Declaration
from ...domain.inspections.evidence import Finding, SiteFacts, merge_findings
from ...domain.merchant_sites import Site, parse
from ...errors import NotFound, Refused
from ...models.inspections import (
    CredentialKind,
    Evidence,
    Inspection,
    InspectionOutcome,
    InspectionState,
    SiteCredential,
    finding_of,
)
from ...remote.probes.protocol import Credentials
from ...remote.probes.safe_parsing import clean_name
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .exchanges import REFUSED_REPORTS, posted_report, with_reports

LONGEST_CREDENTIAL = 1_000

_COPIED = [column for column in Evidence.__table__.columns if column.key not in ("id", "inspection_number")]


@dataclass(frozen=True, kw_only=True)
class StartedInspection:
    """An inspection that was asked for. `report_key` signs a companion's report on it; it is shown this once."""

    check_id: str
    nonce: str
    report_key: str = field(repr=False)
    reused: bool


@dataclass(frozen=True, kw_only=True)
class InspectionView:
    """What an inspection has found so far; `site_facts` merges its findings."""

    check_id: str
    purchase_id: str | None
    url: str
    module: str | None
    state: InspectionState
    outcome: InspectionOutcome | None
    created_at: datetime
    finished_at: datetime | None
    findings: tuple[Finding, ...]
    declared: Declaration | None = None
    exchanges: Sequence[Mapping[str, Any]] = ()

    @property
    def site_facts(self) -> SiteFacts:
        return merge_findings(self.findings)


def start_inspection(
    runtime: Runtime,
    url: str,
    *,
    module: str | None = None,
    purchase_id: str | None = None,
    credentials: Credentials | None = None,
    declared: Declaration | None = None,
    fresh: bool = False,
) -> StartedInspection:
    """Ask for an inspection, in a transaction of its own. See `request_inspection`."""
    return run_in_transaction(
        runtime,
        lambda uow: request_inspection(
            runtime,
            uow,
            url,
            module=module,
            purchase_id=purchase_id,
            credentials=credentials,
            declared=declared,
            fresh=fresh,
        ),
    )


def request_inspection(
    runtime: Runtime,
    uow: UnitOfWork,
    url: str,
    *,
    module: str | None = None,
    purchase_id: str | None = None,
    credentials: Credentials | None = None,
    declared: Declaration | None = None,
    fresh: bool = False,
) -> StartedInspection:
    """Ask for an inspection of the site bound to a purchase, with its customer's consent; a worker carries it out.

    `module` is the product's technical name (one that PrestaShop would not take is left out). Unless `fresh`, results
    of the same question not older than `inspection_reuse_s` are used again, and the check is done at once; never when
    the customer brings something new. Raises `Refused` with `site_url_invalid` or `credential_malformed`.
    """
    given = credentials or Credentials()
    _check_credentials(given)
    report_key = secrets.token_urlsafe(32)
    inspection = _asked(url, module, uow.now)
    inspection.purchase_id = purchase_id
    inspection.with_credentials = bool(given)
    inspection.declared = None if declared is None else declared.as_json()
    uow.audit(AuditAction.INSPECTION_STARTED, inspection.id)
    _queue(uow, inspection, reuse=not fresh and not given and declared is None)
    _insert_credentials(runtime, uow, inspection, {**given.given(), CredentialKind.REPORT_KEY: report_key})
    return StartedInspection(
        check_id=inspection.id, nonce=inspection.nonce, report_key=report_key, reused=inspection.reused_id is not None
    )


def request_public_inspection(uow: UnitOfWork, url: str, *, module: str | None, purchase_id: str) -> Inspection:
    """Ask for an inspection by what needs no key, where nobody can be asked for one; see `request_inspection`."""
    inspection = _asked(url, module, uow.now)
    inspection.purchase_id = purchase_id
    inspection.with_credentials = False
    _queue(uow, inspection, reuse=True)
    return inspection


def _queue(uow: UnitOfWork, inspection: Inspection, *, reuse: bool) -> None:
    """Store it for a worker, or done at once with what the same question has found a moment ago."""
    earlier = _reusable(uow, inspection) if reuse else None
    uow.session.add(inspection)
    uow.session.flush()
    if earlier is None:
        uow.wakeups.add(JobKind.INSPECTIONS)
    else:
        _reuse(uow, inspection, earlier)


def _asked(url: str, module: str | None, now: datetime) -> Inspection:
    site = parse(url)
    if site is None:
        raise Refused("this is not the address of a site", code="site_url_invalid")
    return Inspection(
        id=f"chk_{uuid.uuid4().hex}",
        url=site.url,
        host=host_of(site),
        module=clean_name(module),
        nonce=secrets.token_hex(16),
        state=InspectionState.QUEUED,
        created_at=now,
    )


def host_of(site: Site) -> str:
    """The name under which one site is inspected once at a time."""
    host, port = site.identity
    return host if port is None else f"{host}:{port}"


def read_inspection(session: Session, check_id: str) -> InspectionView:
    """What an inspection has found so far. Raises `NotFound`; whose it is, is the caller's to ask."""
    inspection = session.scalar(select(Inspection).where(Inspection.id == check_id))
    if inspection is None:
        raise NotFound(f"no inspection {check_id}")
    rows = session.scalars(
        select(Evidence).where(Evidence.inspection_number == inspection.number).order_by(Evidence.id)
    )
    findings = tuple(finding_of(row) for row in rows)
    refused = [
        (one.observed_at, one.note.value)
        for one in findings
        if one.note is not None and one.note in REFUSED_REPORTS and one.request == posted_report(check_id)
    ]
    return InspectionView(
        check_id=inspection.id,
        purchase_id=inspection.purchase_id,
        url=inspection.url,
        module=inspection.module,
        state=inspection.state,
        outcome=inspection.outcome,
        created_at=inspection.created_at,
        finished_at=inspection.finished_at,
        findings=findings,
        declared=None if inspection.declared is None else Declaration.from_json(inspection.declared),
        exchanges=with_reports(check_id, inspection.exchanges, inspection.reported_at, refused),
    )


def credentials_of(runtime: Runtime, session: Session, check_id: str) -> Credentials:
    """What the customer gave for a check, deciphered, as long as it is kept: for another check of the same site."""
    own = select(SiteCredential.kind, SiteCredential.ciphertext).join(
        Inspection, Inspection.number == SiteCredential.inspection_number
    )
    rows = session.execute(own.where(Inspection.id == check_id, SiteCredential.host == Inspection.host)).all()
    return Credentials.read({row.kind.value: runtime.encryption.decrypt(row.ciphertext) for row in rows})


def hold_credentials(uow: UnitOfWork, check_id: str) -> None:
    """A support request needs them: this check's credentials no longer expire until it is closed."""
    own = select(Inspection.number).where(Inspection.id == check_id).scalar_subquery()
    held = update(SiteCredential).where(SiteCredential.inspection_number == own).values(expires_at=None)
    uow.session.execute(held.execution_options(synchronize_session=False))


def close_inspection(uow: UnitOfWork, check_id: str) -> None:
    """The request is closed: delete this check's credentials, and accept no further report on it."""
    own = select(Inspection.number).where(Inspection.id == check_id).scalar_subquery()
    uow.session.execute(delete(SiteCredential).where(SiteCredential.inspection_number == own))
    closed = update(Inspection).where(Inspection.id == check_id, Inspection.closed_at.is_(None))
    uow.session.execute(closed.values(closed_at=uow.now).execution_options(synchronize_session=False))


def forget_expired(session: Session, now: datetime) -> int:
    """Delete the credentials that no request has come to need; return how many there were."""
    expired = delete(SiteCredential).where(SiteCredential.expires_at <= now).returning(SiteCredential.kind)
    return len(session.scalars(expired).all())


def outcome_of(findings: tuple[Finding, ...]) -> InspectionOutcome:
    """How much the site itself has shown: what the customer declared does not count."""
    site_facts = merge_findings(one for one in findings if one.request is not None)
    if site_facts.platform_version is not None:
        return InspectionOutcome.VERSION_KNOWN
    return InspectionOutcome.PARTLY if any(one.is_known for one in site_facts.findings) else InspectionOutcome.NOTHING


def _check_credentials(given: Credentials) -> None:
    for kind, value in given.given().items():
        if len(value) > LONGEST_CREDENTIAL or not value.isprintable():
            # Its kind, never its value: this ends in answers and logs.
            raise Refused(f"the {kind} has unprintable characters, or too many", code="credential_malformed", kind=kind)


def _insert_credentials(runtime: Runtime, uow: UnitOfWork, inspection: Inspection, given: Mapping[str, str]) -> None:
    expires_at = uow.now + timedelta(seconds=runtime.settings.inspection_credentials_s)
    rows = [
        {
            "inspection_number": inspection.number,
            "kind": CredentialKind(kind),
            "host": inspection.host,
            "ciphertext": runtime.encryption.encrypt(value),
            "expires_at": expires_at,
        }
        for kind, value in given.items()
    ]
    uow.session.execute(insert(SiteCredential), rows)


def _reusable(uow: UnitOfWork, asked: Inspection) -> Inspection | None:
    """The newest earlier check that answers the same question; None: this one must be carried out."""
    oldest = uow.now - timedelta(seconds=uow.settings.inspection_reuse_s)
    public = and_(Inspection.with_credentials.is_(False), Inspection.reported_at.is_(None))
    # Never what another customer's check found. One of no purchase is an operator's, whose credential was its own.
    ours = literal(asked.purchase_id is not None)
    same = and_(
        Inspection.host == asked.host,
        Inspection.url == asked.url,
        Inspection.purchase_id.is_not_distinct_from(asked.purchase_id),
        Inspection.module.is_not_distinct_from(asked.module),
        Inspection.state == constant(InspectionState.DONE),
        Inspection.finished_at >= oldest,
        # What was copied is as old as its original; and whoever found nothing may try again at once.
        Inspection.reused_id.is_(None),
        Inspection.outcome != constant(InspectionOutcome.NOTHING),
        or_(public, ours),
    )
    return uow.session.scalar(select(Inspection).where(same).order_by(Inspection.number.desc()).limit(1))


def _reuse(uow: UnitOfWork, inspection: Inspection, earlier: Inspection) -> None:
    """Copy what an earlier check found, but for what its customer declared (that asked nothing of the site)."""
    source = select(literal(inspection.number), *_COPIED).where(
        Evidence.inspection_number == earlier.number, Evidence.request.is_not(None)
    )
    names = ["inspection_number", *(column.key for column in _COPIED)]
    uow.session.execute(insert(Evidence).from_select(names, source.order_by(Evidence.id)))
    inspection.reused_id = earlier.id
    inspection.outcome = earlier.outcome
    inspection.exchanges = earlier.exchanges
    inspection.state = InspectionState.DONE
    inspection.finished_at = uow.now
