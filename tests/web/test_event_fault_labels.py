"""Event fault labels: whatever a schema says of a wrong value, a page has words for it in each language."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

import marketplace_hooks.events  # noqa: F401  # its import registers every inbound type.
from marketplace_hooks.domain.releases.downloads import DownloadVerdict
from marketplace_hooks.domain.support.state_machine import Handling
from marketplace_hooks.events.envelope import NotAnEnvelope, parse_envelope
from marketplace_hooks.events.fields import every_error
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.services.support.fix_deliveries import FixObstacle, FixOutcome
from marketplace_hooks.web.labels.event_faults import fault_label, is_known

from ..support.marketplace import Marketplace, sample

WRONG: tuple[Any, ...] = (None, "", " ", "x" * 250_000, 0, -1, 10**12, 2.5, True, [], ["a"], {}, {"x": 1}, {"fr": 7})
GONE = object()


def mutants(value: Any) -> Iterator[Any]:
    """The value with one part of it replaced, or left out."""
    yield from WRONG
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: one for key, one in value.items() if key != name}
            for wrong in mutants(inner):
                yield {**value, name: wrong}
    elif isinstance(value, list):
        for wrong in mutants(value[0]) if value else ():
            yield [wrong, *value[1:]]


@pytest.mark.parametrize("type_", sorted(EVENTS))
def test_every_message_of_a_schema_has_words(type_: str) -> None:
    messages = set()
    for data in mutants(copy.deepcopy(sample(type_)["data"])):
        if isinstance(data, dict):
            messages |= {error["message"] for error in every_error(EVENTS[type_].schema.validate(data))}
    assert messages
    assert {message for message in messages if not is_known(message)} == set()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"nonsense", b"\xff", b"NaN", b"[" * 70, b'{"a": 1, "a": 2}', b'"\\u0000"', b'"\\ud800"'),
        *(b"1e999", b"1" * 30, b"[]", b"{}", b'{"type": 7, "timestamp": "x", "data": {}}'),
        *(
            b'{"type": "a", "timestamp": "x", "data": {}}',
            b'{"type": "a", "timestamp": "2026-03-02T10:00:00Z", "data": 7}',
        ),
    ],
)
def test_every_message_of_an_envelope_has_words(body: bytes) -> None:
    with pytest.raises(NotAnEnvelope) as refusal:
        parse_envelope(body)
    assert is_known(str(refusal.value))


def test_a_message_that_nobody_knows_is_shown_as_it_is() -> None:
    assert fault_label({"path": "", "message": "RuntimeError: 100% new"}) == "RuntimeError: 100% new"


@pytest.mark.parametrize(
    "note",
    [
        "the customer was erased before",
        "the purchase is known",
        "the request is known",
        "known already",
        "known already, or nothing to change",
        "nothing to change for seller: it is online",
        "it is held by seller, account, not by marketplace",
        "it is offline_permanent and cannot become online; only the marketplace can reinstate it",
    ],
)
def test_why_an_event_changed_nothing_has_words(note: str) -> None:
    assert is_known(note)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "This release has not resolved: req (1), a (no request has this ID), req-2 (its state: Closed)"),
        (
            "fr",
            "Demandes que cette version n’a pas résolues : req (1), a (aucune demande n’a cet identifiant), "
            "req-2 (son état : Close)",
        ),
    ],
)
def test_which_requests_a_release_has_not_resolved_is_in_the_readers_language(
    marketplace: Marketplace, language: str, shown: str
) -> None:
    outcome = FixOutcome(without_effect={"req (1), a": FixObstacle.UNKNOWN_REQUEST, "req-2": Handling.CLOSED})
    with marketplace.app.test_request_context(headers={"Accept-Language": language}):
        label = fault_label({"path": "", "message": str(outcome.note)})
    assert label.replace("\N{NARROW NO-BREAK SPACE}", " ") == shown


@pytest.mark.parametrize(
    "code", [*FixObstacle, *Handling, *(one for one in DownloadVerdict if one is not DownloadVerdict.AVAILABLE)]
)
def test_every_reason_why_a_release_resolves_nothing_has_words(marketplace: Marketplace, code: str) -> None:
    note = str(FixOutcome(without_effect={"req-1": code}).note)
    with marketplace.app.test_request_context():
        assert fault_label({"path": "", "message": note}) != note
