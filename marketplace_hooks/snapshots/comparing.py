"""Comparison of a snapshot with what is stored here: what one side lacks, and what differs between the two."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..database.types import among
from ..models.purchases import Customer
from ..services.business_care.pack_shares import price_of_share
from .checked_entities import CheckedEntities
from .entities import Entity, EntityKind
from .rendering import CHUNK, comparable_line, compared, id_chunks, render

MOST_EXAMPLES = 5

Report = Callable[[EntityKind, int, int], None]


class DifferenceKind(enum.StrEnum):
    """How both sides differ about one entity."""

    ONLY_IN_FILES = "only_in_files"
    ONLY_HERE = "only_here"
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field of one entity that differs; of one that a side lacks, the entity as a whole (`path` empty)."""

    id: str
    path: str = ""
    in_files: Any = None
    stored: Any = None


@dataclass(kw_only=True)
class KindComparison:
    """How the entities of one kind compare: how many lines, how many differ how, and the first differences of each."""

    lines: int = 0
    counts: dict[DifferenceKind, int] = field(default_factory=lambda: dict.fromkeys(DifferenceKind, 0))
    examples: dict[DifferenceKind, list[Difference]] = field(
        default_factory=lambda: {kind: [] for kind in DifferenceKind}
    )

    def add(self, kind: DifferenceKind, differences: list[Difference]) -> None:
        """Count one entity that differs, and show it among the first."""
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_EXAMPLES:
            self.examples[kind] += differences


def compare_snapshot(
    session: Session, entities: CheckedEntities, zone: tzinfo, report: Report
) -> dict[EntityKind, KindComparison]:
    """Compare every kind that the files have lines of."""
    return {
        kind: _compare_kind(session, entities, kind, count, zone, report) for kind, count in entities.counts().items()
    }


def _compare_kind(
    session: Session, entities: CheckedEntities, kind: EntityKind, count: int, zone: tzinfo, report: Report
) -> KindComparison:
    comparison = KindComparison(lines=count)
    done = 0
    for _, chunk in entities.chunks(kind, CHUNK):
        ours = render(session, kind, [entity.id for entity in chunk])
        for entity in chunk:
            if (mine := ours.get(entity.id)) is None:
                comparison.add(DifferenceKind.ONLY_IN_FILES, [Difference(id=entity.id)])
            elif differences := _differences_of(session, entity, zone, compared(kind, mine.data)):
                comparison.add(DifferenceKind.DIFFERENT, differences)
        session.expunge_all()
        done += len(chunk)
        report(kind, done, count)
    for ids in id_chunks(session, kind):
        for id_ in sorted(_expected(session, kind, set(ids) - entities.known_ids(kind, ids))):
            comparison.add(DifferenceKind.ONLY_HERE, [Difference(id=id_)])
    return comparison


def _expected(session: Session, kind: EntityKind, ids: set[str]) -> set[str]:
    """Those of these ids that the other side should have, too: of a customer who was erased, it need not."""
    if kind is not EntityKind.CUSTOMER or not ids:
        return ids
    erased = select(Customer.id).where(among(Customer.id, sorted(ids)), Customer.erased_at.is_not(None))
    return ids - set(session.scalars(erased))


def _differences_of(session: Session, entity: Entity, zone: tzinfo, stored: Mapping[str, Any]) -> list[Difference]:
    """Each value of a line that is not the one stored here."""
    line = comparable_line(entity, zone)
    if _repeats_price_of_pack(session, entity, line, stored):
        line["price_paid"] = stored["price_paid"]
    return list(_differences(entity.id, "", line, stored))


def _repeats_price_of_pack(
    session: Session, entity: Entity, line: Mapping[str, Any], stored: Mapping[str, Any]
) -> bool:
    """Whether a line has the price of the whole pack, where the share that was frozen is stored (`rules.md` 17)."""
    if entity.kind is not EntityKind.PURCHASE or entity.data["pack_id"] is None:
        return False
    given = line.get("price_paid")
    if given is None or given["currency"] != stored["price_paid"]["currency"] or given == stored["price_paid"]:
        return False
    return bool(price_of_share(session, entity.data) == stored["price_paid"]["amount_cents"])


def _differences(id_: str, path: str, in_files: Any, stored: Any) -> Iterator[Difference]:
    """Each value that differs, by its path; a list as a whole where its lengths differ."""
    if in_files == stored:
        return
    if isinstance(in_files, Mapping) and isinstance(stored, Mapping):
        for name in in_files if not path else {**in_files, **stored}:
            yield from _differences(id_, f"{path}.{name}".lstrip("."), in_files.get(name), stored.get(name))
    elif isinstance(in_files, list) and isinstance(stored, list) and len(in_files) == len(stored):
        for number, (theirs, mine) in enumerate(zip(in_files, stored, strict=True)):
            yield from _differences(id_, f"{path}.{number}", theirs, mine)
    else:
        yield Difference(id=id_, path=path, in_files=in_files, stored=stored)
