"""Whatever happens, in whatever order, by event or by API: the product answers what the contract alone would answer.

The short run of the model, on both databases. The long one is a command: `python -m tests.model --help`.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.engine import make_url

from ..support import databases
from ..support.marketplace import Marketplace, open_marketplace
from ..support.outgoing_events import broken_events
from . import reference
from .marketplace_machine import WholeMarketplace

SHORT = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_product_answers_what_the_contract_alone_would_answer(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = count(1)

    @contextlib.contextmanager
    def opens() -> Iterator[Marketplace]:
        folder = tmp_path / f"history-{next(numbers)}"
        folder.mkdir()
        with contextlib.ExitStack() as opened:
            if kind == "sqlite":
                url = databases.copy_sqlite(request.getfixturevalue("_sqlite_template"), folder / "marketplace.db")
            else:
                url = opened.enter_context(request.getfixturevalue("_postgres_copies").lend())
            assert make_url(url).get_backend_name() == kind
            marketplace = opened.enter_context(open_marketplace(url, folder))
            yield marketplace
            assert list(broken_events(marketplace)) == []

    machine = type("ShortRun", (WholeMarketplace,), {"opens": staticmethod(opens)})
    run_state_machine_as_test(machine, settings=SHORT)


def test_the_reference_imports_the_standard_library_alone() -> None:
    files = sorted(Path(reference.__file__).parent.glob("*.py"))
    imported = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level <= 1, f"{file.name} reaches out of the reference"
                imported |= set() if node.level else {str(node.module)}
    assert len(files) > 1
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
