"""Outgoing events of the tests: what is published holds to the schema of its type, and has no member that it hides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from sqlalchemy import select

from marketplace_hooks.domain.outbox.event_schemas import body_schema
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.services.outbox.dispatcher import render

from .marketplace import Marketplace

MOST = 500


@cache
def validator(type_: str) -> Any:
    """The validator of one type, which knows no other members than the schema names."""
    schema = body_schema(type_)
    schema["properties"]["data"]["additionalProperties"] = False
    return jsonschema_rs.validator_for(schema)


def broken_events(marketplace: Marketplace) -> Iterator[str]:
    """What the published events break of the schemas of their types."""
    with marketplace.runtime.database.read_session() as session:
        published = [(event.type, render(event)) for event in session.scalars(select(OutgoingEvent).limit(MOST)).all()]
    for type_, body in published:
        for error in validator(type_).iter_errors(json.loads(body)):
            yield f"{type_} {list(error.instance_path)}: {error.message}"
