"""The OpenAPI document: valid, whole, with examples that are true, and right wherever it is read."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from marketplace_hooks.domain.outbox.event_types import OUTGOING
from marketplace_hooks.events.envelope import parse_envelope
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.web.api import document
from marketplace_hooks.web.api.error_codes import CODES
from marketplace_hooks.web.api.examples import properties_of
from marketplace_hooks.web.api.openapi import describe_api

from ...contracts.test_glossary import rows
from ...contracts.test_wording import words
from ...support.api_callers import PREFIX, Caller
from ...support.marketplace import Marketplace

PLAIN = {"string", "integer", "number"}
TAKE = "/webhooks/{source}"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The document is the same on every database."""
    return sqlite_url


@pytest.fixture
def content(marketplace: Marketplace) -> dict[str, Any]:
    return document(marketplace.app)


def operations(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in itertools.chain(content["paths"].items(), content["webhooks"].items()):
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method} {path}", operation


def parameters(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in content["paths"].items():
        for method, operation in methods.items():
            for one in operation if method == "parameters" else operation.get("parameters", ()):
                if "$ref" not in one:
                    yield f"{method} {path} {one['name']}", one


def descriptions(part: Any) -> Iterator[str]:
    """Every description and summary, without what is code in it."""
    if isinstance(part, list):
        for one in part:
            yield from descriptions(one)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in ("description", "summary") and isinstance(value, str):
                yield re.sub(r"`[^`]*`|\w+\.\w+", "", value)
            elif name not in ("example", "examples"):
                yield from descriptions(value)


def test_no_description_says_a_word_that_pages_never_say(content: dict[str, Any]) -> None:
    never = [word for row in rows("Words of the pages") for word in words(row[2])]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, never))})(?!\w)", re.IGNORECASE)
    found = list(descriptions(content))
    assert len(found) > 1_000
    assert [text for text in found if pattern.search(text)] == []


def test_an_independent_validator_finds_nothing_wrong_with_it(public: Caller) -> None:
    validate(public.get("/openapi.json").get_json())


def test_every_operation_property_and_parameter_has_a_description_and_an_example(content: dict[str, Any]) -> None:
    silent = [name for name, operation in operations(content) if not operation.get("description")]
    for name, operation in operations(content):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        typed = [
            body["content"]["application/json"] for body in bodies if "application/json" in body.get("content", {})
        ]
        silent += [name for one in typed if not {"example", "examples"} & one.keys()]
    for name, schema in content["components"]["schemas"].items():
        silent += [name] if not schema.get("description") and name != "EventAccepted" else []
        silent += [f"{name}: {one}" for one in properties_of(schema) if not {"description", "examples"} <= one.keys()]
    shared = content["components"]["parameters"].items()
    silent += [
        name for name, one in (*parameters(content), *shared) if not one.get("description") or "example" not in one
    ]
    assert silent == []


def test_the_example_of_a_text_or_a_number_is_written_where_the_member_is_declared() -> None:
    schemas = describe_api(title="API", url_prefix="", path=PREFIX)["components"]["schemas"]
    assert len(schemas) > 50
    left_out = []
    for name, schema in schemas.items():
        for member, part in schema.get("properties", {}).items():
            type_ = part.get("type")
            types = {type_} if isinstance(type_, str) else set(type_ or ())
            follows = {"enum", "format", "const", "$ref", "anyOf"} & part.keys()
            if types & PLAIN and not follows and "examples" not in part:
                left_out.append(f"{name}.{member}")
    assert left_out == []


def test_every_example_is_what_its_schema_allows(content: dict[str, Any]) -> None:
    components = content["components"]
    for name, schema in components["schemas"].items():
        whole = {"components": {"schemas": components["schemas"]}, **schema}
        errors = jsonschema_rs.validator_for(whole).iter_errors(components["examples"][name]["value"])
        assert [f"{error.instance_path}: {error.message}" for error in errors] == [], name


def test_every_outgoing_type_is_a_webhook_with_a_schema_an_example_and_a_version(content: dict[str, Any]) -> None:
    assert content["webhooks"].keys() == OUTGOING.keys()
    for name, path in content["webhooks"].items():
        body = path["post"]["requestBody"]["content"]["application/json"]
        jsonschema_rs.validator_for(body["schema"]).validate(body["example"])
        assert body["example"]["type"] == name
        assert path["post"]["x-version"] == OUTGOING[name].version
        members = list(properties_of(body["schema"]))
        assert all(one.get("description") for one in members), name


def test_every_inbound_type_has_a_schema_a_version_and_an_example_that_is_accepted(content: dict[str, Any]) -> None:
    body = content["paths"][TAKE]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"].keys() == body["schema"]["discriminator"]["mapping"].keys() == EVENTS.keys()
    for name, reference in body["examples"].items():
        component = reference["$ref"].rsplit("/", 1)[1]
        example = content["components"]["examples"][component]["value"]
        assert content["components"]["schemas"][component]["x-version"] == EVENTS[name].version
        envelope = parse_envelope(json.dumps(example).encode())
        assert EVENTS[name].schema.validate(envelope.data) == {}, name


def test_an_event_as_the_document_shows_it_is_taken(marketplace: Marketplace, content: dict[str, Any]) -> None:
    example = content["components"]["examples"]["SellerUpsertedEvent"]["value"]
    now = datetime.now(UTC)
    taken = marketplace.post(json.dumps({**example, "timestamp": now.isoformat()}).encode(), at=now)
    assert (taken.status_code, taken.get_json()["duplicate"]) == (202, False)


def test_the_codes_of_a_refusal_stand_with_its_status(content: dict[str, Any]) -> None:
    responses = content["components"]["responses"]
    for status, name in (
        (404, "NOT_FOUND"),
        (409, "CONFLICT"),
        (422, "UNPROCESSABLE_ENTITY"),
        (429, "TOO_MANY_REQUESTS"),
    ):
        for code in CODES[status]:
            assert f"`{code}`" in responses[name]["description"]


@pytest.mark.parametrize("prefix", ["", "/shop"])
@pytest.mark.parametrize("mounted", [True, False], ids=["mounted", "stripped"])
def test_an_operation_is_found_by_the_server_of_the_document_behind_a_prefix(
    make_marketplace: Any, prefix: str, mounted: bool
) -> None:
    opened = make_marketplace(PUBLIC_URL=f"https://market.example{prefix}", URL_PREFIX="/addons")
    client = opened.app.test_client()
    environ = {"SCRIPT_NAME": prefix} if mounted else {}
    read = client.get(f"/addons{PREFIX}/openapi.json", environ_overrides=environ)
    outside = f"https://market.example{prefix}"
    servers = [
        urljoin(f"{outside}/addons{PREFIX}/openapi.json", one["url"]).rstrip("/") for one in read.get_json()["servers"]
    ]
    assert servers == [outside, outside]
    assert f"/addons{PREFIX}/products" in read.get_json()["paths"]
