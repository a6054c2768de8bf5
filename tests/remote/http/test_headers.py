from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.errors import OutboundRefused
from marketplace_hooks.remote.http.headers import MAX_CUSTOM_HEADERS, ResponseHeaders, check_custom_headers

from ...support.cases import case_id, cases

HEADER_CASES = [case for case in cases("outbound_safety") if case["kind"] == "header"]


def verdict(headers: Any) -> str:
    """Return `allow`, or the code of the refusal."""
    try:
        check_custom_headers(headers)
    except OutboundRefused as refusal:
        return refusal.code
    return "allow"


@pytest.mark.parametrize("case", HEADER_CASES, ids=case_id)
def test_every_header_case_is_decided_as_written(case: dict[str, Any]) -> None:
    answer = verdict(case["headers"])
    assert ("allow" if answer == "allow" else "refuse") == case["expected"].replace(":", " ").split(" ")[0]


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, "allow"),
        ({"X-Api-Key": "s3cret value\twith spaces"}, "allow"),
        ({"Authorization": "Bearer abc"}, "allow"),
        ({"X-Empty": ""}, "allow"),
        ({"X-A": "a" * 4096}, "allow"),
        ({"X-A": "a" * 4097}, "header_value"),
        ({"X-A": "a\rb"}, "header_value"),
        ({"X-A": "a\nb"}, "header_value"),
        ({"X-A": "a\r\n b"}, "header_value"),
        ({"X-A": "a\0b"}, "header_value"),
        ({"X-A": "a\n"}, "header_value"),
        ({"X-A": " a"}, "header_value"),
        ({"X-A": "a\x7f"}, "header_value"),
        ({"X-A": "é"}, "header_value"),
        ({"X-A": 1}, "header_value"),
        ({"X-A\n": "1"}, "header_name"),
        ({"X A": "1"}, "header_name"),
        ({"X-É": "1"}, "header_name"),
        ({"a" * 128: "1"}, "allow"),
        ({"a" * 129: "1"}, "header_name"),
        ({1: "1"}, "header_name"),
        ({"HOST": "1"}, "header_reserved"),
        ({"Webhook-Id": "1"}, "header_reserved"),
        ({"webhook-anything": "1"}, "header_reserved"),
        ({"Transfer-Encoding": "chunked"}, "header_reserved"),
        ({"Content-Type": "text/plain"}, "header_reserved"),
        ({"X-aws-ec2-metadata-token": "1"}, "header_reserved"),
        ({"Proxy-Connection": "1"}, "header_reserved"),
        ({"X-A": "1", "x-a": "2"}, "header_twice"),
        ({f"X-{number}": "1" for number in range(MAX_CUSTOM_HEADERS)}, "allow"),
        ({f"X-{number}": "1" for number in range(MAX_CUSTOM_HEADERS + 1)}, "header_count"),
    ],
)
def test_a_custom_header_is_one_plain_line_that_is_not_ours(headers: Any, answer: str) -> None:
    assert verdict(headers) == answer


def test_a_refusal_names_the_header_and_keeps_its_value_to_itself() -> None:
    with pytest.raises(OutboundRefused) as refusal:
        check_custom_headers({"X-Api-Key": "s3cret\n"})
    assert refusal.value.facts == {"header": "X-Api-Key"}
    assert "s3cret" not in str(refusal.value)


@given(st.dictionaries(st.text(), st.text()))
def test_whatever_is_accepted_fits_on_lines_of_its_own(headers: dict[str, str]) -> None:
    if verdict(headers) == "allow":
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        assert len(lines.splitlines()) == len(headers)
        assert lines.isascii()


def test_headers_of_an_answer_are_found_in_any_case_and_repetitions_are_kept() -> None:
    headers = ResponseHeaders(
        [("Set-Cookie", "a=1"), ("PSWS-Version", "0"), ("set-cookie", "b=2"), ("PSWS-Version", "")]
    )
    assert headers["set-cookie"] == "a=1"
    assert headers.all("SET-COOKIE") == ("a=1", "b=2")
    assert headers.all("psws-version") == ("0", "")
    assert "Psws-Version" in headers
    assert headers.get("absent") is None
    assert headers.all("absent") == ()
    assert sorted(headers) == ["psws-version", "set-cookie"]
    assert "a=1" not in repr(headers)
