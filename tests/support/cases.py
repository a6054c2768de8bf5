"""The worked cases of `tests/data/`, and one loader for every test that uses them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


@cache
def load(name: str) -> dict[str, Any]:
    """Return the whole content of `tests/data/<name>.json`."""
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


def cases(name: str, key: str = "cases") -> list[Any]:
    """Return the list of cases of `tests/data/<name>.json`."""
    found: list[Any] = load(name)[key]
    return found


def case_id(case: Any) -> str | None:
    """Name a parametrised case by its `id`, and its title where it has one."""
    if not isinstance(case, dict) or "id" not in case:
        return None
    return " ".join(str(case[key]) for key in ("id", "title") if case.get(key))
