"""Resumption of an import that was killed: the next run of the same files goes on, and the end is the same."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from marketplace_hooks.models.deployment import DeploymentFact
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.services.core.deployment import IMPORT
from marketplace_hooks.snapshots.checking import Checked, SnapshotCheck
from marketplace_hooks.snapshots.entities import EntityKind
from marketplace_hooks.snapshots.importing import WRITERS, import_checked

from ..support.marketplace import Marketplace
from ..support.processes import STARTED_WITHIN_S, Deployment, Fault
from ..support.snapshots import import_lines, line, run_as_json, whole_marketplace, write_lines


class Killed(BaseException):
    """The process ends here."""


def check(marketplace: Marketplace, path: Path) -> Checked:
    runtime = marketplace.runtime
    zone = runtime.settings.reference_zone
    return SnapshotCheck([path], runtime.now(), zone).run(runtime.database.read_session)


def import_until(marketplace: Marketplace, path: Path, chunks: int) -> bool:
    """Import, and die after so many chunks. False: it came to its end."""
    written = itertools.count(1)

    def die(kind: EntityKind, done: int, total: int) -> None:
        if next(written) == chunks:
            raise Killed

    try:
        import_checked(marketplace.runtime, check(marketplace, path), die)
    except Killed:
        return True
    return False


def test_killed_after_any_chunk_the_next_run_goes_on_to_the_same_end(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "all.ndjson", whole_marketplace())
    deaths = 0
    while import_until(marketplace, path, 1):
        deaths += 1
    assert deaths == len(EntityKind), "each kind is one chunk"
    assert marketplace.all(select(DeploymentFact.value).where(DeploymentFact.name == IMPORT)) == []
    answer = run_as_json(marketplace, "compare", path)
    assert not answer["examples"]
    assert marketplace.all(select(func.count()).select_from(Purchase)) == [4]


def test_killed_inside_a_kind_the_next_run_goes_on_behind_the_last_chunk(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_twos = {kind: replace(writer, chunk=2) for kind, writer in WRITERS.items()}
    monkeypatch.setattr("marketplace_hooks.snapshots.importing.WRITERS", by_twos)
    sold = [line("purchase", purchase_id=f"purchase-{number}") for number in range(5, 10)]
    path = write_lines(tmp_path / "all.ndjson", [*whole_marketplace(), *sold])
    parents = 1 + 1 + 2 + 1 + 1  # of sellers, customers, products, packs and releases
    assert import_until(marketplace, path, parents + 2)
    assert marketplace.all(select(func.count()).select_from(Purchase)) == [4]
    written: list[tuple[EntityKind, int, int]] = []
    imported = import_checked(marketplace.runtime, check(marketplace, path), lambda *done: written.append(done))
    purchases = [one for one in written if one[0] is EntityKind.PURCHASE]
    assert purchases == [(EntityKind.PURCHASE, done, 9) for done in (6, 8, 9)]
    assert (imported.known[EntityKind.PURCHASE], imported.new[EntityKind.PURCHASE]) == (4, 5)
    assert imported.known[EntityKind.PRODUCT] == 4
    assert not run_as_json(marketplace, "compare", path)["examples"]


def test_a_run_of_other_files_begins_at_their_beginning(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "all.ndjson", whole_marketplace())
    assert import_until(marketplace, path, 6)
    other = [*whole_marketplace(), line("seller", seller_id="seller-3"), line("customer", customer_id="customer-3")]
    answer = import_lines(marketplace, tmp_path / "more.ndjson", other)
    assert {one["kind"]: (one["new"], one["known"]) for one in answer["entities"]} == {
        "seller": (1, 2),
        "customer": (1, 2),
        "product": (0, 4),
        "pack": (0, 1),
        "release": (0, 2),
        "purchase": (0, 4),
        "request": (1, 0),
    }


@pytest.fixture
def deployment(tmp_path: Path, database_url: str) -> Iterator[Deployment]:
    """An installation of which only the command runs."""
    alone = Deployment(tmp_path, database_url, None)
    yield alone
    alone.close()


def test_a_process_that_is_killed_before_a_commit_leaves_whole_chunks(deployment: Deployment, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "all.ndjson", whole_marketplace())
    fault = Fault(at="marketplace_hooks.services.core.deployment:store_fact", when="after", call=6)
    command = deployment.start("import", str(path), faults=[fault])
    assert command.popen.wait(STARTED_WITHIN_S) == -signal.SIGKILL, command.diagnostics()
    runtime = deployment.runtime
    count = select(func.count()).select_from(Purchase)
    assert deployment.read(lambda session: session.scalar(count)) == 0
    checked = SnapshotCheck([path], runtime.now(), runtime.settings.reference_zone).run(runtime.database.read_session)
    imported = import_checked(runtime, checked)
    assert (imported.known[EntityKind.RELEASE], imported.new[EntityKind.PURCHASE]) == (2, 4)
    assert deployment.read(lambda session: session.scalar(count)) == 4
