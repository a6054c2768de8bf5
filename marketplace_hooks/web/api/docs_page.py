"""Page of the API: the OpenAPI document as HTML, written on the server. It needs no script and fetches nothing.

Each schema stands once; operations and other schemas link to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import render_template
from markupsafe import Markup, escape

from .error_codes import CODES
from .responses import JSON

_CODE = re.compile(r"`([^`]+)`")
_COMPONENT = "#/components/"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One member of a schema. `link` is the schema that it is, or is a list of."""

    name: str
    kind: str
    link: str | None
    required: bool
    description: str
    example: str


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is sent or answered: one component or several, or the rows of a schema of its own with an example."""

    link: str | None
    rows: Sequence[Row]
    example: str
    links: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One status of an operation, and what is answered with it."""

    status: str
    description: str
    body: Body | None

    @property
    def has_codes(self) -> bool:
        """Whether the page lists the error codes of this status."""
        return self.status.isdecimal() and int(self.status) in CODES


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation, or one outgoing event, which is a request as well."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    roles: Sequence[str]
    parameters: Sequence[Row]
    request: Body | None
    answers: Sequence[Answer]


def render_page(document: Mapping[str, Any], *, has_style_sheet: bool) -> str:
    """The page that shows the document; `has_style_sheet`: with the marketplace's own colours."""
    examples = document["components"]["examples"]
    return render_template(
        "marketplace_hooks/api/docs.html",
        info=document["info"],
        has_style_sheet=has_style_sheet,
        tags=[(tag, list(_operations(document, tag["name"]))) for tag in document["tags"]],
        schemas=[
            (name, schema.get("description", ""), list(_rows(schema)), _as_json(examples[name]["value"]))
            for name, schema in sorted(document["components"]["schemas"].items())
        ],
        codes=[(status, HTTPStatus(status).phrase, codes) for status, codes in CODES.items()],
        in_line=in_line,
        with_code=with_code,
    )


def in_line(text: str) -> Markup:
    """A text of the document as HTML: what stands in backquotes is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def with_code(text: str) -> Markup:
    """Such a text as paragraphs, each of which a blank line begins."""
    return Markup("").join(Markup("<p>{}</p>").format(in_line(part)) for part in text.split("\n\n"))


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters" and tag in operation["tags"]:
                yield _operation(document, method, path, operation, methods.get("parameters", ()))
    for name, methods in document["webhooks"].items():
        if tag in methods["post"]["tags"]:
            yield _outgoing(name, methods["post"])


def _outgoing(name: str, operation: Mapping[str, Any]) -> Operation:
    """An outgoing event, by its data alone: the rest is alike in all of them."""
    described = operation["requestBody"]["content"][JSON]
    data = described["schema"]["properties"]["data"]
    members = [row for row in _rows(data) if not row.name.startswith("caused_by.")]
    return Operation(
        id=operation["operationId"],
        method="POST",
        path=name,
        summary="",
        description=operation["description"],
        roles=(),
        parameters=(),
        request=Body(link=None, rows=members, example=_as_json(described["example"])),
        answers=(),
    )


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any], shared: Sequence[Any]
) -> Operation:
    parameters = [_resolve(document, one) for one in (*shared, *operation.get("parameters", ()))]
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        roles=operation.get("x-roles", ()),
        parameters=[_parameter(one) for one in parameters],
        request=_body(content),
        answers=[_answer(document, status, one) for status, one in sorted(operation["responses"].items())],
    )


def _answer(document: Mapping[str, Any], status: str, response: Mapping[str, Any]) -> Answer:
    response = _resolve(document, response)
    description = response["description"].partition("\n\n- ")[0]
    return Answer(status=status, description=description, body=_body(response.get("content", {})))


def _body(content: Mapping[str, Any]) -> Body | None:
    if JSON not in content:
        return None
    described = content[JSON]
    link = _link(described["schema"])
    if link is not None:
        return Body(link=link, rows=(), example="")
    if "examples" in described:  # one of several schemas, each with an example of its own.
        names = [one["$ref"].rsplit("/", 1)[1] for one in described["examples"].values()]
        return Body(link=None, links=names, rows=(), example="")
    return Body(link=None, rows=list(_rows(described["schema"])), example=_as_json(described["example"]))


def _parameter(parameter: Mapping[str, Any]) -> Row:
    schema = parameter["schema"]
    return Row(
        name=parameter["name"],
        kind=f"{_kind(schema)}, {parameter['in']}",
        link=None,
        required=parameter.get("required", False),
        description=parameter["description"],
        example=_as_json(parameter.get("example", "")),
    )


def _rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    for name, member in schema.get("properties", {}).items():
        yield Row(
            name=f"{prefix}{name}",
            kind=_kind(member),
            link=_link(member),
            required=name in schema.get("required", ()),
            description=member.get("description", ""),
            example="",
        )
        yield from _rows(member, f"{prefix}{name}.")


def _kind(schema: Mapping[str, Any]) -> str:
    """The type in words, with the values or the format where it has some."""
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    type_ = schema.get("type")
    words = [type_] if isinstance(type_, str) else list(type_ or ())
    if "anyOf" in schema:
        words = [one["type"] for one in schema["anyOf"] if "type" in one]
    detail = f" ({schema['format']})" if "format" in schema else ""
    return " or ".join(words) + detail


def _link(schema: Mapping[str, Any]) -> str | None:
    """The component that the schema is, may be, or is a list of."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    inner = [schema["items"]] if "items" in schema else schema.get("anyOf", [])
    return next((found for one in inner if (found := _link(one))), None)


def _resolve(document: Mapping[str, Any], part: Mapping[str, Any]) -> Any:
    if "$ref" not in part:
        return part
    kind, name = part["$ref"].removeprefix(_COMPONENT).split("/")
    return document["components"][kind][name]


def _as_json(value: Any) -> Markup:
    """An example as HTML. Quotation marks stay as they are: escaped, they are a tenth of the page."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) >= 60:
        text = json.dumps(value, ensure_ascii=False, indent=1)
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704 - escaped here
