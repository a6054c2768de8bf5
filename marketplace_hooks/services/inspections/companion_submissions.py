"""Companion reports that a shop posts for a check that we asked it for, and what a shop needs to post one.

`POST /api/v1/inspections/{check_id}/report`. The signature proves who sent the report; a nonce is used once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from ...domain.inspections.evidence import Finding, FindingKind
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import parse
from ...errors import Conflict, EncryptionKeyLost, NotFound, PayloadRejected, Refused, SignatureRejected
from ...models.inspections import CredentialKind, Evidence, Inspection, SiteCredential, evidence_row
from ...remote.companion_format import is_signed, read_report
from ...remote.probes.companion import PROBE, refusal_facts, report_findings
from ..core.runtime import JobKind, Runtime
from .exchanges import REFUSED_REPORTS, posted_report
from .requests import outcome_of, read_inspection

_KEYS = (CredentialKind.REPORT_KEY, CredentialKind.COMPANION_KEY)
_OTHER_CHECKS = 5
"""So many of the purchase's latest checks are asked whether their key has signed a report that this one's has not."""


@dataclass(frozen=True, kw_only=True)
class ReportInvitation:
    """What a companion needs to post the report on a check: about which module, for which nonce, under which key."""

    check_id: str
    nonce: str
    module: str | None
    key: str = field(repr=False)


def report_invitation(runtime: Runtime, session: Session, check_id: str) -> ReportInvitation | None:
    """How a shop may report on a check; None when it has, when its request is closed, or when its key is deleted."""
    asked = select(Inspection.nonce, Inspection.module, SiteCredential.ciphertext).join(
        SiteCredential, SiteCredential.inspection_number == Inspection.number
    )
    row = session.execute(
        asked.where(
            Inspection.id == check_id,
            Inspection.closed_at.is_(None),
            Inspection.reported_at.is_(None),
            SiteCredential.kind == CredentialKind.REPORT_KEY,
        )
    ).first()
    if row is None:
        return None
    try:
        key = runtime.encryption.decrypt(row.ciphertext)
    except EncryptionKeyLost:  # the page has other ways to offer.
        return None
    return ReportInvitation(check_id=check_id, nonce=row.nonce, module=row.module, key=key)


def submit_report(runtime: Runtime, check_id: str, body: bytes, signature: str) -> int:
    """Accept a companion's report on a check, once; return how many findings it held.

    Signed with the key that was shown when the check was asked for, or with the companion's own that the customer gave.
    Raises `NotFound` (also for a late one), `SignatureRejected` (`report_not_signed`), `PayloadRejected`
    (`report_malformed`), `Refused` (`report_not_fresh`, `report_of_another_shop`), or `Conflict`
    (`report_already_received`).

    Anybody may post: nothing is locked, and on SQLite nobody kept from writing, before the signature is verified, and
    nothing is kept of a report that no key of the customer's has signed. Only of one that is late, or larger than what
    is read, the signature cannot be verified: what is recorded rests on the check's id, which nobody can guess.
    """
    is_open = select(Inspection).where(Inspection.id == check_id, Inspection.closed_at.is_(None))
    with runtime.database.read_session() as session:
        asked = session.scalar(select(Inspection).where(Inspection.id == check_id))
        if asked is None:
            raise NotFound(f"no open inspection {check_id}")
        report = _report(runtime, session, asked, body, signature)
    if isinstance(report, Note):
        if report in REFUSED_REPORTS:
            site = parse(asked.url)
            facts = {} if site is None else refusal_facts(report, body, site)
            _record_refusal(runtime, asked.number, check_id, report, facts)
        raise _refusal(report)

    def submit(session: Session) -> int:
        inspection = session.scalar(is_open.with_for_update())
        if inspection is None:
            raise NotFound(f"no open inspection {check_id}")
        first = update(Inspection).where(Inspection.number == inspection.number, Inspection.reported_at.is_(None))
        now = runtime.now()
        taken = first.values(reported_at=now, results_pending=True).returning(Inspection.number)
        if session.scalar(taken.execution_options(synchronize_session=False)) is None:
            because = "an inspection has one report"
            code = "report_already_received"
            raise Conflict.between("the report", "received", "received again", code=code, because=because)
        refused = delete(Evidence).where(_is_refusal(inspection.number, check_id))
        session.execute(refused.execution_options(synchronize_session=False))
        findings = report_findings(report, at=now, request=posted_report(check_id))
        rows = [evidence_row(inspection.number, one) for one in findings]
        session.execute(insert(Evidence), rows)
        if inspection.outcome is not None:
            inspection.outcome = outcome_of(read_inspection(session, check_id).findings)
        return len(rows)

    count = runtime.database.retrying(submit)
    runtime.wakeups.wake_worker(JobKind.SUPPORT)
    return count


def record_oversized(runtime: Runtime, check_id: str) -> None:
    """A report on this check was larger than what is read: its page says so, until a good one comes."""
    with runtime.database.read_session() as session:
        open_check = and_(Inspection.id == check_id, Inspection.closed_at.is_(None), Inspection.reported_at.is_(None))
        number = session.scalar(select(Inspection.number).where(open_check))
    if number is not None:
        _record_refusal(runtime, number, check_id, Note.REPORT_TOO_LARGE)


def _report(
    runtime: Runtime, session: Session, inspection: Inspection, body: bytes, signature: str
) -> dict[str, Any] | Note:
    """The report, if one of the check's keys signed it and it holds; else what is wrong with it."""
    own = select(SiteCredential.ciphertext).where(SiteCredential.inspection_number == inspection.number)
    keys = session.scalars(own.where(SiteCredential.kind.in_(_KEYS))).all()
    site = parse(inspection.url)
    if site is None:
        raise NotFound(f"{inspection.id} inspects no site")
    expires_at = inspection.created_at + timedelta(seconds=runtime.settings.inspection_credentials_s)
    if inspection.closed_at is not None or (not keys and runtime.now() >= expires_at):
        return Note.REPORT_LATE
    failure = Note.REPORT_NOT_SIGNED
    for key in _decrypted(runtime, keys):
        report = read_report(body, signature, key=key, nonce=inspection.nonce, site=site)
        if not isinstance(report, Note):
            return report
        failure = report if report is not Note.REPORT_NOT_SIGNED else failure
    if failure is Note.REPORT_NOT_SIGNED and _is_of_another_check(runtime, session, inspection, body, signature):
        return Note.REPORT_NOT_FRESH
    return failure


