"""Contract of addresses: nothing committed ties the project to one machine or to one package index.

The words looked for are put together here, so that this file does not hold them.
"""

from __future__ import annotations

import re

import pytest

from ..support.source_tree import project_files, shown

INDEX_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "deb." + "debian.org"]
INDEX_OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links"]
MACHINE_FOLDERS = ["wo" + "rk", "ro" + "ot", "fa" + "rm", "opt/whe" + "els", "opt/py" + "pi"]

INDEXES = re.compile("|".join(re.escape(word) for word in [*INDEX_HOSTS, *INDEX_OPTIONS]).encode())
# A path begins where nothing of a longer path or an address stands before it.
MACHINES = re.compile(rf"(?<![\w.~}}-])/(?:{'|'.join(MACHINE_FOLDERS)})/|/(?:home|Users)/[a-z]\w+/".encode())


def lines_with(pattern: re.Pattern[bytes]) -> list[str]:
    return [
        f"{shown(path)}:{number}: {line.strip()[:100].decode(errors='replace')}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_committed_file_holds_the_address_of_a_package_index() -> None:
    assert lines_with(INDEXES) == []


def test_no_committed_file_holds_a_path_of_the_machine_it_was_written_on() -> None:
    assert lines_with(MACHINES) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("see /" + MACHINE_FOLDERS[0] + "/main", True),
        ("HOME=/" + "home/someone/x", True),
        ('"/' + MACHINE_FOLDERS[1] + '/.ssh"', True),
        ("https://shop.example/" + MACHINE_FOLDERS[0] + "/", False),
        ("frame" + MACHINE_FOLDERS[0] + "/page", False),
        ("/home/ is where pages begin", False),
    ],
)
def test_a_machines_path_is_told_from_a_web_address(line: str, found: bool) -> None:
    assert bool(MACHINES.search(line.encode())) is found
