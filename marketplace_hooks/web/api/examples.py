"""Examples of the OpenAPI document: composed from the examples of members, which stand where these are declared.

A property that is an object or a list gets the example that its own members make, and so does every parameter, body
and answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .responses import JSON

_SCHEMAS = "#/components/schemas/"
_BY_FORMAT = {"date-time": "2026-11-24T09:12:00Z", "date": "2026-11-23"}
_BY_TYPE = {"boolean": True, "string": "text", "integer": 1, "number": 1.0}


def add_examples(document: dict[str, Any]) -> None:
    """Give every property, parameter and JSON body of the document an example, in place."""
    components = document["components"]
    schemas = components["schemas"]
    for schema in schemas.values():
        for part in properties_of(schema):
            if "examples" not in part:
                part["examples"] = [example_of(part, schemas)]
    components["examples"] = {name: {"value": example_of(schema, schemas)} for name, schema in schemas.items()}
    for path in document["paths"].values():
        for parameter in _parameters(path):
            parameter.setdefault("example", example_of(parameter["schema"], schemas))
        for content in _contents(path):
            _add_to_content(content, schemas)
    for response in components["responses"].values():
        for content in response.get("content", {}).values():
            _add_to_content(content, schemas)


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example of what the schema allows: its own, or one composed from those of its members."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(_SCHEMAS)], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example_of(schema[word][0], schemas)
    type_ = schema.get("type")
    type_ = type_[0] if isinstance(type_, list) else type_
    if type_ == "array":
        return [example_of(schema.get("items", {}), schemas)]
    if type_ == "object" or "properties" in schema:
        return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    return _BY_FORMAT.get(schema.get("format", "")) or _BY_TYPE.get(type_ or "", {})


def properties_of(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every property of the schema, and those of the objects inside it."""
    for part in schema.get("properties", {}).values():
        yield part
        yield from properties_of(part)
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from properties_of(schema[word])
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, ()):
            yield from properties_of(part)


def _parameters(path: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for method, operation in path.items():
        found = operation if method == "parameters" else operation.get("parameters", ())
        yield from (parameter for parameter in found if "$ref" not in parameter)


def _contents(path: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What bodies and answers of a path are, by media type; only JSON is described by a schema."""
    for method, operation in path.items():
        if method != "parameters":
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            yield from (body["content"][JSON] for body in bodies if JSON in body.get("content", {}))


def _add_to_content(content: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    schema = content.get("schema", {})
    if "example" in content or "examples" in content:
        return
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        content["examples"] = {"example": {"$ref": f"#/components/examples/{name}"}}
    else:
        content["example"] = example_of(schema, schemas)
