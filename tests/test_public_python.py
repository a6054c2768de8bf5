"""The public modules are those of docs/python.md: every name documented, every example right.

The worked cases are tried through these modules in `tests/domain` and `tests/remote`.
"""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from marketplace_hooks import outbound, rules, signing

from .support.source_tree import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
PROMISED = {
    rules: "deadline Closure Deadline classify Message Verdict compare compatible same_site solve_cookie period_end "
    "renewal_instant notice_window",
    signing: "sign verify",
    outbound: "check_url is_public",
}


@pytest.mark.parametrize("module", PROMISED, ids=lambda module: module.__name__)
def test_a_public_module_offers_what_is_promised_and_nothing_else(module: ModuleType) -> None:
    assert set(module.__all__) == set(PROMISED[module].split())
    assert f"## `{module.__name__}`" in PAGE


@pytest.mark.parametrize("name", [name for module in PROMISED for name in module.__all__])
def test_every_public_name_is_documented(name: str) -> None:
    assert re.search(rf"`{name}\b", PAGE)


def test_the_examples_of_the_page_run_as_printed() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 8
    exec(compile("\n".join(examples), "docs/python.md", "exec"), {})
