"""Labels of a refusal's evidence: common names are in the reader's language, others stand as the seller wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from marketplace_hooks.web.labels.refusal_evidence import evidence_lines

from ..support.marketplace import Marketplace


def lines(
    marketplace: Marketplace, language: str, evidence: dict[str, Any], checks: Sequence[dict[str, Any]] = ()
) -> list[str]:
    """The lines that a reader of this language sees."""
    with marketplace.app.test_request_context(headers={"Accept-Language": language}):
        return evidence_lines(evidence, checks)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["File: a.php", "Line: 3", "ticket_ref: T-9", "Modules / Version: 1.2"]),
        (
            "fr",
            [
                "Fichier\N{NARROW NO-BREAK SPACE}: a.php",
                "Ligne\N{NARROW NO-BREAK SPACE}: 3",
                "ticket_ref\N{NARROW NO-BREAK SPACE}: T-9",
            ],
        ),
    ],
)
def test_common_names_are_in_the_readers_language_and_others_as_they_are(
    marketplace: Marketplace, language: str, shown: list[str]
) -> None:
    evidence = {"file": "a.php", "Line": 3, "ticket_ref": "T-9", "modules": [{"version": "1.2"}]}
    assert lines(marketplace, language, evidence)[: len(shown)] == shown


def test_a_note_stands_alone_and_what_a_check_still_finds_is_left_out(marketplace: Marketplace) -> None:
    evidence = {"note": "Voir la page 3", "sources": {"file": "a.php"}}
    checks = [{"name": "sources", "evidence": {"file": "a.php"}}]
    assert lines(marketplace, "fr", evidence, checks) == ["Voir la page 3"]


def test_evidence_named_like_a_check_is_shown(marketplace: Marketplace) -> None:
    evidence = {"platform_version": "8.2.1, in the footer, screenshot 3"}
    checks = [{"name": "platform_version", "evidence": {"version": "8.1.7"}}]
    assert lines(marketplace, "en", evidence, checks) == ["PrestaShop version: 8.2.1, in the footer, screenshot 3"]


def test_what_a_check_found_before_is_shown_once_it_finds_something_else(marketplace: Marketplace) -> None:
    evidence = {"platform_version": {"version": "8.3.0", "ranges": [], "rung": "declared", "strength": "declared"}}
    checks = [{"name": "platform_version", "evidence": {"version": "8.1.7"}}]
    assert any("8.3.0" in line for line in lines(marketplace, "en", evidence, checks))
