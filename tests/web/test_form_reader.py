"""Forms: what is read from a form, and the one sentence for each field that cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest

from marketplace_hooks.web.form_reader import (
    CentsField,
    CheckboxField,
    ChoiceField,
    DayField,
    DecimalField,
    InstantField,
    NumberField,
    PageForm,
    TextInputField,
)
from marketplace_hooks.web.i18n.language import lazy

from ..support.marketplace import Marketplace


class Colour(StrEnum):
    RED = "red"


class EveryField(PageForm):
    text = TextInputField(required=lazy("Choose a reason"), longest=5)
    cut = TextInputField(longest=3, is_cut=True)
    colour = ChoiceField(Colour)
    ticked = CheckboxField()
    count = NumberField()
    rate = DecimalField()
    day = DayField()
    at = InstantField()
    amount = CentsField()


def read(marketplace: Marketplace, **fields: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The values and the messages of a form that is sent with these fields."""
    with marketplace.app.test_request_context("/", method="POST", data=fields, headers={"Accept-Language": "en"}):
        form = EveryField.read()
        return form.data, form.messages


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("text", " a\r\nb\x00 ", "a\nb"),
        ("cut", "abcdef", "abc"),
        ("colour", "red", Colour.RED),
        ("colour", "blue", None),
        ("ticked", "yes", True),
        ("ticked", "on", False),
        ("count", "12", 12),
        ("count", "", None),
        ("rate", " 2,5 ", 2.5),
        ("rate", "-1", -1),
        ("rate", "", None),
        ("day", "2026-03-02", date(2026, 3, 2)),
        ("day", "", None),
        ("at", "2026-03-02T10:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("amount", "49,90 €", 4990),
    ],
)
def test_a_field_is_read_as_it_was_meant(marketplace: Marketplace, name: str, sent: str, value: Any) -> None:
    values, messages = read(marketplace, **{name: sent})
    assert (values[name], name in messages) == (value, False)


@pytest.mark.parametrize(
    ("name", "sent", "message"),
    [
        ("text", "", "Choose a reason"),
        ("text", "abcdef", "Use at most 5 characters"),
        ("count", "-1", "Enter a whole number, such as 12"),
        ("count", "90 days", "Enter a whole number, such as 12"),
        ("count", "10000", "Enter a whole number, such as 12"),
        ("rate", "fast", "Enter a number, such as 2.5"),
        ("rate", "NaN", "Enter a number, such as 2.5"),
        ("rate", "1e999", "Enter a number, such as 2.5"),
        ("day", "2 March", "Enter a date, such as 2026-03-02"),
        ("at", "2026-03-02T10:00+01:00", "Enter a date and time"),
        ("amount", "", "Enter an amount, such as 49.90"),
        ("amount", "1.005", "Enter an amount, such as 49.90"),
    ],
)
def test_a_field_that_cannot_be_read_has_one_sentence(
    marketplace: Marketplace, name: str, sent: str, message: str
) -> None:
    _, messages = read(marketplace, **{name: sent})
    assert messages[name] == message
