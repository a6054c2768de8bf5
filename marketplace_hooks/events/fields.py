"""Fields shared by the schemas of events, strict about money and instants."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..domain.instants import parse_instant


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

    amount_cents = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2_000_000_000))
    currency = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Must be ISO 4217: EUR."))


class Moment(fields.Field[Any]):
    """RFC 3339 with its offset. A naive one says nothing, and is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant = parse_instant(value)
        if instant is None:
            raise ValidationError("Must be an instant with its offset, such as 2026-03-02T10:00:00+01:00.")
        return instant


def version(*, required: bool = True) -> fields.Integer:
    """A counter that only grows."""
    return fields.Integer(required=required, strict=True, validate=validate.Range(1, 2**53))


_language = validate.Regexp(r"^[a-z]{2}(-[A-Za-z]{2,4})?\Z", error="Must be a language: fr.")


class Titles(fields.Dict):
    """`{"fr": "…", "en": "…"}`: a text for each language, at least one."""

    def __init__(self, longest: int = 300, **kwargs: Any) -> None:
        super().__init__(
            keys=fields.String(validate=_language),
            values=fields.String(validate=validate.Length(0, longest)),
            validate=validate.Length(min=1),
            **kwargs,
        )


class TextOrTitles(fields.Field[Any]):
    """A text, or a text for each language."""

    _titles = Titles(longest=2_000)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and 0 < len(value) <= 2_000:
            return value
        if isinstance(value, dict):
            return self._titles.deserialize(value, attr, data, **kwargs)
        raise ValidationError("Must be a text, or a text for each language.")


def every_error(messages: Any, path: str = "") -> list[dict[str, str]]:
    """marshmallow's nested messages as a list of paths (`data.listing.features.0`) with their messages."""
    if not isinstance(messages, dict):
        return [{"path": path, "message": str(message)} for message in messages]
    return [
        one
        for key, inner in messages.items()
        for one in every_error(inner, path if key == "_schema" else f"{path}.{key}".lstrip("."))
    ]
