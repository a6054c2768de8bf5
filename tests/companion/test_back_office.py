"""The companion's page in the back office: its key, what would be sent, sending it, and an uninstall."""

from __future__ import annotations

import hashlib
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.remote.companion_format import COMPANION, SIGNATURE_HEADER, sign_report

from ..support.certificates import Authority
from ..support.hostile_server import Behaviour, Conversation, HostileServer, answering, reply
from ..support.html_reader import visible_text
from ..support.php_shops import NONCE, PhpServer, PhpShop, php_server

CHECK = "chk_" + "0" * 32
KEY = "0123456789_-abcdefghijklmnopqrstuvwxyzABCDEF"


def code_of(port: int, *, host: str = "127.0.0.1", scheme: str = "https") -> str:
    return f"{scheme}://{host}:{port}/api/v1/inspections/{CHECK}/report#{NONCE}.{KEY}.lumengallery"


def shown_report(page: str) -> Any:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return json.loads(unescape(found[1]))


def problem(status: int, code: str) -> bytes:
    return reply(status, json.dumps({"code": code}).encode(), ("Content-Type", "application/problem+json"))


def test_the_page_shows_the_key_and_what_a_report_says(shop: PhpShop) -> None:
    page = shop.back_office(subject="lumengallery", companion_act="preview")
    assert shop.key in page
    assert re.fullmatch(r"[0-9a-f]{40}", shop.key)
    assert shown_report(page)["files"]["module"] == "lumengallery"
    assert {one["name"] for one in shown_report(page)["modules"]} == {"lumengallery", COMPANION}


def test_the_page_is_in_the_employees_language(shop: PhpShop) -> None:
    english, french, german = (
        re.sub(r'"generated_at": "[^"]*"', "", visible_text(shop.back_office(lang=lang))) for lang in ("en", "fr", "de")
    )
    assert "When you ask a seller for support" in english
    assert "Lorsque vous contactez le SAV d’un vendeur" in french
    assert "Send a report" not in french
    assert german == english


def test_names_that_are_markup_are_shown_as_text(shop: PhpShop) -> None:
    shop.write("modules/lumengallery/<script>alert(1)<", "")
    shop.write("override/</textarea><script>.php", "<?php")
    page = shop.back_office(subject="lumengallery", companion_act="preview", report_code='"><script>alert(1)</script>')
    assert "<script" not in page
    assert "<script>alert(1)<" in shown_report(page)["files"]["entries"]


def test_a_new_key_replaces_the_old_one(shop: PhpShop) -> None:
    old = shop.key
    shop.back_office(companion_act="new_key")
    assert shop.key != old
    assert shop.ask(key=old).status_code == 401
    assert shop.ask().status_code == 200


# --- sending


def test_a_report_is_shown_before_it_is_sent_signed_with_the_key_of_the_check(
    shop: PhpShop, authority: Authority
) -> None:
    accepts = answering(reply(202, b'{"findings": 5}'))
    with HostileServer(accepts, tls=authority.server_context("127.0.0.1")) as marketplace:
        code = code_of(marketplace.port)
        preview = shop.back_office(report_code=code, companion_act="preview")
        assert marketplace.requests == []
        assert "The report below will be sent to 127.0.0.1." in visible_text(preview)
        assert shown_report(preview)["nonce"] == NONCE
        page = shop.back_office(report_code=code, companion_act="send")
    assert "The report was sent." in visible_text(page)
    [sent] = marketplace.requests
    assert sent.line == f"POST /api/v1/inspections/{CHECK}/report HTTP/1.1"
    assert sent.header(SIGNATURE_HEADER) == sign_report(sent.body, KEY)
    assert json.loads(sent.body)["files"]["module"] == "lumengallery"
    assert KEY not in page


def test_the_files_of_prestashop_are_checked_for_a_report_that_is_about_to_be_sent(php: PhpServer) -> None:
    with HostileServer(answering(reply(200, checksum_list()))) as prestashop:
        shop = php.open_shop(api_url=f"http://127.0.0.1:{prestashop.port}")
        preview = shop.back_office(report_code=code_of(443), companion_act="preview")
        assert set(shown_report(preview)["platform"]["missing_files"]) > {"index.php"}
        shop.back_office(report_code=code_of(443), companion_act="preview")
    assert len(prestashop.requests) == 1


