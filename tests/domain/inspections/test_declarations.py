"""A customer's own list is read in the shapes that a back office exports, or refused with a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.inspections.declarations import (
    MAX_LENGTH,
    MAX_MODULES,
    Declaration,
    DeclaredModule,
    clean_version,
    read_exported_list,
)

TWO = (
    DeclaredModule(name="ps_checkout", version="8.4.4.1", enabled=True),
    DeclaredModule(name="gsitemap", version="4.3.0", enabled=False),
)


@pytest.mark.parametrize(
    "text",
    [
        "name;version;active\nps_checkout;8.4.4.1;1\ngsitemap;4.3.0;0\n",
        '\ufeff"name";"version";"active"\r\n"ps_checkout";"8.4.4.1";"1"\r\n"gsitemap";"4.3.0";"0"\r\n',
        "name,version,active\nps_checkout,8.4.4.1,1\ngsitemap,4.3.0,0",
        "Nom technique\tVersion\tActivé\nps_checkout\t8.4.4.1\toui\ngsitemap\t4.3.0\tnon",
        "id_module;name;active;version\n1;ps_checkout;1;8.4.4.1\n2;gsitemap;0;4.3.0\n\n",
        json.dumps(
            [
                {"name": "ps_checkout", "version": "8.4.4.1", "active": "1"},
                {"name": "gsitemap", "version": "4.3.0", "active": "0"},
            ]
        ),
        json.dumps(
            {
                "items": [
                    {"technicalName": "ps_checkout", "installedVersion": "8.4.4.1", "enabled": True, "moduleId": 1},
                    {"technicalName": "gsitemap", "installedVersion": "4.3.0", "enabled": False},
                ]
            }
        ),
    ],
)
def test_an_exported_list_is_the_whole_list(text: str) -> None:
    declared = read_exported_list(text)
    assert declared.modules == TWO
    assert declared.whole_list
    assert declared.platform_version is None


def test_a_version_or_a_state_that_is_not_said_stays_unknown() -> None:
    declared = read_exported_list("name;version;active\na;;maybe\nb;NULL\nc")
    assert declared.modules == tuple(DeclaredModule(name=name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("hello", "names no column"),
        ("name;version\nps checkout;1", "technical name"),
        ("name;version\nps_checkout;latest!", "not a version"),
        ("[1]", "no list"),
        ('{"a": 1}', "no list"),
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("x" * (MAX_LENGTH + 1), "longer"),
        ("name\n" + "\n".join(f"m{number}" for number in range(MAX_MODULES + 1)), "more than"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_exported_list(text)


def test_as_many_modules_as_allowed_are_read() -> None:
    text = "name\n" + "\n".join(f"m{number}" for number in range(MAX_MODULES))
    assert len(read_exported_list(text).modules) == MAX_MODULES


def test_a_form_declares_a_version_and_single_modules() -> None:
    declared = Declaration.from_json({"platform_version": " v8.2.1 ", "modules": [{"name": "ps_checkout"}, "gsitemap"]})
    assert declared.platform_version == "8.2.1"
    assert [module.name for module in declared.modules] == ["ps_checkout", "gsitemap"]
    assert not declared.whole_list
    assert Declaration.from_json(declared.as_json()) == declared


@pytest.mark.parametrize("given", [{"platform_version": "\x00"}, {"platform_version": ""}, {"modules": "a,b"}])
def test_a_malformed_declaration_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not a (version|list)"):
        Declaration.from_json(given)


@pytest.mark.parametrize("text", ["1.7.8.11", "9.0.0-rc.1", "8"])
def test_versions_are_taken_as_they_are_written(text: str) -> None:
    assert clean_version(f" v{text}\n") == text


@given(st.text(max_size=200))
def test_nothing_but_a_value_error_ever_comes_of_a_text(text: str) -> None:
    try:
        declared = read_exported_list(text)
    except ValueError:
        return
    assert declared.whole_list
