"""Event catalogue as Markdown: every inbound and every outgoing event type. `docs/events.md` is its output."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator

import click
from marshmallow import Schema, fields

from ..domain.outbox.event_types import OUTGOING
from ..domain.outbox.outgoing_type import Outgoing
from ..events.registry import EVENTS
from .root import hooks_group

_INTRODUCTION = """# Events

Written by `marketplace-hooks catalogue`; do not edit.

Both directions use [Standard Webhooks](https://www.standardwebhooks.com) 1.0.0, symmetric `v1`: the headers
`webhook-id`, `webhook-timestamp` and `webhook-signature`, signed over `id.timestamp.body`. Money is
`{"amount_cents": 9900, "currency": "EUR"}`; instants are RFC 3339 with a UTC offset; days are `YYYY-MM-DD`.

The JSON Schema and an example of every type, in both directions, are in the OpenAPI document: `/api/v1/openapi.json`,
readable as a page at `/api/v1/docs`. Each type has a version. It increases with any change that would break the other
side: a member is removed, changes its type, or may now be absent or null. New members, types and values
do not change it.
"""


@hooks_group.command("catalogue", with_appcontext=False)
def catalogue() -> None:
    """Print the catalogue of events, as Markdown."""
    click.echo(page(), nl=False)


def page() -> str:
    """The catalogue as one Markdown page."""
    return "\n".join([_INTRODUCTION, *_inbound(), *_outgoing()]) + "\n"


def _inbound() -> Iterator[str]:
    yield "## Events in: `POST /webhooks/<source>`"
    yield ""
    yield 'The body is `{"type", "timestamp", "data"}`. An event of any other type is stored and marked `ignored`.'
    for name, event in sorted(EVENTS.items()):
        yield f"\n### `{name}`\n"
        yield inspect.cleandoc(event.schema.__doc__ or "") + f"\n\nVersion {event.version}.\n"
        yield "| field | | value | |"
        yield "|---|---|---|---|"
        yield from _rows(event.schema)


def _rows(schema: Schema, prefix: str = "") -> Iterator[str]:
    for name, field in schema.fields.items():
        key = f"{prefix}{field.data_key or name}"
        inner = field.inner if isinstance(field, fields.List) else field
        many = " (a list)" if inner is not field else ""
        about = field.metadata.get("description", "")
        yield f"| `{key}` | {'required' if field.required else 'optional'} | {_kind(inner)}{many} | {about} |"
        if isinstance(inner, fields.Nested) and set(inner.schema.fields) != {"amount_cents", "currency"}:
            yield from _rows(inner.schema, f"{key}.")


def _kind(field: fields.Field[object]) -> str:
    """The kind of value that the field takes."""
    choices = getattr(field.validate, "choices", None)
    if choices is not None:
        return ", ".join(f"`{choice}`" for choice in choices)
    if isinstance(field, fields.Nested):
        return "money" if set(field.schema.fields) == {"amount_cents", "currency"} else "an object"
    kinds = {
        "Identifier": "an id",
        "Moment": "an instant",
        "Titles": "a text for each language",
        "TextOrTitles": "a text, or one for each language",
        "AttachedFiles": "a whole number, or a list of objects",
        "Integer": "a whole number",
        "Boolean": "true or false",
        "Dict": "an object",
        "Date": "a day",
    }
    return kinds.get(type(field).__name__, "text")


def _outgoing() -> Iterator[str]:
    yield "\n## Events out\n"
    yield "Delivered to every endpoint that subscribed to the type (`marketplace-hooks endpoints add URL --type …`)."
    yield 'The body is `{"id", "type", "timestamp", "sequence", "data"}`: `id` is the same for all retries, `sequence`'
    yield 'increases for each subject, and `data.caused_by` is `{"event_id", "actor", "reason"}`; for a decision by the'
    yield "marketplace it also has the `operator_id`, and if the platform acted for someone, `on_behalf_of`."
    for name, event in sorted(OUTGOING.items()):
        yield f"\n### `{name}`\n"
        yield f"{event.when}\n\nVersion {event.version}.{_exceptions(event)}\n"
        yield "```json"
        yield json.dumps(event.example, ensure_ascii=False, indent=2)
        yield "```"


def _exceptions(event: Outgoing) -> str:
    """Which members may be absent, and which null."""
    found = [("may be absent", event.optional), ("may be null", event.nullable)]
    return "".join(f" {', '.join(f'`{name}`' for name in names)} {what}." for what, names in found if names)
