"""Schemas in the OpenAPI document: each with the description that its docstring is, and patterns as JSON has them."""

from __future__ import annotations

import inspect
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import fields


class DescribedSchemas(MarshmallowPlugin):
    """apispec's plugin for marshmallow, which leaves docstrings out."""

    def schema_helper(  # type: ignore[override] # the two signatures above it already differ in apispec
        self, name: str, _: Any, schema: Any = None, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The schema as JSON Schema, with its docstring."""
        found: dict[str, Any] | None = super().schema_helper(  # type: ignore[no-untyped-call] # apispec types no part of it
            name, _, schema=schema, **kwargs
        )
        if found is None:
            return None
        return {"description": inspect.cleandoc(resolve_schema_instance(schema).__doc__ or ""), **found}

    def init_spec(self, spec: APISpec) -> None:
        """As apispec does it, with our own way of writing patterns."""
        super().init_spec(spec)
        self.converter.add_attribute_function(_portable_pattern)  # type: ignore[union-attr] # it is there from now on


def _portable_pattern(converter: OpenAPIConverter, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> Any:
    """The end of a text is `$` in the dialect of JSON Schema, which does not know Python's `\\Z`."""
    return {"pattern": ret["pattern"].replace(r"\Z", "$")} if "pattern" in ret else {}
