"""The API as a whole: an audience for every operation, a true document, and no effect on the app around it."""

from __future__ import annotations

import gzip
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_smorest
import marshmallow
import pytest
from flask import Flask, Response
from flask_smorest.blueprint import Blueprint

from marketplace_hooks.config.settings import PREFIX as SETTING
from marketplace_hooks.extension import MarketplaceHooks
from marketplace_hooks.web.api import document
from marketplace_hooks.web.api.error_codes import CODES
from marketplace_hooks.web.api.errors import UNKNOWN_ENDPOINT
from marketplace_hooks.web.identity.authorization import audience_of

from ...support.api_callers import PREFIX, Caller, problem_of
from ...support.apps import close_app
from ...support.marketplace import Marketplace

TAKE = "/webhooks/{source}"
"""Events are told apart by their ids, and take no key."""
REPORT = "/inspections/{check_id}/report"
"""A report is taken once, and has no caller whose key it could be."""
OURS = ("mh_api.", "mh_health.")
SIGNED = {"mh_api.post_companion_report"}
"""Calls whose sender is authenticated by a signature over the body, not by a token."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Flask]:
    """A host app with an API, error handlers and commands of its own, and ours below /addons."""
    app = Flask("host")
    app.config.update(
        {
            "API_TITLE": "Host",
            "API_VERSION": "7",
            "OPENAPI_VERSION": "3.0.3",
            "OPENAPI_URL_PREFIX": "/docs",
            f"{SETTING}INSTANCE": str(tmp_path),
            f"{SETTING}URL_PREFIX": "/addons",
        }
    )

    @app.cli.command("openapi")
    def openapi() -> None:
        """The host's own command of this name."""

    commands = dict(app.cli.commands)
    MarketplaceHooks(app)
    assert app.cli.commands.items() >= commands.items()
    app.register_error_handler(404, lambda error: ("the host's 404", 404))
    app.register_error_handler(500, lambda error: ("the host's 500", 500))
    api = flask_smorest.Api(app)
    blueprint = Blueprint("things", "things", url_prefix="/things")

    @blueprint.route("/<int:number>")
    def thing(number: int) -> Response:
        if number == 0:
            flask_smorest.abort(409, message="none")
        return Response("a thing")

    api.register_blueprint(blueprint)
    yield app
    close_app(app)


def our_rules(app: Flask) -> list[Any]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(OURS)]


def test_every_call_of_ours_says_for_whom_it_is(marketplace: Marketplace) -> None:
    rules = our_rules(marketplace.app)
    silent = [rule.rule for rule in rules if audience_of(marketplace.app.view_functions[rule.endpoint]) is None]
    assert (silent, len(rules) > 15) == ([], True)


