"""What commands print: outside text comes to the terminal as text, and never as a command of its own."""

from __future__ import annotations

import json

import pytest

from marketplace_hooks.cli.output import print_line, printable, show_one, show_rows

HOSTILE = "[red]a[/nothing] \x1b[2J\x07\x9b1m \u202eevil\u2066 \ud800 \U000e0041"


def assert_harmless(printed: str) -> None:
    assert all(char.isprintable() or char == "\n" for char in printed), printed


def test_escape_and_bidi_characters_are_written_as_their_numbers() -> None:
    assert printable("a\x1bb\u202ec\r\nd\U000e0041") == "a\\u001bb\\u202ec\\u000d\nd\\udb40\\udc41"
    assert printable("Étiquettes « prêtes » 中文 😀") == "Étiquettes « prêtes » 中文 😀"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_table_shows_brackets_and_controls_as_text(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    rows = [{"event_id": HOSTILE, "reason": f"x\n{HOSTILE}"}]
    show_rows(rows, ("event_id", "reason"), as_json=as_json, empty="")
    show_one(rows[0], as_json=as_json)
    print_line(HOSTILE)
    printed = capsys.readouterr().out
    assert_harmless(printed)
    assert printed.count("[red]a[/nothing]") == 5


def test_what_is_escaped_in_json_is_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"id": HOSTILE}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"id": HOSTILE}


def test_one_long_id_does_not_hide_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"event_id": "x" * 256, "state": "applied"}, {"event_id": "evt_1", "state": "ignored"}]
    show_rows(rows, ("event_id", "state"), as_json=False, empty="")
    printed = capsys.readouterr().out
    assert "applied" in printed
    assert "ignored" in printed
