"""Marshmallow fields and base schemas of the API: instants, days, money, localized texts, pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from ...domain.instants import format_instant
from ...domain.member_descriptions import about
from ...events import fields as inbound

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20

_F = TypeVar("_F", bound=fields.Field[Any])


class Rfc3339Instant(inbound.Moment):
    """RFC 3339: in with any offset, out in UTC."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return format_instant(value) if isinstance(value, datetime) else None


class Day(fields.Field[Any]):
    """`YYYY-MM-DD`, in years that have an end in every zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-03-02") else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 9000:
            raise ValidationError("Must be a day, such as 2026-03-02.")
        return day

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else None


class Number(fields.Float):
    """A number of JSON's own; a text of digits is none, nor is true."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class TextField(fields.String):
    """A text that a database can hold and a log can show: no control characters, at most `longest` characters."""

    def __init__(self, *, min_length: int = 1, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(min_length, max_length), _no_control_characters], **kwargs)


def _no_control_characters(text: str) -> None:
    if any((char < " " and char not in "\n\t") or char == "\x7f" for char in text):
        raise ValidationError("Must not contain control characters.")


def nullable(kind: Callable[..., _F], metadata: Mapping[str, Any], **options: Any) -> _F:
    """A member of an answer that is always there and may be null; its description says what null means."""
    return kind(required=True, allow_none=True, metadata=metadata, **options)


def optional(kind: Callable[..., _F], metadata: Mapping[str, Any], **options: Any) -> _F:
    """A member of a request that may be left out, which is the same as null."""
    return kind(load_default=None, allow_none=True, metadata=metadata, **options)


class ResponseSchema(Schema):
    """Base of responses. The document does not exclude members that are added later."""

    class Meta:
        unknown = EXCLUDE


class MoneySchema(ResponseSchema):
    """An amount in the currency's smallest unit."""

    amount_cents = fields.Integer(required=True, metadata=about("The amount in the currency's smallest unit.", 9900))
    currency = fields.String(required=True, metadata=about("ISO 4217", "EUR"))


class EnumField(fields.Enum[StrEnum]):
    """A member of an enumeration, by its value."""

    def __init__(self, enum: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(enum, by_value=fields.String, **kwargs)


class Price(fields.Nested):
    """The `price_cents` and `currency` of a row, as money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MoneySchema, attribute="price_cents", **kwargs)

    def _serialize(  # type: ignore[override] # the two signatures above it already differ in marshmallow
        self, nested_obj: Any, attr: Any, obj: Any, **kwargs: Any
    ) -> dict[str, Any]:
        return {"amount_cents": obj.price_cents, "currency": obj.currency}


def localized_text(description: str) -> fields.Dict:
    """A text for each language: `{"fr": "…", "en": "…"}`."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata=about(description, {"fr": "Relance de paniers", "en": "Cart reminder"}),
    )


class QuerySchema(Schema):
    """Base of query strings; unknown parameters, such as those of a campaign, are ignored."""

    class Meta:
        unknown = EXCLUDE


def one_of(members: Collection[StrEnum]) -> validate.OneOf:
    """Some members of an enumeration."""
    return validate.OneOf(list(members), error=f"Must be one of: {', '.join(members)}.")


class FilterQuerySchema(QuerySchema):
    """Filters of a list. A parameter that it does not have is refused: a mistyped filter would list everything."""

    class Meta:
        unknown = RAISE


class PagedQuerySchema(FilterQuerySchema):
    """One page of a list, with its filters."""

    cursor = TextField(
        max_length=600,
        metadata=about("`next_cursor` of the previous page; leave it out for the first page.", "eyJrIjoiMjAxMzMifQ"),
    )
    limit = fields.Integer(
        load_default=DEFAULT_PAGE_SIZE,
        validate=validate.Range(1, MAX_PAGE_SIZE),
        metadata=about("The maximum number of items.", 20),
    )


def next_cursor() -> fields.String:
    """The cursor of the next page."""
    return nullable(fields.String, about("null on the last page", "eyJrIjoiMjAxMzMifQ"))
