"""Check of a snapshot: every line of every file, before anything is written.

Every error is reported with its file, line and path; the first thousand are listed, all are counted. A parent may
stand in any line of any of the files, or be known here already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..database.types import among
from ..models.packs import Pack
from ..models.products import Product, Seller
from ..models.purchases import Customer, Purchase
from ..models.releases import Release, ReleaseKind
from ..models.subscriptions import Charge
from ..models.support import SupportRequest
from .checked_entities import CheckedEntities, Contradiction, Place, ReadLine, in_batches
from .chunked_gc import collect_chunk, collected_between_chunks
from .entities import Entity, EntityKind
from .files import SnapshotFile, UnreadableFile
from .line_format import InvalidLine, parse_line
from .seller_closures import owners_of_closures

MOST_LISTED = 1_000
"""So many errors are listed; the others are counted."""
_LOOKED_UP = 1_000
_EVERY_LINES = 1_000
_COLLECTED_LINES = 50_000
_ADDED_LINES = 1_000

TABLES: dict[EntityKind, Any] = {
    EntityKind.SELLER: Seller,
    EntityKind.CUSTOMER: Customer,
    EntityKind.PRODUCT: Product,
    EntityKind.PACK: Pack,
    EntityKind.RELEASE: Release,
    EntityKind.PURCHASE: Purchase,
    EntityKind.REQUEST: SupportRequest,
}
"""Where the entities of each kind stand here, each by its column `id`."""

Report = Callable[[int, int], None]
"""Called now and then with the bytes read, and the bytes of all files."""


def _report_more(report: Report, before: int, total: int, position: int) -> None:
    report(before + position, total)


def _report_nothing(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class SnapshotError:
    """One thing that is wrong. `line` 0 is the file as a whole."""

    file: str
    line: int
    path: str
    message: str


@dataclass(kw_only=True)
class Findings:
    """What a check has found wrong: the first errors, and how many there are."""

    errors: list[SnapshotError] = field(default_factory=list)
    count: int = 0

    def add(self, error: SnapshotError) -> None:
        """Count an error, and list it unless there are too many."""
        self.count += 1
        if len(self.errors) < MOST_LISTED:
            self.errors.append(error)


@dataclass(kw_only=True)
class Checked:
    """A snapshot that was read: its entities, what is wrong with them, and the digest of all content."""

    entities: CheckedEntities
    findings: Findings
    digest: str


class SnapshotCheck:
    """The check of some files. `session` answers what is known here already."""

    def __init__(self, paths: Sequence[Path], now: datetime, zone: tzinfo) -> None:
        self._files = [SnapshotFile(path) for path in paths]
        self._now = now
        self._zone = zone
        self._entities = CheckedEntities()
        self._findings = Findings()
        self._read_lines: list[ReadLine] = []

    def run(self, session: Callable[[], Any], report: Report = _report_nothing) -> Checked:
        """Read and check everything. `session` opens a session that reads what stands here."""
        with collected_between_chunks():
            return self._run(session, report)

    def _run(self, session: Callable[[], Any], report: Report) -> Checked:
        total = sum(file.path.stat().st_size for file in self._files if file.path.exists())
        done = 0
        for number, file in enumerate(self._files):
            self._read(number, file, partial(_report_more, report, done, total))
            done += file.size
        report(total, total)
        with session() as reading:
            self._check_parents(reading)
            self._check_closures(reading)
            self._check_charges(reading)
            self._check_releases(reading)
            self._check_requests(reading)
        digest = hashlib.sha256(b"".join(file.digest.digest() for file in self._files)).hexdigest()
        return Checked(entities=self._entities, findings=self._findings, digest=digest)

    def _read(self, number: int, file: SnapshotFile, report: Callable[[int], None]) -> None:
        try:
            for line, text in file.lines():
                if line % _EVERY_LINES == 0:
                    report(file.position)
                if line % _COLLECTED_LINES == 0:
                    collect_chunk()
                if text is None:
                    self._refuse(number, line, "", "The line is longer than 1 MiB.")
                else:
                    self._read_line(number, line, text)
        except UnreadableFile as error:
            self._refuse(number, error.line, "", str(error))
        self._add_lines()

    def _read_line(self, file: int, line: int, text: bytes) -> None:
        try:
            content = parse_line(text, self._now, self._zone)
        except InvalidLine as invalid:
            for error in invalid.errors:
                self._refuse(file, line, error["path"], error["message"])
            return
        self._read_lines.append(ReadLine(content, file, line))
        if len(self._read_lines) == _ADDED_LINES:
            self._add_lines()

    def _refuse(self, file: int, line: int, path: str, message: str) -> None:
        """Add an error of a line, behind those of the lines before it."""
        self._add_lines()
        self._add_error(Place(file, line, path), message)

    def _add_lines(self) -> None:
        """Keep the lines read since the last time, and report what contradicts other lines."""
        for contradiction in self._entities.add(self._read_lines) if self._read_lines else ():
            self._add_error(contradiction.place, self._worded(contradiction))
        self._read_lines.clear()

    def _worded(self, contradiction: Contradiction) -> str:
        if (other := contradiction.other) is None:
            return f"{contradiction.id} pays another period already."
        where = f"line {other.line} of {self._files[other.file].path}"
        return f"{contradiction.kind} {contradiction.id} stands in {where} with other content."

    def _add_error(self, place: Place, message: str) -> None:
        file = str(self._files[place.file].path)
        self._findings.add(SnapshotError(file=file, line=place.line, path=place.path, message=message))

    def _check_parents(self, session: Session) -> None:
        """Every parent that no line describes must be known here."""
        for batch in in_batches(self._entities.undescribed_parents(), _LOOKED_UP):
            for kind in EntityKind:
                if wanted := [id_ for one, id_ in batch if one is kind]:
                    column = TABLES[kind].id
                    known = set(session.scalars(select(column).where(among(column, wanted))))
                    self._entities.add_unknown(kind, [id_ for id_ in wanted if id_ not in known])
        for kind, id_, place in self._entities.missing_parents():
            self._add_error(place, f"No line describes {kind} {id_}, and it is not known here.")

    def _check_closures(self, session: Session) -> None:
        """A closure is of one seller, in the files and here."""
        owners: dict[str, str] = {}
        for batch in in_batches(self._entities.sellers(), _LOOKED_UP):
            named = [
                (closure["closure_id"], seller.id, place._replace(path=f"data.closures.{number}.closure_id"))
                for seller, place in batch
                for number, closure in enumerate(seller.data["closures"])
            ]
            known = owners_of_closures(session, [closure_id for closure_id, _, _ in named])
            for closure_id, seller_id, place in named:
                owner = owners.setdefault(closure_id, known.get(closure_id, seller_id))
                if owner != seller_id:
                    self._add_error(place, f"{closure_id} is a closure of seller {owner}.")

    def _check_charges(self, session: Session) -> None:
        """A charge that is known here paid the same purchase."""
        for batch in in_batches(self._entities.charges(), _LOOKED_UP):
            query = select(Charge.id, Charge.purchase_id).where(
                among(Charge.id, [charge_id for charge_id, _, _ in batch])
            )
            known = dict(session.execute(query).all())
            for charge_id, purchase_id, place in batch:
                if known.get(charge_id, purchase_id) != purchase_id:
                    self._add_error(place, f"{charge_id} has paid purchase {known[charge_id]} here.")

    def _check_releases(self, session: Session) -> None:
        """A release that was bought is a paid one of the purchase's product, sold in the currency that was paid."""
        for purchase, place in self._entities.purchases_with_releases():
            for number, bought in enumerate(purchase.data["releases"]):
                for name, message in self._release_faults(session, purchase, bought):
                    path = f"data.releases.{number}.{name}"
                    self._add_error(place._replace(path=path), message)

    def _check_requests(self, session: Session) -> None:
        """The customer and the product of a request about a purchase are the purchase's."""
        for request, place in self._entities.requests():
            purchase_id = request.data["purchase_id"]
            if purchase_id is None:
                continue
            purchase = self._purchase_parents(session, purchase_id)
            for name, parent in purchase.items():
                if request.data[name] not in (None, parent):
                    path = f"data.{name}"
                    self._add_error(place._replace(path=path), "is not the purchase's")

    def _purchase_parents(self, session: Session, purchase_id: str) -> dict[str, str]:
        entity = self._entities.find(EntityKind.PURCHASE, purchase_id)
        if entity is not None:
            return {name: entity.data[name] for name in ("customer_id", "product_id")}
        known = session.get(Purchase, purchase_id)
        return {} if known is None else {"customer_id": known.customer_id, "product_id": known.product_id}

    def _release_faults(self, session: Session, purchase: Entity, bought: dict[str, Any]) -> Iterator[tuple[str, str]]:
        facts = self._release_facts(session, bought["release_id"])
        if facts is None:  # a missing parent, which is reported as such.
            return
        product_id, kind, currency = facts
        if product_id != purchase.data["product_id"]:
            yield "release_id", f"is a release of {product_id}, the purchase is of {purchase.data['product_id']}"
        elif kind != ReleaseKind.PAID:
            yield "release_id", "is a free release: nobody buys it"
        elif bought["amount"]["currency"] != currency:
            yield "amount.currency", f"the release is sold in {currency}"

    def _release_facts(self, session: Session, release_id: str) -> tuple[str, str, str | None] | None:
        entity = self._entities.find(EntityKind.RELEASE, release_id)
        if entity is not None:
            price = entity.data["price"] or {}
            return entity.data["product_id"], entity.data["kind"], price.get("currency")
        known = session.get(Release, release_id)
        return None if known is None else (known.product_id, known.kind, known.currency)