def _is_of_another_check(
    runtime: Runtime, session: Session, inspection: Inspection, body: bytes, signature: str
) -> bool:
    """Whether the key of another check of the same purchase signed it: the customer took an older code."""
    others = (
        select(SiteCredential.ciphertext)
        .join(Inspection, Inspection.number == SiteCredential.inspection_number)
        .where(Inspection.purchase_id == inspection.purchase_id, Inspection.number != inspection.number)
        .where(SiteCredential.kind == CredentialKind.REPORT_KEY)
        .order_by(Inspection.number.desc())
    )
    keys = session.scalars(others.limit(_OTHER_CHECKS)).all()
    return any(is_signed(body, signature, key) for key in _decrypted(runtime, keys))


def _decrypted(runtime: Runtime, ciphertexts: Iterable[bytes]) -> list[str]:
    return [runtime.encryption.decrypt(one) for one in ciphertexts]


def _record_refusal(
    runtime: Runtime, number: int, check_id: str, note: Note, facts: Mapping[str, int] | None = None
) -> None:
    """Keep why a report was refused, once for each reason: the page of the check says it.

    With `facts`, which may be a ground, the requests that the check belongs to are judged anew.
    """
    is_recorded = select(Evidence.id).where(_is_refusal(number, check_id), Evidence.note == note.value)
    with runtime.database.read_session() as session:
        if session.scalar(is_recorded) is not None:
            return

    def record(session: Session) -> None:
        if session.scalar(is_recorded) is not None:
            return
        finding = Finding(
            what=FindingKind.MODULE_LIST,
            subject="",
            value=None,
            probe=PROBE.name,
            rank=PROBE.rank,
            strength=PROBE.strength,
            observed_at=runtime.now(),
            request=posted_report(check_id),
            note=note,
            facts=facts or {},
        )
        session.execute(insert(Evidence), [evidence_row(number, finding)])
        if facts:
            pending = update(Inspection).where(Inspection.number == number).values(results_pending=True)
            session.execute(pending.execution_options(synchronize_session=False))

    runtime.database.retrying(record)
    if facts:
        runtime.wakeups.wake_worker(JobKind.SUPPORT)


def _is_refusal(number: int, check_id: str) -> ColumnElement[bool]:
    """A row of `_record_refusal`: posted, and without what a report finds."""
    refused = [note.value for note in REFUSED_REPORTS]
    return and_(
        Evidence.inspection_number == number, Evidence.request == posted_report(check_id), Evidence.note.in_(refused)
    )


def _request(check_id: str) -> str:
    return posted_report(check_id)


def _refusal(note: Note) -> Refused:
    if note is Note.REPORT_LATE:
        return NotFound("the inspection takes no report any more")
    if note is Note.REPORT_NOT_SIGNED:
        return SignatureRejected("no key of this inspection signed the report", code=note.value)
    if note is Note.REPORT_MALFORMED:
        errors = [{"path": "", "message": "it does not follow the published schema, companion-report.schema.json"}]
        return PayloadRejected("the report is malformed", errors=errors, code=note.value)
    return Refused("the report does not belong to this inspection", code=note.value)
