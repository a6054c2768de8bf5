"""Snapshot commands: import a marketplace's existing data, compare it with what is stored here, or export that."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.audit_actions import AuditAction
from ..errors import ConfigurationError
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import run_in_transaction
from ..snapshots.checking import Checked, SnapshotCheck, SnapshotError
from ..snapshots.comparing import DifferenceKind, KindComparison, compare_snapshot
from ..snapshots.entities import EntityKind
from ..snapshots.exporting import export_snapshot
from ..snapshots.importing import Imported, import_checked
from .output import json_option, print_line, show_one, show_rows
from .root import current_runtime, hooks_group

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_files = click.argument(
    "files", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


class ProgressBars:
    """Progress on standard error, beside what is printed: a bar for the check, and one for each kind."""

    def __init__(self, progress: Progress | None) -> None:
        """`progress` None: nobody watches, and nothing is shown."""
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def show(self, name: str, done: int, total: int) -> None:
        """Show how far something is."""
        if self._progress is None:
            return
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._bars[name], completed=done, total=total)

    def show_kind(self, kind: EntityKind, done: int, total: int) -> None:
        """Show how many of a kind are done."""
        self.show(f"{kind}s", done, total)

    def show_check(self, done: int, total: int) -> None:
        """Show how many bytes are checked."""
        self.show("check", done, total)


@contextmanager
def progress_bars(*, as_json: bool) -> Iterator[ProgressBars]:
    """Bars with an estimate of the time that is left; none where nobody watches."""
    if as_json or not sys.stderr.isatty():
        yield ProgressBars(None)
        return
    from rich.console import Console  # an extra.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield ProgressBars(progress)


@contextmanager
def checked_files(runtime: Runtime, files: Sequence[Path], bars: ProgressBars) -> Iterator[Checked]:
    """The files, read and checked."""
    check = SnapshotCheck(files, runtime.now(), runtime.settings.reference_zone)
    checked = check.run(runtime.database.read_session, bars.show_check)
    try:
        yield checked
    finally:
        checked.entities.close()


@hooks_group.command("import")
@_files
@click.option("--check", "only_check", is_flag=True, help="Only check the files; nothing is written.")
@json_option
def import_(files: tuple[Path, ...], only_check: bool, as_json: bool) -> None:
    """Import a marketplace's existing data: sellers, products, customers, purchases, open requests.

    FILE is NDJSON, optionally gzipped, with one line per entity. Everything is checked first, and nothing is
    written if anything is wrong. Existing data is left as it is. Nobody is notified, and nothing is charged. If it
    is interrupted, run it again: it continues where it stopped.

    \b
    marketplace-hooks import --check sellers.ndjson purchases.ndjson.gz
    marketplace-hooks import sellers.ndjson purchases.ndjson.gz
    """
    runtime = current_runtime()
    with progress_bars(as_json=as_json) as bars, checked_files(runtime, files, bars) as checked:
        counts = checked.entities.counts()
        is_written = not only_check and not checked.findings.count
        imported = import_checked(runtime, checked, bars.show_kind) if is_written else None
    _show_import(checked, counts, imported, as_json=as_json)
    if checked.findings.count:
        raise SystemExit(1)


def _show_import(checked: Checked, counts: dict[EntityKind, int], imported: Imported | None, *, as_json: bool) -> None:
    rows = [_import_row(kind, count, imported) for kind, count in counts.items()]
    if as_json:
        facts: dict[str, Any] = {
            "written": imported is not None,
            "entities": rows,
            "error_count": checked.findings.count,
            "errors": [dataclasses.asdict(error) for error in checked.findings.errors],
        }
        show_one(facts, as_json=True)
        return
    if checked.findings.count:
        show_errors(checked.findings.errors, checked.findings.count, "nothing was written")
        return
    columns = ["kind", "lines"] if imported is None else ["kind", "lines", "new", "known"]
    show_rows(rows, columns, as_json=False, empty="The files contain no lines.")
    if imported is None:
        print_line("Everything is in order; nothing was written.")
    elif imported.released_events:
        print_line(f"{imported.released_events} events that were waiting for this data are now applied.")


def _import_row(kind: EntityKind, count: int, imported: Imported | None) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": kind.value, "lines": count}
    return row if imported is None else {**row, "new": imported.new[kind], "known": imported.known[kind]}


@hooks_group.command("compare")
@_files
@json_option
def compare(files: tuple[Path, ...], as_json: bool) -> None:
    """Compare a marketplace's data with what is stored here; fail when they differ.

    FILE is as for `import`. Only the kinds of entity that the files contain are compared, and only the fields that
    each line has.

    \b
    marketplace-hooks compare sellers.ndjson purchases.ndjson.gz
    """
    runtime = current_runtime()
    compared: dict[EntityKind, KindComparison] = {}
    with progress_bars(as_json=as_json) as bars, checked_files(runtime, files, bars) as checked:
        if not checked.findings.count:
            zone = runtime.settings.reference_zone
            with runtime.database.snapshot_session() as session:
                compared = compare_snapshot(session, checked.entities, zone, bars.show_kind)
    _show_comparison(checked, compared, as_json=as_json)
    if checked.findings.count or any(sum(one.counts.values()) for one in compared.values()):
        raise SystemExit(1)


def _show_comparison(checked: Checked, compared: dict[EntityKind, KindComparison], *, as_json: bool) -> None:
    rows = [{"kind": kind.value, "lines": one.lines, **one.counts} for kind, one in compared.items()]
    examples = [
        {"kind": kind.value, "difference": difference.value, **dataclasses.asdict(example)}
        for kind, one in compared.items()
        for difference, found in one.examples.items()
        for example in found
    ]
    if as_json:
        errors = [dataclasses.asdict(error) for error in checked.findings.errors]
        facts = {"kinds": rows, "examples": examples, "error_count": checked.findings.count, "errors": errors}
        show_one(facts, as_json=True)
    elif checked.findings.count:
        show_errors(checked.findings.errors, checked.findings.count, "nothing was compared")
    else:
        columns = ["kind", "lines", *DifferenceKind]
        show_rows(rows, columns, as_json=False, empty="The files contain no lines.")
        if examples:
            print_line()
            columns = ["kind", "difference", "id", "path", "in_files", "stored"]
            show_rows(examples, columns, as_json=False, empty="")


@hooks_group.command("export")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@json_option
def export(file: Path, as_json: bool) -> None:
    """Export everything stored here to FILE, in the format of `import`; gzipped if its name ends with .gz.

    It contains customers' data: only its owner can read it.

    \b
    marketplace-hooks export marketplace.ndjson.gz
    """
    runtime = current_runtime()
    with progress_bars(as_json=as_json) as bars:
        try:
            exported = export_snapshot(runtime.database, file, bars.show_kind)
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be written: {error.strerror or error}") from error
    counts = {kind.value: one.lines for kind, one in exported.items()}
    run_in_transaction(runtime, lambda uow: uow.audit(AuditAction.SNAPSHOT_EXPORTED, None, counts=counts))
    rows = [{"kind": kind.value, **dataclasses.asdict(one)} for kind, one in exported.items()]
    show_rows(rows, ["kind", "lines"], as_json=as_json, empty="")
    for kind, one in exported.items():
        if one.left_out:
            ids = ", ".join(one.left_out)
            print_line(f"Not in the file, because a line cannot describe their state: {kind} {ids}.", is_error=True)
        if one.too_long:
            ids = ", ".join(one.too_long)
            print_line(f"Longer than 1 MiB, so that an import refuses the line: {kind} {ids}.", is_error=True)


def show_errors(errors: Sequence[SnapshotError], count: int, follows: str) -> None:
    """Print what is wrong, each with its file, line and path."""
    for error in errors:
        place = f"{error.file}:{error.line}" if error.line else error.file
        path = f" {error.path}:" if error.path else ""
        print_line(f"{place}:{path} {error.message}")
    if count > len(errors):
        print_line(f"and {count - len(errors)} more.")
    print_line(f"{count} {'error' if count == 1 else 'errors'}: {follows}.", is_error=True)
