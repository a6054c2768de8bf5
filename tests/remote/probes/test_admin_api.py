"""The Admin API lists every module, page by page, for a client that may read modules and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.server import ApiClient, FakeShop, Module
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.remote.http.client import OutboundClient
from marketplace_hooks.remote.probes.admin_api import PAGE
from tests.support.hostile_server import Conversation, HostileServer, reply

from .conftest import CLIENT, Open, probe_shop

JSON = ("Content-Type", "application/json")


def many(count: int) -> list[Module]:
    return [Module(name=f"module{number}") for number in range(count)]


def read(site: FakeShop, outbound: OutboundClient, module: str | None = None) -> Sequence[Finding]:
    return probe_shop("admin_api", site, outbound, credentials=CLIENT, module=module)


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7])
def test_every_module_is_read_to_the_last_page(open_shop: Open, outbound: OutboundClient, count: int) -> None:
    site = open_shop(version="9.1.4", modules=many(count))
    site_facts = merge_findings(read(site, outbound))
    assert len(site_facts.module_names) == count
    assert site_facts.whole_list is not None
    assert site_facts.whole_list.strength is Strength.VERIFIED
    assert all(site_facts.module(name).installed for name in site_facts.module_names)


def test_a_module_is_told_with_both_its_versions(open_shop: Open, outbound: OutboundClient) -> None:
    modules = [
        Module(name="correoargentino", version="1.3.8", database_version="1.2.6"),
        Module(name="ps_accounts", version="4.0-beta.7"),
        Module(name="gsitemap", enabled=False),
    ]
    findings = read(open_shop(version="9.1.4", modules=modules), outbound)
    site_facts = merge_findings(findings)
    unfinished = site_facts.module("correoargentino")
    assert (unfinished.installed, unfinished.enabled, unfinished.version, unfinished.has_unfinished_upgrade) == (
        True,
        True,
        "1.3.8",
        True,
    )
    assert [one.note for one in findings if one.note] == [Note.UNFINISHED_UPGRADE]
    assert not site_facts.module("ps_accounts").has_unfinished_upgrade
    assert site_facts.module("gsitemap").enabled is False


@pytest.mark.parametrize(("version", "folder"), [("9.0.0", "module"), ("9.1.4", "modules")])
def test_a_module_on_the_disk_that_is_not_installed_is_found_at_either_address(
    open_shop: Open, outbound: OutboundClient, version: str, folder: str
) -> None:
    site = open_shop(version=version, modules=[Module(name="shipping", version="2.1.0", installed=False)])
    state = merge_findings(read(site, outbound, "shipping")).module("shipping")
    assert (state.installed, state.version) == (False, "2.1.0")
    assert state.facts["on_disk"].value is True
    assert site.requests[-1].path == f"/admin-api/{folder}/shipping"


def test_a_module_that_neither_address_knows_is_not_there(open_shop: Open, outbound: OutboundClient) -> None:
    state = merge_findings(read(open_shop(version="9.1.4"), outbound, "shipping")).module("shipping")
    assert (state.installed, state.enabled) == (False, False)
    assert state.facts["on_disk"].value is False


def test_the_single_read_is_not_made_for_a_module_of_the_list(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(version="9.1.4", modules=[Module(name="shipping")])
    read(site, outbound, "Shipping")
    assert [request.path for request in site.requests] == [
        "/admin-api/access_token",
        "/admin-api/api-clients/infos",
        "/admin-api/modules",
    ]


def test_a_shop_with_more_modules_than_we_may_read_leaves_absence_unknown(
    open_shop: Open, outbound: OutboundClient
) -> None:
    site = open_shop(version="9.1.4", modules=many(12 * PAGE))
    findings = read(site, outbound)
    site_facts = merge_findings(findings)
    assert len(site.requests) == 12
    assert site_facts.whole_list is None
    assert site_facts.module("shipping").installed is None
    assert findings[-1].note is Note.LIST_INCOMPLETE


@pytest.mark.parametrize(
    ("scopes", "notes"),
    [
        (["module_read"], []),
        (["module_read", "module_write"], [Note.CLIENT_CAN_WRITE]),
        (["module_read", "hook_read"], [Note.CLIENT_READS_MORE]),
    ],
)
def test_a_client_that_could_do_more_is_accepted_with_a_warning(
    open_shop: Open, outbound: OutboundClient, scopes: list[str], notes: list[Note]
) -> None:
    site_facts = merge_findings(read(open_shop(version="9.1.4", api_clients=[ApiClient(scopes=scopes)]), outbound))
    assert site_facts.whole_list is not None
    assert [warning.note for warning in site_facts.warnings] == notes


def test_only_the_one_scope_is_asked_for_and_the_secret_stands_in_no_address(
    open_shop: Open, outbound: OutboundClient
) -> None:
    site = open_shop(version="9.1.4")
    read(site, outbound)
    token = site.requests[0]
    assert dict(token.form)["scope[]"] == "module_read"
    assert all("demo-secret" not in request.target for request in site.requests)
    assert all(b"demo-secret" not in request.body for request in site.requests[1:])


def playing(answers: dict[str, bytes]) -> Callable[[Conversation], None]:
    """Answer by path, whatever comes; the token is always granted."""

    def behave(talk: Conversation) -> None:
        while (request := talk.read()) is not None:
            path = request.line.split()[1].partition("?")[0]
            token = reply(200, json.dumps({"access_token": "a.b.c"}).encode(), JSON)
            talk.send(answers.get(path, token if path.endswith("access_token") else reply(404, b"{}", JSON)))

    return behave


def played(outbound: OutboundClient, module: str | None = None, **answers: bytes) -> Sequence[Finding]:
    paths = {f"/admin-api/{name.replace('__', '-').replace('___', '/')}": answer for name, answer in answers.items()}
    with HostileServer(playing(paths)) as server:
        url = server.url(name="127.0.0.1")
        return probe_shop("admin_api", url, outbound, credentials=CLIENT, module=module, deadline_s=10)


def listing(items: Any, total: Any) -> bytes:
    return reply(200, json.dumps({"totalItems": total, "items": items}).encode(), JSON)


@pytest.mark.parametrize(
    "page",
    [
        b"[" * 100_000,
        b"[]",
        b"null",
        b'{"items": 3, "totalItems": 1}',
        b'{"items": [1], "totalItems": 1}',
        b'{"items": [], "totalItems": "many"}',
        b'{"items": [], "totalItems": ' + b"9" * 5000 + b"}",
        b'"\\ud800"',
        b"\xff",
    ],
)
def test_absurd_lists_are_unreadable_and_hurt_nobody(outbound: OutboundClient, page: bytes) -> None:
    findings = played(outbound, modules=reply(200, page, JSON))
    assert [(one.what, one.value, one.note) for one in findings] == [(FindingKind.MODULE_LIST, None, Note.UNREADABLE)]


def test_a_shop_that_promises_more_than_it_gives_is_not_asked_for_ever(outbound: OutboundClient) -> None:
    item = {"technicalName": "one", "moduleVersion": "1", "installedVersion": "1", "enabled": True}
    assert merge_findings(played(outbound, modules=listing([item], 10**9))).whole_list is None
    assert merge_findings(played(outbound, modules=listing([], 10**9))).whole_list is None


def test_what_cannot_be_a_name_or_a_version_is_left_out_and_the_list_is_not_whole(outbound: OutboundClient) -> None:
    items = [
        {"technicalName": "good", "moduleVersion": "1.0\u0000", "installedVersion": 3, "enabled": "yes"},
        {"technicalName": "<script>", "moduleVersion": "1.0"},
        {"technicalName": "\ud800"},
        {"technicalName": None},
    ]
    site_facts = merge_findings(played(outbound, modules=listing(items, 4)))
    assert site_facts.module_names == ("good",)
    assert (site_facts.module("good").version, site_facts.module("good").enabled) == (None, None)
    assert site_facts.whole_list is None


@pytest.mark.parametrize("token", ["", "a\r\nX-Evil: 1", "\u00e9", 3, None, "a" * 10_000])
def test_a_token_that_cannot_be_one_goes_nowhere(outbound: OutboundClient, token: Any) -> None:
    answer = reply(200, json.dumps({"access_token": token}).encode(), JSON)
    findings = played(outbound, access_token=answer)
    assert [one.note for one in findings] == [Note.UNREADABLE]