REFUSALS = [
    (problem(401, "report_not_signed"), "This code is no longer valid."),
    (problem(400, "report_of_another_shop"), "The check is about another shop."),
    (problem(409, "report_already_received"), "was already received"),
    (problem(422, "<b>"), "did not accept the report (<b>)"),
    (reply(200, b"<html>"), "The marketplace did not answer."),
    (reply(302, b"", ("Location", "https://elsewhere.example/")), "The marketplace did not answer."),
    (b"nonsense", "The marketplace did not answer."),
    (reply(400, b"{" * 100_000), "The marketplace did not answer."),
]


@pytest.mark.parametrize(("answer", "message"), REFUSALS)
def test_what_the_marketplace_refuses_is_told_with_its_reason(
    php: PhpServer, untouched_shop: PhpShop, authority: Authority, answer: bytes, message: str
) -> None:
    with HostileServer(answering(answer), tls=authority.server_context("127.0.0.1")) as marketplace:
        page = untouched_shop.back_office(report_code=code_of(marketplace.port), companion_act="send")
    assert message in visible_text(page)
    assert len(marketplace.requests) == 1


def test_nothing_is_sent_to_a_server_that_cannot_prove_its_name(shop: PhpShop, authority: Authority) -> None:
    with HostileServer(answering(reply(202)), tls=authority.server_context("other.example")) as marketplace:
        page = shop.back_office(report_code=code_of(marketplace.port), companion_act="send")
    assert "The marketplace did not answer." in visible_text(page)
    assert marketplace.requests == []


@pytest.mark.parametrize(
    "code",
    [
        code_of(443, scheme="http"),
        code_of(443, scheme="file"),
        code_of(443)[:-40],
        code_of(443).replace("/report", "/report/../../x"),
        code_of(443).replace("chk_", "job_"),
        code_of(443) + ".more",
        code_of(443, host="user:password@127.0.0.1"),
        "nonsense",
    ],
)
def test_a_code_that_is_not_whole_sends_nothing(php: PhpServer, untouched_shop: PhpShop, code: str) -> None:
    page = visible_text(untouched_shop.back_office(report_code=code, companion_act="send"))
    assert "This report code is incomplete." in page


@pytest.mark.parametrize("function", ["curl_init", "curl_exec"])
def test_without_curl_nothing_is_sent_and_the_other_way_is_named(tmp_path: Path, function: str) -> None:
    with php_server(tmp_path, disable_functions=function) as server:
        shop = server.open_shop()
        page = shop.back_office(report_code=code_of(443), companion_act="send")
        assert "Give the marketplace the key below instead." in visible_text(page)
        assert shop.ask().status_code == 200
        assert server.complaints() == ""


# --- files of PrestaShop

CORE = {
    "classes/Product.php": b"<?php // product\n",
    "index.php": b"<?php // index\n",
    "admin/ajax.php": b"<?php // admin\n",
    "classes/Gone.php": b"<?php // gone\n",
    "img/logo.png": b"logo",
    "override/classes/index.php": b"<?php // guard\n",
}


def checksum_list(*more: str) -> bytes:
    """PrestaShop's list of the files of `CORE`."""

    def md5file(name: str, content: bytes) -> str:
        return f'<md5file name="{name}">{hashlib.md5(content).hexdigest()}</md5file>'

    lines = [md5file("index.php", CORE["index.php"])]
    for path, content in CORE.items():
        *folders, name = path.split("/")
        if folders:
            opened = "".join(f'<dir name="{folder}">' for folder in folders)
            lines.append(opened + md5file(name, content) + "</dir>" * len(folders))
    content = "".join([*lines, *more])
    return f'<checksum_list><ps_root_dir version="8.1.7">{content}</ps_root_dir></checksum_list>'.encode()


LIST = "GET /xml/md5/8.1.7.xml HTTP/1.1"
LIST_OF_THE_LINE = "GET /xml/md5-8/8.1.7.xml HTTP/1.1"


def check_core(
    php: PhpServer,
    behave: Behaviour,
    *,
    asked: tuple[str, ...] = (LIST,),
    version: str = "8.1.7",
    **changed: bytes | None,
) -> PhpShop:
    """A shop with the files of PrestaShop, changed so, whose merchant has just checked them."""
    with HostileServer(behave) as prestashop:
        shop = php.open_shop(version=version, api_url=f"http://127.0.0.1:{prestashop.port}")
        for path, content in {**CORE, "classes/Gone.php": None, **changed}.items():
            if content is not None:
                shop.write(path.replace("admin/", "admin4711/"), content)
        shop.back_office(companion_act="check_core")
    assert tuple(request.line for request in prestashop.requests) == asked
    return shop


