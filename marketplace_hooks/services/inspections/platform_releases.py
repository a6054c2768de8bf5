"""PrestaShop releases that an operator adds to those shipped, and the shops that run a version nobody knows.

A list is taken whole or not at all. It comes in the form of PrestaShop's distribution API, or of the shipped file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.engine import insert_new
from ...domain.audit_actions import AuditAction
from ...domain.inspections.evidence import Finding, FindingKind, Strength, merge_findings
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import parse
from ...errors import PayloadRejected
from ...models.inspections import Inspection
from ...models.platform_releases import PlatformRelease
from ...remote.known_versions import known_versions
from ..core.unit_of_work import UnitOfWork
from .requests import host_of

MAX_RELEASES = 5_000
LONGEST_LIST = 2 * 1024 * 1024
UNNAMED = "?"
"""Stands for the version of a shop whose session cookie fits no release."""


class _ReleaseSchema(Schema):
    class Meta:
        unknown = EXCLUDE  # the API says more of each release than is needed.

    version = fields.String(
        required=True, validate=validate.Regexp(r"^[0-9]{1,3}(\.[0-9]{1,3}){2,3}(-[0-9A-Za-z.]{1,20})?\Z")
    )
    date = fields.Date(load_default=None, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class ShopOfUnknownVersion:
    """A shop whose newest inspections met a version that is not known. `version` None: its cookie fits none."""

    url: str
    version: str | None
    seen_at: datetime


def read_releases(text: str | bytes) -> dict[str, date | None]:
    """Return the versions of a list, with their dates where it gives any. Raises `PayloadRejected`."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed([{"path": "", "message": "it is not JSON"}]) from error
    rows = content.get("releases") if isinstance(content, Mapping) else content
    if not isinstance(rows, list) or not rows or len(rows) > MAX_RELEASES:
        raise _malformed([{"path": "", "message": f"it must be a list of 1 to {MAX_RELEASES} releases"}])
    try:
        releases = _ReleaseSchema(many=True).load(rows)
    except ValidationError as error:
        places = list(error.messages_dict)[:5]
        wrong = [{"path": str(place), "message": "this is no release with a version"} for place in places]
        raise _malformed(wrong) from error
    return {one["version"]: one["date"] for one in releases}


def add_releases(uow: UnitOfWork, releases: Mapping[str, date | None]) -> list[str]:
    """Add those that are not known yet; return them. Shops that run one of them are unknown no longer."""
    known = set(versions_known(uow.session, uow.settings))
    rows = [
        {"version": version, "released_on": released_on, "added_at": uow.now}
        for version, released_on in releases.items()
        if version not in known
    ]
    added = [str(row["version"]) for row in rows]
    if rows:
        uow.session.execute(insert_new(uow.session, PlatformRelease), rows)
    is_solved = Inspection.unknown_version.in_(added)
    solved = update(Inspection).where(is_solved).values(unknown_version=None)
    uow.session.execute(solved.execution_options(synchronize_session=False))
    uow.audit(AuditAction.RELEASES_UPDATED, None, added=added[:50], count=len(added))
    return added


def versions_known(session: Session, settings: Settings) -> tuple[str, ...]:
    """Return every known version: shipped, of the operator's file, and added."""
    added = session.scalars(select(PlatformRelease.version).order_by(PlatformRelease.added_at, PlatformRelease.version))
    return tuple(dict.fromkeys((*known_versions(settings.prestashop_releases), *added)))


def record_version(
    session: Session, number: int, url: str, findings: Sequence[Finding], *, known: Sequence[str]
) -> None:
    """Record whether the inspection `number` met a version that is not known; the shop's earlier records are over."""
    unknown = _unknown_version(findings, known)
    if unknown is None and merge_findings(findings).platform_version is None:
        return
    site = parse(url)
    earlier = and_(Inspection.host == (host_of(site) if site is not None else ""), Inspection.url == url)
    over = update(Inspection).where(earlier, Inspection.number < number, Inspection.unknown_version.is_not(None))
    session.execute(over.values(unknown_version=None).execution_options(synchronize_session=False))
    this = update(Inspection).where(Inspection.number == number).values(unknown_version=unknown)
    session.execute(this.execution_options(synchronize_session=False))


def _unknown_version(findings: Iterable[Finding], known: Sequence[str]) -> str | None:
    """Return the version that was found and is not known, `UNNAMED` for a cookie that fits none, else None."""
    site_facts = merge_findings(findings)
    version = site_facts.platform_version
    if version is not None:
        is_known = version.value in known or version.source.strength is Strength.DECLARED
        return None if is_known else str(version.value)[:50]
    is_unsolved = any(
        one.note is Note.COOKIE_NOT_SOLVED for one in site_facts.unknowns if one.what is FindingKind.PLATFORM_VERSION
    )
    return UNNAMED if is_unsolved and site_facts.fork is None else None


def shops_of_unknown_version(session: Session, *, limit: int) -> list[ShopOfUnknownVersion]:
    """Return the shops that were last seen to run an unknown version, the newest first, one line for each."""
    newest = (
        select(Inspection.url, Inspection.unknown_version, Inspection.finished_at)
        .where(Inspection.unknown_version.is_not(None), Inspection.finished_at.is_not(None))
        .order_by(Inspection.number.desc())
        .limit(limit)
    )
    shops: dict[str, ShopOfUnknownVersion] = {}
    for row in session.execute(newest):
        version = None if row.unknown_version == UNNAMED else row.unknown_version
        shops.setdefault(row.url, ShopOfUnknownVersion(url=row.url, version=version, seen_at=row.finished_at))
    return list(shops.values())


def _malformed(errors: list[dict[str, Any]]) -> PayloadRejected:
    return PayloadRejected("the list of releases cannot be used", errors=errors, code="releases_malformed")
