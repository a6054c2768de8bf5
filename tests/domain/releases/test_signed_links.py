"""The links to releases, checked by the very code that `docs/downloads.md` gives to file hosts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.releases.signed_links import signed_link

DOCS = Path(__file__).parents[3] / "docs" / "downloads.md"
KEY = bytes(range(32))
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADDRESS = "https://files.example/lumen/2.4.0.zip"


@pytest.fixture(scope="module")
def may_be_served() -> Callable[[str, str, bytes], bool]:
    """The recipe, as a file host would paste it."""
    [recipe] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe, names)
    found: Callable[[str, str, bytes], bool] = names["may_be_served"]
    return found


def received(link: str) -> tuple[str, str]:
    """What a file host is asked for by a browser that follows the link: its Host header, and path with query."""
    parts = urlsplit(link)
    return parts.netloc, f"{parts.path}?{parts.query}"


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        "https://files.example:8443/a.zip",
        "https://FILES.example:443/a%20b.zip?build=7&name=x%2Fy",
        "http://files.example",
        "https://files.example/a.zip#part",
        "https://files.example/a.zip?expires=99999999999&signature=" + "0" * 64,
        "https://[2001:db8::1]/a.zip",
        "https://files.example/it's|here.zip?it's=|",
    ],
)
def test_the_file_host_accepts_our_links(may_be_served: Callable[..., bool], address: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert may_be_served(*received(signed_link(address, KEY, NOW)), KEY)


@pytest.mark.parametrize(("seconds", "is_good"), [(0, True), (300, True), (300.9, True), (301, False)])
def test_a_link_is_good_for_five_minutes(may_be_served: Callable[..., bool], seconds: float, is_good: bool) -> None:
    link = signed_link(ADDRESS, KEY, NOW)
    with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
        assert may_be_served(*received(link), KEY) is is_good


def test_another_secret_accepts_nothing(may_be_served: Callable[..., bool]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert not may_be_served(*received(signed_link(ADDRESS, KEY, NOW)), b"x" * 32)


@given(place=st.integers(0, 10_000), character=st.sampled_from("0a/?&=%Zé"))
def test_no_letter_of_a_link_may_be_changed(may_be_served: Callable[..., bool], place: int, character: str) -> None:
    host, target = received(signed_link(ADDRESS, KEY, NOW))
    place %= len(target)
    changed = f"{target[:place]}{character}{target[place + 1 :]}"
    with time_machine.travel(NOW, tick=False):
        assert may_be_served(host, changed, KEY) is (changed == target)


@pytest.mark.parametrize(
    "target",
    ["/lumen/2.4.0.zip", "/lumen/2.4.0.zip?expires=99999999999", "/a.zip?signature=" + "0" * 64, ""],
)
def test_what_is_not_signed_is_not_served(may_be_served: Callable[..., bool], target: str) -> None:
    assert not may_be_served("files.example", target, KEY)


def test_an_address_without_a_host_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="names no host"):
        signed_link("/a.zip", KEY, NOW)
