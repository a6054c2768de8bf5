"""Labels of a refusal's evidence: common names are in the reader's language, others stand as the seller wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace_hooks.web.labels.refusal_evidence import evidence_lines

from ..support.marketplace import Marketplace


def lines(marketplace: Marketplace, language: str, evidence: dict[str, Any]) -> list[str]:
    """The lines that a reader of this language sees."""
    with marketplace.app.test_request_context(headers={"Accept-Language": language}):
        return evidence_lines(evidence)


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


def test_a_note_stands_alone_and_what_the_check_found_is_left_out(marketplace: Marketplace) -> None:
    evidence = {"note": "Voir la page 3", "sources": {"file": "a.php"}}
    assert lines(marketplace, "fr", evidence) == ["Voir la page 3"]
