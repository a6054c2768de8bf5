"""Fields shared by the schemas of events, strict about money and instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..domain.instants import parse_instant
from ..domain.member_descriptions import about
from ..domain.support.attachments import (
    LARGEST_FILE,
    LONGEST_FILE_NAME,
    LONGEST_FILE_URL,
    LONGEST_MEDIA_TYPE,
    MOST_FILES,
    SHA256,
)
from ..domain.visible_text import is_blank

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours the clock of whoever posts an event may be (`deadlines.md`)."""


class EventDataSchema(Schema):
    """Root of every inbound schema: all errors at once, and fields we do not know are left alone."""

    class Meta:
        unknown = EXCLUDE


class Identifier(fields.String):
    """An id given by the marketplace: 1 to 100 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(1, 100), **kwargs)


class EventMoneySchema(EventDataSchema):
    """`{"amount_cents": 9900, "currency": "EUR"}`."""

    amount_cents = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, 2_000_000_000),
        metadata=about("The amount in the currency's smallest unit.", 9900),
    )
    currency = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Must be ISO 4217: EUR."),
        metadata=about("The currency, by ISO 4217.", "EUR"),
    )


class Moment(fields.Field[Any]):
    """RFC 3339 with its offset. A naive one says nothing, and is refused.

    It tells when something happened, and is no later than the event's receipt (`future_instants`), unless it
    `may_be_future`: something announced that takes effect then, and orders nothing before.
    """

    def __init__(self, *, may_be_future: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.may_be_future = may_be_future

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant = parse_instant(value)
        if instant is None:
            raise ValidationError("Must be an instant with its offset, such as 2026-03-02T10:00:00+01:00.")
        return instant


def version(*, required: bool = True) -> fields.Integer:
    """A counter that only grows."""
    return fields.Integer(
        required=required,
        strict=True,
        validate=validate.Range(1, 2**53),
        metadata=about("A counter that only grows: a lower one is older.", 4),
    )


_language = validate.Regexp(r"^[a-z]{2}(-[A-Za-z]{2,4})?\Z", error="Must be a language: fr.")


class TextByLanguage(fields.Dict):
    """`{"fr": "…", "en": "…"}`: a text for each language, at least one."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(
            keys=fields.String(validate=_language),
            values=fields.String(validate=[validate.Length(0, longest), *kwargs.pop("each", ())]),
            validate=validate.Length(min=1),
            **kwargs,
        )


def _refuse_blank(text: str) -> None:
    if is_blank(text):
        raise ValidationError("Must not be blank.")


class Titles(TextByLanguage):
    """`{"fr": "…", "en": "…"}`: a title for each language, at least one, and none blank."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=300, each=[_refuse_blank], **kwargs)


class TextOrTitles(fields.Field[Any]):
    """A text, or a text for each language."""

    _texts = TextByLanguage(longest=2_000)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and 0 < len(value) <= 2_000:
            return value
        if isinstance(value, dict):
            return self._texts.deserialize(value, attr, data, **kwargs)
        raise ValidationError("Must be a text, or a text for each language.")


class AttachedFileSchema(EventDataSchema):
    """One attached file, which stays where the marketplace keeps it."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_FILE_NAME),
        metadata=about("The name of the file.", "error.png"),
    )
    media_type = fields.String(
        validate=validate.Length(1, LONGEST_MEDIA_TYPE), metadata=about("Its media type.", "image/png")
    )
    size = fields.Integer(
        strict=True, validate=validate.Range(0, LARGEST_FILE), metadata=about("How many bytes it has.", 48210)
    )
    sha256 = fields.String(
        validate=validate.Regexp(SHA256, error="Must be the SHA-256 in hexadecimal digits."),
        metadata=about("The SHA-256 of the file.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    )
    url = fields.String(
        validate=validate.Length(1, LONGEST_FILE_URL), metadata=about("Where it is.", "https://files.example/error.png")
    )


class AttachedFiles(fields.Field[Any]):
    """How many files are attached: their number, or a list that describes each."""

    _number = fields.Integer(strict=True, validate=validate.Range(0, MOST_FILES))
    _list = fields.List(fields.Nested(AttachedFileSchema), validate=validate.Length(max=MOST_FILES))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            return self._list.deserialize(value, attr, data, **kwargs) or 0
        return self._number.deserialize(value, attr, data, **kwargs)


def future_instants(
    schema: Schema, data: Mapping[str, Any], received_at: datetime, path: str
) -> Iterator[dict[str, str]]:
    """An error for each instant of validated data that lies more than 5 minutes after the event's receipt.

    What comes later is ordered by these instants: one of the future would supersede every true one until it has come.
    """
    for name, field in schema.fields.items():
        value = data.get(field.attribute or name)
        field_path = f"{path}.{field.data_key or name}"
        if isinstance(field, fields.Nested) and isinstance(value, Mapping):
            yield from future_instants(field.schema, value, received_at, field_path)
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            for number, item in enumerate(value or ()):
                yield from future_instants(field.inner.schema, item, received_at, f"{field_path}.{number}")
        elif isinstance(field, Moment) and not field.may_be_future and value is not None:
            yield from future_instant(value, received_at, field_path)


def future_instant(instant: datetime, received_at: datetime, path: str) -> Iterator[dict[str, str]]:
    """The error of an instant that lies more than 5 minutes after the event's receipt; nothing for any other."""
    if instant > received_at + CLOCK_TOLERANCE:
        yield {"path": path, "message": "lies more than 5 minutes in the future"}


def every_error(messages: Any, path: str = "") -> list[dict[str, str]]:
    """marshmallow's nested messages as a list of paths (`data.listing.features.0`) with their messages."""
    if not isinstance(messages, dict):
        return [{"path": path, "message": str(message)} for message in messages]
    return [
        one
        for key, inner in messages.items()
        for one in every_error(inner, path if key == "_schema" else f"{path}.{key}".lstrip("."))
    ]