def test_a_call_that_does_not_say_for_whom_it_is_lets_nobody_in(
    marketplace: Marketplace, operator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = marketplace.app.view_functions
    monkeypatch.setitem(views, "mh_api.list_products", lambda: Response("open to all?"))
    assert problem_of(operator.get("/products")) == (403, "forbidden")


def test_whatever_changes_something_is_for_somebody(marketplace: Marketplace) -> None:
    for rule in our_rules(marketplace.app):
        if not rule.methods <= {"GET", "HEAD", "OPTIONS"} and rule.endpoint not in {*SIGNED, UNKNOWN_ENDPOINT}:
            stated = audience_of(marketplace.app.view_functions[rule.endpoint])
            assert stated is not None, rule.rule
            assert stated.roles, rule.rule


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_whole(public: Caller) -> None:
    answer = public.get("/openapi.json")
    content = answer.get_json()
    assert content["openapi"].startswith("3.1.")
    for reference in references(content):
        node = content
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    operations = [
        (path, method, described)
        for path, methods in content["paths"].items()
        for method, described in methods.items()
        if method != "parameters"
    ]
    assert len({described["operationId"] for _, _, described in operations}) == len(operations)
    named = {tag["name"] for tag in content["tags"]}
    for path, method, described in operations:
        assert described["summary"], path
        assert set(described["tags"]) <= named, path
        declared = {one["name"] for one in content["paths"][path].get("parameters", []) if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
        keys = [one["$ref"] for one in described.get("parameters", []) if "$ref" in one]
        takes_key = method == "post" and not path.endswith((TAKE, REPORT))
        assert ("#/components/parameters/IdempotencyKey" in keys) is takes_key, path


def code_names(function: Any, seen: set[Any]) -> set[str]:
    """Every name that a view uses, by itself or through what it calls in the modules of the API."""
    names: set[str] = set()
    codes = [function.__code__]
    for code in codes:
        names |= set(code.co_names)
        codes += [const for const in code.co_consts if inspect.iscode(const)]
    called = [function.__globals__.get(name) for name in names]
    called += [cell.cell_contents for cell in function.__closure__ or ()]
    for one in called:
        if inspect.isfunction(one) and one.__module__.startswith("marketplace_hooks.web.api") and one not in seen:
            names |= code_names(one, seen | {one})
    return names


def test_every_post_is_carried_out_once_under_its_key(marketplace: Marketplace) -> None:
    """The document says so of each: whoever adds one answers by `respond_once`, or by what prepares first."""
    posts = {
        rule.endpoint
        for rule in our_rules(marketplace.app)
        if rule.endpoint.startswith("mh_api.") and "POST" in (rule.methods or set())
    }
    posts -= SIGNED | {"mh_api.unknown"}
    assert len(posts) > 20
    once = {"respond_once", "respond_prepared_once"}
    views = {endpoint: inspect.unwrap(marketplace.app.view_functions[endpoint]) for endpoint in posts}
    forgetful = {endpoint for endpoint, view in views.items() if not once & code_names(view, set())}
    assert forgetful == set()


def test_the_document_names_every_call_and_nothing_else(marketplace: Marketplace, public: Caller) -> None:
    written = {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", path))
        for path, methods in public.get("/openapi.json").get_json()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    undocumented = {"show_document", "show_pages", "show_file", "unknown"}
    served = {
        (method, rule.rule)
        for rule in our_rules(marketplace.app)
        if rule.endpoint.startswith("mh_api.") and rule.endpoint.removeprefix("mh_api.") not in undocumented
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert written == {*served, ("POST", "/webhooks/<source>")}


def test_the_document_is_asked_for_again_only_when_it_has_changed(public: Caller) -> None:
    etag = public.get("/openapi.json").headers["ETag"]
    assert public.get("/openapi.json", headers={"If-None-Match": etag}).status_code == 304


def test_the_page_fetches_nothing_from_elsewhere_and_runs_no_script(public: Caller) -> None:
    page = public.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["style-src"], policy.get("script-src")) == ("'none'", "'self'", None)
    assert not re.findall(r"<script|\son\w+=|style=", page.text)
    fetched = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert fetched == ["docs/pages.css", "docs/docs.css"]
    for name in fetched:
        style = public.get(f"/{name}")
        assert (style.status_code, style.mimetype) == (200, "text/css")
    assert public.get("/docs", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_the_page_is_light_and_shows_every_operation_event_schema_and_code(public: Caller) -> None:
    content = public.get("/openapi.json").get_json()
    page = public.get("/docs").text
    assert len(page) < 600_000
    assert len(gzip.compress(page.encode())) < 60_000
    for path, methods in content["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                assert f'<article id="{operation["operationId"]}">' in page, path
                assert f'<span class="method {method}">{method.upper()}</span> <code>{path}</code>' in page
    anchors = set(re.findall(r' id="([^"]+)"', page))
    assert {f"on_{name.replace('.', '_')}" for name in content["webhooks"]} <= anchors
    assert {f"schema-{name}" for name in content["components"]["schemas"]} <= anchors
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    assert len(re.findall(r' id="', page)) == len(anchors)
    assert all(f"<code>{code}</code>" in page for codes in CODES.values() for code in codes)


def test_the_pages_serve_their_own_files_alone(public: Caller) -> None:
    for name in ("README.md", "..%2f..%2fpages.css", "docs.html", "nothing.js", "%2e%2e"):
        assert problem_of(public.get(f"/docs/{name}")) == (404, "not_found"), name


def test_another_method_is_told_which_there_are(public: Caller) -> None:
    for method, path, allowed in (
        ("PUT", "/products", "GET, HEAD, OPTIONS"),
        ("POST", "/products/mod-1", "GET, HEAD, OPTIONS"),
        ("GET", "/products/mod-1/status", "POST, OPTIONS"),
        ("POST", "/products/mod-1/status/scheduled", "DELETE, OPTIONS"),
        ("PROPFIND", "/events/evt_1/replay", "POST, OPTIONS"),
        ("DELETE", "/docs", "GET, HEAD, OPTIONS"),
    ):
        refused = public.call(method, path)
        assert problem_of(refused) == (405, "method_not_allowed")
        assert refused.headers["Allow"] == allowed
        asked = public.call("OPTIONS", path)
        assert (asked.status_code, asked.headers["Allow"], asked.data) == (204, allowed, b"")


def test_an_unknown_path_is_a_problem_document_by_whatever_method(public: Caller) -> None:
    for path in ("", "/", "/nothing", "/products/", "/products/a/b/c", "/../x"):
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PROPFIND"):
            refused = public.call(method, path)
            assert (refused.status_code, refused.content_type) == (404, "application/problem+json"), (method, path)


def test_a_host_keeps_its_own_api_errors_and_commands(host: Flask) -> None:
    client = host.test_client()
    assert client.get("/things/1").text == "a thing"
    assert client.get("/nowhere").text == "the host's 404"
    assert client.get("/things/0").get_json() == {"code": 409, "status": "Conflict", "message": "none"}
    assert client.post("/things/1").get_json()["code"] == 405
    assert "/things/{number}" in client.get("/docs/openapi.json").get_json()["paths"]
    assert not any("addons" in path for path in client.get("/docs/openapi.json").get_json()["paths"])


def test_ours_answers_below_the_hosts_prefix_in_its_own_way(host: Flask) -> None:
    client = host.test_client()
    assert problem_of(client.get(f"/addons{PREFIX}/nothing")) == (404, "not_found")
    assert problem_of(client.put(f"/addons{PREFIX}/products")) == (405, "method_not_allowed")
    assert problem_of(client.get(f"/addons{PREFIX}/products")) == (503, "unavailable")  # there are no tables.
    big = client.post(f"/addons{PREFIX}/products/x/status", data=b"x")
    assert problem_of(big) == (401, "not_signed_in")
    assert all(path.startswith((f"/addons{PREFIX}/", "/addons/webhooks/")) for path in document(host)["paths"])
    assert client.get("/addons/healthz").status_code == 200


def test_two_apps_in_one_process_document_the_same_api(host: Flask, marketplace: Marketplace) -> None:
    ours = document(marketplace.app)
    below = document(host)
    assert json.dumps(below).replace("/addons/", "/") == json.dumps(ours)


def test_nothing_of_marshmallow_is_changed_for_the_host(host: Flask) -> None:
    class Ours(marshmallow.Schema):
        name = marshmallow.fields.String()

    with pytest.raises(marshmallow.ValidationError):
        Ours().load({"other": 1})
