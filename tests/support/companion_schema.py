"""The companion's report as JSON Schema, from the code that checks it. `python -m …` writes the published file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apispec.ext.marshmallow.openapi import OpenAPIConverter

import marketplace_hooks
from marketplace_hooks.remote.companion_format import ReportSchema

PUBLISHED = Path(marketplace_hooks.__file__).parent / "data" / "companion-report.schema.json"


def schema_from_code() -> dict[str, Any]:
    """The schema, with every part written out where it stands."""
    converter = OpenAPIConverter("3.1.0", schema_name_resolver=lambda schema: None, spec=None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A companion module's report on its shop",
        "description": "Signed with HMAC-SHA256 over the raw body, in the header Companion-Signature.",
        **converter.schema2jsonschema(ReportSchema()),
    }


if __name__ == "__main__":
    PUBLISHED.write_text(json.dumps(schema_from_code(), indent=2) + "\n", encoding="utf-8")
