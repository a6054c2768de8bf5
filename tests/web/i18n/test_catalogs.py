"""Catalogues of translations: every page has all its texts in French, in good French type.

`python -m marketplace_hooks.web.i18n.catalogs update` brings the catalogues up to date with the source; then fill the
gaps.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from babel.messages.catalog import Message

from marketplace_hooks.web.i18n import catalogs
from marketplace_hooks.web.i18n.formatting import LANGUAGES, SOURCE_LANGUAGE, catalogue_path

TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


def messages(language: str) -> list[Message]:
    return [message for message in catalogs.read(language) if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@pytest.fixture(params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_catalogue_holds_exactly_what_the_pages_say(language: str) -> None:
    assert {ids(message) for message in messages(language)} == {ids(one) for one in catalogs.extract() if one.id}
    assert catalogs.read(language).obsolete == {}


def test_the_catalogues_file_is_as_the_command_would_write_it(language: str) -> None:
    written = catalogue_path(language).read_text("utf-8")
    assert written == catalogs.updated(language).decode(), "run: python -m marketplace_hooks.web.i18n.catalogs update"


def test_no_message_is_missing_or_fuzzy(language: str) -> None:
    plurals = catalogs.read(language).num_plurals
    for message in messages(language):
        forms = catalogs.forms(message.string)
        assert not message.fuzzy, message.id
        assert len(forms) == (plurals if message.pluralizable else 1), message.id
        assert all(form.strip() for form in forms), f"{language} lacks {message.id!r}"


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    """A form for one thing may leave its number out where the message does: "One of its products …"."""
    for message in messages(language):
        one, *_ = given = [placeholders(id_) for id_ in ids(message)]
        forms = [placeholders(form) for form in catalogs.forms(message.string)]
        assert forms[-1] == given[-1], message.id
        assert all(form in (one, given[-1]) for form in forms), message.id


def test_french_is_typed_as_french() -> None:
    for message in messages("fr"):
        for form in catalogs.forms(message.string):
            bare = re.sub(r"%\(\w+\)s|\d{4}-\d\d-\d\dT[\d:+]+", "x", form)  # an instant as programs write it
            assert "'" not in bare, f"an apostrophe is ’ in {form!r}"
            assert not {'"', "“", "”"} & set(bare), f"quotation marks are « » in {form!r}"
            assert not re.search(r"[^\s\u00a0\u202f][;:!?»]|«\S", bare), f"a space is missing in {form!r}"
            assert "..." not in bare, f"an ellipsis is … in {form!r}"


def test_english_is_typed_as_english() -> None:
    for message in catalogs.extract():
        for text in ids(message) if message.id else ():
            assert not re.search(r"['\"«»]|\.\.\.", text), f"use ’ “ ” … in {text!r}"


def test_the_catalogues_are_part_of_the_package() -> None:
    for language in TRANSLATED:
        packaged = files("marketplace_hooks.web") / "translations" / language / "LC_MESSAGES" / "marketplace_hooks.po"
        assert packaged.is_file()
