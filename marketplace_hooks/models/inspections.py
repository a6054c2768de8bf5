"""Tables of inspections: checks of merchant sites, their evidence, and the credentials they may use."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked
from ..domain.inspections.evidence import Finding, FindingKind, Strength
from ..domain.inspections.notes import Note


class InspectionState(enum.StrEnum):
    """A check waits for a worker (`queued`), is under way (`running`), or is over (`done`)."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class InspectionOutcome(enum.StrEnum):
    """What a check has found: the platform's version, something else, or nothing at all."""

    VERSION_KNOWN = "version_known"
    PARTLY = "partly"
    NOTHING = "nothing"


class CredentialKind(enum.StrEnum):
    """What a customer may give us, or is given by us (`report_key`), for one site."""

    WEBSERVICE_KEY = "webservice_key"
    CLIENT_ID = "client_id"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a kind, not a secret
    COMPANION_KEY = "companion_key"
    REPORT_KEY = "report_key"


class Inspection(Base):
    """One check of one merchant site.

    `host` is the site's identity (no `www.`, a port only if unusual): one check of a host runs at a time, and another
    one of the same `url` may use its results for a while (`reused_id`). `declared` is what the customer stated.
    `nonce` binds a companion's report to this check; `with_credentials` stays true when they are long deleted.
    `results_pending`: it has found something that the requests judged by it do not say yet. `unknown_version` is what
    the shop runs, where no list of releases knows it. `exchanges` are what was asked of the site and what it answered.
    """

    __tablename__ = "mh_inspections"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(300))
    module: Mapped[str | None] = mapped_column(String(200))
    purchase_id: Mapped[str | None] = mapped_column(String(100))
    declared: Mapped[dict[str, Any] | None] = mapped_column(Json)
    nonce: Mapped[str] = mapped_column(String(64))
    with_credentials: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[InspectionState] = mapped_column(checked(InspectionState, "state"))
    outcome: Mapped[InspectionOutcome | None] = mapped_column(checked(InspectionOutcome, "outcome"))
    reused_id: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    results_pending: Mapped[bool | None]
    unknown_version: Mapped[str | None] = mapped_column(String(50))
    exchanges: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)

    __table_args__ = (
        Index(
            "ix_mh_inspections_results",
            "number",
            postgresql_where=text("results_pending"),
            sqlite_where=text("results_pending"),
        ),
        Index(
            "ix_mh_inspections_unknown_version",
            "number",
            postgresql_where=text("unknown_version IS NOT NULL"),
            sqlite_where=text("unknown_version IS NOT NULL"),
        ),
        Index(
            "ix_mh_inspections_work",
            "number",
            postgresql_where=text("state <> 'done'"),
            sqlite_where=text("state <> 'done'"),
        ),
        # One inspection of a host at a time, whoever runs it: the database sees to it.
        Index(
            "uq_mh_inspections_running",
            "host",
            unique=True,
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
        Index("ix_mh_inspections_site", "host", "finished_at"),
        Index("ix_mh_inspections_purchase", "purchase_id", "number"),
    )


class Evidence(Base):
    """One finding of one check (`domain.evidence.Finding`). `value` None: unknown, and `note` says why.

    `request` is the method and the address asked, never a header, a body or a credential.
    """

    __tablename__ = "mh_evidence"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    inspection_number: Mapped[int] = mapped_column(ForeignKey("mh_inspections.number"))
    what: Mapped[FindingKind] = mapped_column(checked(FindingKind, "what"))
    subject: Mapped[str] = mapped_column(String(200), default="", server_default="")
    value: Mapped[Any | None] = mapped_column(Json)
    probe: Mapped[str] = mapped_column("rung", String(32))
    rank: Mapped[int]
    strength: Mapped[Strength] = mapped_column(checked(Strength, "strength"))
    observed_at: Mapped[datetime] = mapped_column(Instant)
    request: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (Index("ix_mh_evidence_inspection", "inspection_number", "id"),)


class SiteCredential(Base):
    """One credential for one check, encrypted (`database/encryption.py`), good for `host` alone.

    Deleted when the request that needs it closes, and in any case at `expires_at` (None: until it closes).
    """

    __tablename__ = "mh_site_credentials"

    inspection_number: Mapped[int] = mapped_column(ForeignKey("mh_inspections.number"), primary_key=True)
    kind: Mapped[CredentialKind] = mapped_column(checked(CredentialKind, "kind"), primary_key=True)
    host: Mapped[str] = mapped_column(String(300))
    ciphertext: Mapped[bytes] = mapped_column("locked", LargeBinary)
    expires_at: Mapped[datetime | None] = mapped_column("kept_until", Instant)

    __table_args__ = (
        Index(
            "ix_mh_site_credentials_kept",
            "kept_until",
            postgresql_where=text("kept_until IS NOT NULL"),
            sqlite_where=text("kept_until IS NOT NULL"),
        ),
    )


def evidence_row(number: int, finding: Finding) -> dict[str, Any]:
    """A finding as a row of the check `number`."""
    return {
        "inspection_number": number,
        "what": finding.what,
        "subject": finding.subject,
        "value": finding.value,
        "probe": finding.probe,
        "rank": finding.rank,
        "strength": finding.strength,
        "observed_at": finding.observed_at,
        "request": finding.request,
        "note": None if finding.note is None else finding.note.value,
        "facts": dict(finding.facts),
    }


def finding_of(row: Evidence) -> Finding:
    """The finding of a row."""
    return Finding(
        what=row.what,
        subject=row.subject,
        value=row.value,
        probe=row.probe,
        rank=row.rank,
        strength=row.strength,
        observed_at=row.observed_at,
        request=row.request,
        note=None if row.note is None else Note(row.note),
        facts=row.facts,
    )
