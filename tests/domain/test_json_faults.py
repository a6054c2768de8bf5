"""JSON text with faults: each is shown at the line where it is, whatever the names on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marketplace_hooks.domain.json_faults import parts_with_faults, place_of

CONTENT: dict[str, Any] = {
    "type": "release.published",
    "data": {
        "manifest": {"classes/Row.php": "x", "a.b": {"c": 1}, "a": {"b": 2}},
        "fixes": ["one", "", {"deep": []}],
        "empty": {},
    },
}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", ()),
        ("type", ("type",)),
        ("data.manifest.classes/Row.php.value", ("data", "manifest", "classes/Row.php")),
        ("data.manifest.a.b", ("data", "manifest", "a.b")),
        ("data.manifest.a.b.c", ("data", "manifest", "a.b", "c")),
        ("data.fixes.1", ("data", "fixes", 1)),
        ("data.fixes.3", ("data", "fixes")),
        ("data.fixes.-1", ("data", "fixes")),
        ("data.fixes.²", ("data", "fixes")),
        ("data.price.amount_cents", ("data",)),
        ("release_id", ()),
    ],
)
def test_a_path_leads_as_far_as_the_content_goes(path: str, place: tuple[str | int, ...]) -> None:
    assert place_of(CONTENT, path) == place


def test_the_parts_together_are_the_indented_document() -> None:
    paths = ["data.fixes.1", "data.manifest.a.b.c", "data.price", "data.empty.name", "", "data.fixes.1"]
    parts = parts_with_faults(CONTENT, paths)
    assert "\n".join(part.text for part in parts) == json.dumps(CONTENT, indent=2)
    assert {index: part.text.strip() for part in parts for index in part.faults} == {
        0: '"",',
        1: '"c": 1',
        2: '"data": {',
        3: '"empty": {}',
        4: "{",
        5: '"",',
    }


@pytest.mark.parametrize("content", [None, 7, "text", [], {}, [[]], {"a": None}])
def test_any_value_can_be_shown_without_faults_and_with_one_at_its_root(content: Any) -> None:
    for paths in ([], [""], ["a.b"]):
        assert "\n".join(part.text for part in parts_with_faults(content, paths)) == json.dumps(content, indent=2)
