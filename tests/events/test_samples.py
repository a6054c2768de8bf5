"""Every inbound type has a sample, which its schema accepts."""

from __future__ import annotations

import json

import pytest

import marketplace_hooks.events  # noqa: F401  # its import registers every inbound type.
from marketplace_hooks.events.envelope import parse_envelope
from marketplace_hooks.events.registry import EVENTS

from ..support.marketplace import PAYLOADS, sample

SAMPLED = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def test_every_type_has_a_sample_and_every_sample_a_type() -> None:
    assert sorted(EVENTS) == SAMPLED


@pytest.mark.parametrize("type_", SAMPLED)
def test_the_inbox_takes_the_sample_for_what_its_name_says(type_: str) -> None:
    envelope = parse_envelope((PAYLOADS / f"{type_}.json").read_bytes())
    assert envelope.type == type_


@pytest.mark.parametrize("type_", SAMPLED)
def test_the_schema_accepts_the_sample(type_: str) -> None:
    assert EVENTS[type_].schema.validate(sample(type_)["data"]) == {}


@pytest.mark.parametrize("type_", SAMPLED)
def test_the_sample_shows_every_field_that_must_be_there(type_: str) -> None:
    schema = EVENTS[type_].schema
    data = sample(type_)["data"]
    required = {field.data_key or name for name, field in schema.fields.items() if field.required}
    assert required <= data.keys()
    for name in required:
        incomplete = {key: value for key, value in data.items() if key != name}
        assert schema.validate(json.loads(json.dumps(incomplete))) != {}, f"{name} may be left out"
