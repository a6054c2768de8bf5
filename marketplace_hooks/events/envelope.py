"""Envelope `{type, timestamp, data}` of every inbound event, parsed from strict JSON.

Strictly: UTF-8, no name twice in one object, no NaN or Infinity, no NUL and no lone surrogate in a string (a database
would refuse them later), no absurd depth. What passes here can be stored, searched and applied.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from ..domain.instants import parse_instant

DEEPEST = 64
LONGEST_TYPE = 100
# Wider than our own types: one that is not known yet is stored, not refused (`webhooks.md` 5).
_TYPE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
# One that does not end reaches to the end of the body: nothing is read twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class NotAnEnvelope(ValueError):
    """The message says what is wrong, for the other side's developer. `code`: `not_json` or `not_an_envelope`."""

    def __init__(self, message: str, *, code: str = "not_json") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts of an envelope. `sent_at` is its timestamp, aware."""

    type: str
    sent_at: datetime
    data: dict[str, Any]


def parse_envelope(body: bytes) -> Envelope:
    """Raises `NotAnEnvelope` with the first thing that is wrong."""
    content = parse_strictly(body)
    if not isinstance(content, dict) or not {"type", "timestamp", "data"} <= content.keys():
        raise NotAnEnvelope("the body must be an object with type, timestamp and data", code="not_an_envelope")
    type_ = content["type"]
    data = content["data"]
    if not isinstance(type_, str) or len(type_) > LONGEST_TYPE or not _TYPE.fullmatch(type_):
        raise NotAnEnvelope("type must be a dotted name such as product.upserted", code="not_an_envelope")
    sent_at = parse_instant(content["timestamp"])
    if sent_at is None:
        raise NotAnEnvelope("timestamp must be RFC 3339 with its offset", code="not_an_envelope")
    if not isinstance(data, dict):
        raise NotAnEnvelope("data must be an object", code="not_an_envelope")
    return Envelope(type_, sent_at, data)


def parse_strictly(body: bytes) -> Any:
    """The JSON value. Raises `NotAnEnvelope` (`not_json`) for anything that is not strict JSON."""
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(body) > DEEPEST:
        raise NotAnEnvelope(f"the body is nested more than {DEEPEST} levels deep")
    try:
        text = body.decode("utf-8")
        content = _decode(text)
    except UnicodeDecodeError:
        raise NotAnEnvelope("the body is not UTF-8") from None
    except RecursionError:
        raise NotAnEnvelope("the body is nested too deep") from None
    except ValueError as error:
        raise error if isinstance(error, NotAnEnvelope) else NotAnEnvelope(f"the body is not JSON: {error}") from None
    if _SUSPECT_ESCAPE.search(body) is not None:
        _refuse_unstorable(content)
    return content


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotAnEnvelope("an object has the same name twice")
    return found


def _constant(name: str) -> NoReturn:
    raise NotAnEnvelope(f"{name} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotAnEnvelope("a number is too large")
    return value


def _integer(text: str) -> int:
    if len(text) > 20:
        raise NotAnEnvelope("a number is too large")
    return int(text)


_decode = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_constant=_constant, parse_float=_number, parse_int=_integer
).decode


def _refuse_unstorable(value: Any) -> None:
    """Refuse NUL and lone surrogates, which only escapes can bring; both names and values are searched."""
    if isinstance(value, str):
        if "\0" in value:
            raise NotAnEnvelope("a string holds a NUL character")
        if _SURROGATE.search(value):
            raise NotAnEnvelope("a string holds half a surrogate pair")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner)


def _depth(body: bytes) -> int:
    """How deep the brackets nest, those inside strings left out."""
    deepest = depth = 0
    for part in _STRING.sub(b"", body):
        if part in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif part in b"]}":
            depth -= 1
    return deepest
