"""A companion's report counts when it is signed, fresh, this shop's, and of the published form."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.demo.fake_shops.server import Module
from marketplace_hooks.domain.inspections.conflicts import Override, OverrideOrigin
from marketplace_hooks.domain.inspections.evidence import Strength, merge_findings
from marketplace_hooks.domain.inspections.file_integrity import Change, Reported, compare_files, read_manifest
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.remote.companion_format import read_report, sign_report, sign_request
from marketplace_hooks.remote.http.client import OutboundClient
from tests.support.companion_schema import PUBLISHED, schema_from_code
from tests.support.hostile_server import HostileServer, answering, reply

from .conftest import COMPANION, COMPANION_KEY, NONCE, Open, only, probe_shop, site_of

SITE = site_of("https://shop.example/")
REPORT: dict[str, Any] = {
    "schema": "1",
    "nonce": NONCE,
    "generated_at": "2026-11-23T10:00:00+01:00",
    "shop": {"domain": "www.shop.example", "physical_uri": "/", "id_shop": 1},
    "platform": {"version": "8.2.1", "version_db": "8.2.1", "php": "8.1.29", "changed_files": []},
    "modules": [
        {"name": "shipping", "version": "2.1.0", "installed_version": "2.1.0", "installed": True, "enabled": True}
    ],
    "files": {"module": "shipping", "entries": {"shipping.php": {"sha256": "a" * 64, "size": 10}}},
    "overrides": [{"path": "override/classes/Cart.php", "sha256": "b" * 64, "modules": ["shipping"], "unmarked": 0}],
}


def read(report: Any, *, key: str = COMPANION_KEY, signature: str | None = None, nonce: str = NONCE) -> Any:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    given_signature = sign_report(body, COMPANION_KEY) if signature is None else signature
    return read_report(body, given_signature, key=key, nonce=nonce, site=SITE)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The report with one of its values replaced, by its dotted path; `...` takes it away."""
    report = copy.deepcopy(REPORT)
    *parents, last = path.split(".")
    part: Any = report
    for name in parents:
        part = part[int(name) if name.isdigit() else name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return report


def test_a_companion_tells_everything_and_for_our_nonce(open_shop: Open, outbound: OutboundClient) -> None:
    files = {"shipping.php": b"<?php // mine", "views/x.js": b"a\r\n"}
    site = open_shop(
        version="8.2.7",
        companion_key=COMPANION_KEY,
        modules=[Module(name="shipping", version="2.1.0", database_version="2.0.0", files=files)],
        overrides=[{"path": "override/classes/Cart.php", "sha256": "b" * 64}],
        changed_core_files=["classes/Product.php"],
    )
    site_facts = merge_findings(probe_shop("companion", site, outbound, module="shipping", credentials=COMPANION))
    assert site_facts.platform_version is not None
    assert (site_facts.platform_version.value, site_facts.platform_version.source.strength) == (
        "8.2.7",
        Strength.DECLARED_CHECKED,
    )
    assert site_facts.module("shipping").has_unfinished_upgrade
    assert site_facts.module("another").installed is False
    platform = site_facts.files("platform")
    module = site_facts.files("shipping")
    overrides = site_facts.overrides
    assert platform is not None
    assert platform.value == {"changed": ["classes/Product.php"], "missing": []}
    assert overrides is not None
    assert [Override.read(one).origin for one in overrides.value] == [OverrideOrigin.ADDITIONAL]
    assert module is not None
    manifest = read_manifest(
        {"shipping.php": hashlib.sha256(b"<?php").hexdigest(), "views/x.js": hashlib.sha256(b"a\n").hexdigest()}
    )
    reported = {path: Reported(**file) for path, file in module.value["entries"].items()}
    assert compare_files(manifest, reported).changes == {
        "shipping.php": Change.MODIFIED,
        "views/x.js": Change.LINE_ENDINGS,
    }


def test_a_companion_answers_only_whoever_proves_to_hold_its_key(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(companion_key=COMPANION_KEY)
    probe_shop("companion", site, outbound, module="shipping", credentials=COMPANION)
    assert site.requests[0].headers["inspection-signature"] == sign_request(NONCE, "shipping", COMPANION_KEY)
    assert all(COMPANION_KEY not in f"{request.target}{request.headers}" for request in site.requests)


def test_a_report_of_this_shop_holds_in_any_spelling_of_its_host() -> None:
    for domain in ("shop.example", "WWW.Shop.Example", "shop.example:443"):
        assert read(changed("shop.domain", domain))["platform"]["version"] == "8.2.1"


@pytest.mark.parametrize(
    "domain", ["evil.example", "shop.example.evil.example", "dev.shop.example", "", " ", "é" * 300]
)
def test_a_report_of_another_shop_does_not_count(domain: str) -> None:
    assert read(changed("shop.domain", domain)) in (Note.REPORT_OF_ANOTHER_SHOP, Note.REPORT_MALFORMED)


def test_the_signature_is_looked_at_first() -> None:
    body = json.dumps(REPORT).encode()
    good = sign_report(body, COMPANION_KEY)
    assert read(body, signature=f" {good.upper()} ")["nonce"] == NONCE
    for bad in ("", good[:-1], good[:-1] + ("0" if good[-1] != "0" else "1"), "é", "\x00", "\ud800"):
        assert read(body, signature=bad) is Note.REPORT_NOT_SIGNED
    assert read(body, key="another") is Note.REPORT_NOT_SIGNED
    assert read(body + b" ", signature=good) is Note.REPORT_NOT_SIGNED
    assert read(b"not json", signature=good) is Note.REPORT_NOT_SIGNED


@pytest.mark.parametrize("nonce", ["f" * 32, NONCE[:-1], NONCE + "0", NONCE.upper()])
def test_a_report_made_for_another_inspection_does_not_count(nonce: str) -> None:
    assert read(REPORT, nonce=nonce) is Note.REPORT_NOT_FRESH


MALFORMED = [
    ("schema", "2"),
    ("nonce", "short"),
    ("generated_at", "yesterday"),
    ("generated_at", "2026-11-23T10:00:00"),
    ("platform.version", "8.2.1\n"),
    ("platform.version", "8.2.1\x00"),
    ("platform.version", ...),
    ("modules.0.name", "<script>"),
    ("modules.0.name", "a" * 65),
    ("modules.0.installed", "yes"),
    ("modules.0.installed", 1),
    ("modules", "many"),
    ("files.entries", {"../../x.php": {"sha256": None}}),
    ("files.entries", {"/etc/passwd": {"sha256": None}}),
    ("files.entries", {"a\x00b": {"sha256": None}}),
    ("files.entries", {"a\n": {"sha256": None}}),
    ("files.entries", {"\ud800": {"sha256": None}}),
    ("files.entries", {"a.php": {"sha256": "A" * 64}}),
    ("files.entries", {"a.php": {"sha256": "abc"}}),
    ("files.entries", {"a.php": {"sha256": None, "size": -1}}),
    ("overrides.0.path", "a\\b"),
    ("overrides.0.unmarked", -1),
    ("shop.id_shop", 1.5),
]


@pytest.mark.parametrize(("path", "value"), MALFORMED)
def test_a_report_that_does_not_follow_the_published_form_does_not_count(path: str, value: Any) -> None:
    assert read(changed(path, value)) is Note.REPORT_MALFORMED


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"schema": "1", "schema": 2}'])
def test_what_is_no_report_at_all_is_malformed(body: bytes) -> None:
    assert read(body) is Note.REPORT_MALFORMED


def test_a_newer_companion_may_say_more() -> None:
    assert read(changed("weather", "fine"))["nonce"] == NONCE
    assert read(changed("platform.database", "MariaDB"))["nonce"] == NONCE


@pytest.mark.parametrize("part", ["files", "overrides", "platform.changed_files", "platform.php", "shop.id_shop"])
def test_what_a_companion_cannot_tell_may_be_left_out(part: str) -> None:
    assert read(changed(part, ...))["nonce"] == NONCE


@given(st.binary(max_size=200), st.text(max_size=80))
def test_no_body_and_no_signature_ever_does_more_than_not_count(body: bytes, signature: str) -> None:
    assert read_report(body, signature, key=COMPANION_KEY, nonce=NONCE, site=SITE) is Note.REPORT_NOT_SIGNED
    signed = read_report(body, sign_report(body, COMPANION_KEY), key=COMPANION_KEY, nonce=NONCE, site=SITE)
    assert signed is Note.REPORT_MALFORMED


def test_the_published_schema_is_what_the_code_checks() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == schema_from_code(), "write it anew: python -m tests.support.companion_schema"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (reply(200, b"<html>home</html>"), Note.COMPANION_ABSENT),
        (reply(302, b"", ("Location", "/")), Note.COMPANION_ABSENT),
        (reply(404, b"<html>404</html>"), Note.COMPANION_ABSENT),
        (reply(401, b"{}"), Note.REPORT_NOT_SIGNED),
        (reply(302, b"", ("Location", "https://elsewhere.example/")), Note.NOT_THE_SHOP),
        (reply(401, b"{}", ("WWW-Authenticate", "Basic realm=x")), Note.PASSWORD_REQUIRED),
        (reply(403, b"<html>Forbidden</html>"), Note.BLOCKED),
        (reply(503, b"<html>Back soon</html>"), Note.IN_MAINTENANCE),
        (reply(500, b"oops"), Note.SHOP_ERROR),
        (reply(200, b"{}"), Note.REPORT_NOT_SIGNED),
        (reply(200, b" " * 3_000_000), Note.TOO_LARGE),
    ],
)
def test_what_is_answered_in_place_of_a_report_is_told(outbound: OutboundClient, answer: bytes, note: Note) -> None:
    with HostileServer(answering(answer)) as server:
        finding = only(probe_shop("companion", server.url(name="127.0.0.1"), outbound, credentials=COMPANION))
        assert len(server.requests) == 1
    assert finding.note is note