def test_changed_files_of_prestashop_are_reported_and_the_back_offices_name_is_not(php: PhpServer) -> None:
    traps = '<dir name=".."><md5file name="shop.json">0</md5file></dir><md5file name="../errors.log">0</md5file>'
    changed = {
        "classes/Product.php": b"<?php // changed\n",
        "admin/ajax.php": b"<?php // changed\n",
        "img/logo.png": b"",
    }
    shop = check_core(php, answering(reply(200, checksum_list(traps))), **changed)
    platform = shop.report()["platform"]
    assert platform["changed_files"] == ["admin/ajax.php", "classes/Product.php"]
    assert platform["missing_files"] == ["classes/Gone.php"]
    assert "2 changed, 1 missing" in visible_text(shop.back_office())


def test_nothing_is_reported_as_unchanged_only_where_there_was_a_list(php: PhpServer) -> None:
    shop = check_core(php, answering(reply(200, checksum_list())))
    assert shop.report()["platform"]["changed_files"] == []


# Where PrestaShop's own check of 1.7 and later looks, as read in the sources of 1.7.7.5, 8.2.1 and 9.0.0.
LINES = [("1.7.8.11", "md5-17"), ("8.1.7", "md5-8"), ("9.0.0", "md5-9")]


@pytest.mark.parametrize(("version", "line"), LINES)
def test_the_list_is_also_found_where_the_shops_own_check_looks(php: PhpServer, version: str, line: str) -> None:
    def only_there(talk: Conversation) -> None:
        request = talk.read()
        is_there = request is not None and f"/xml/{line}/" in request.line
        talk.send(reply(200, checksum_list()) if is_there else reply(404, b"<html>"))

    asked = tuple(f"GET /xml/{folder}/{version}.xml HTTP/1.1" for folder in ("md5", line))
    changed = {"classes/Product.php": b"<?php // changed\n"}
    shop = check_core(php, only_there, asked=asked, version=version, **changed)
    assert shop.report()["platform"]["changed_files"] == ["classes/Product.php"]


def test_a_shop_of_1_6_asks_where_its_own_check_looks_alone(php: PhpServer) -> None:
    asked = ("GET /xml/md5/1.6.1.24.xml HTTP/1.1",)
    shop = check_core(php, answering(reply(404, b"<html>")), asked=asked, version="1.6.1.24")
    assert "changed_files" not in shop.report()["platform"]


NO_LIST = [
    reply(404, b"<html>"),
    reply(200, b"<html>"),
    reply(200, b""),
    reply(200, b'<!DOCTYPE x [<!ENTITY a "b">]>' + checksum_list()),
    reply(200, checksum_list()[:-20]),
    reply(301, b"", ("Location", "/list.xml")),
    b"nonsense",
]


@pytest.mark.parametrize("answer", NO_LIST)
def test_without_a_list_nothing_is_said_of_prestashops_files(php: PhpServer, answer: bytes) -> None:
    shop = check_core(php, answering(answer), asked=(LIST, LIST_OF_THE_LINE))
    assert "changed_files" not in shop.report()["platform"]
    assert "have not been checked" in visible_text(shop.back_office())


def test_a_result_is_forgotten_when_the_files_cannot_be_checked_anew(php: PhpServer) -> None:
    shop = check_core(php, answering(reply(200, checksum_list())))
    page = visible_text(shop.back_office(companion_act="check_core"))
    assert "The report will not mention these files" in page
    assert "have not been checked" in page
    assert "changed_files" not in shop.report()["platform"]


def test_a_result_for_another_version_is_forgotten(php: PhpServer) -> None:
    shop = check_core(php, answering(reply(200, checksum_list())))
    shop.describe(version="8.2.0")
    assert "changed_files" not in shop.report()["platform"]


def test_an_uninstall_leaves_nothing(php: PhpServer) -> None:
    shop = check_core(php, answering(reply(200, checksum_list())))
    key = shop.key
    assert set(shop.settings) == {"MARKETPLACE_COMPANION_KEY", "MARKETPLACE_COMPANION_CORE"}
    assert shop.back_office(act="uninstall") == "true"
    assert not shop.settings
    assert shop.ask(key=key).status_code == 404


def test_a_fork_is_not_compared_with_the_files_of_the_prestashop_that_it_was_made_from(php: PhpServer) -> None:
    with HostileServer(answering(reply(200, checksum_list()))) as prestashop:
        shop = php.open_shop(api_url=f"http://127.0.0.1:{prestashop.port}", constants={"_QLOAPPS_VERSION_": "1.6.1.0"})
        shop.back_office(companion_act="check_core")
    assert prestashop.requests == []
    assert "changed_files" not in shop.report()["platform"]
