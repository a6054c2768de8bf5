"""What the companion reports of a shop on a disk, and to whom: its report is read by the service's own reader."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from marketplace_hooks.domain.inspections.evidence import FindingKind, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.domain.merchant_sites import parse
from marketplace_hooks.remote.companion_format import (
    SIGNATURE_HEADER,
    read_report,
    report_facts,
    shops_apart,
    sign_report,
)
from marketplace_hooks.remote.probes.companion import report_findings
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.remote.probes.registry import PROBES
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.site_client import make_site_client

from ..support.php_shops import NONCE, PhpServer, PhpShop

MARK = "    /*\n    * module: {}\n    * date: 2026-01-01 10:00:00\n    * version: 1.0.0\n    */\n"
MARKED_CLASS = (
    "<?php\nclass Cart extends CartCore\n{\n"
    + MARK.format("lumengallery")
    + "    public $lines = array(1);\n"
    + MARK.format("lumengallery")
    + "    const MOST = 5;\n"
    + MARK.format("ps_checkout")
    + "    /** @return int */\n    public static function count($of = array())\n    {\n"
    + '        $each = function ($one) { return "{$one}"; };\n        return self::class;\n    }\n}\n'
)
UNMARKED_CLASS = MARKED_CLASS.replace(
    "}\n}\n", "}\n    public function mine() { if (1) { return 2; } }\n    protected $a = 1;\n    const OWN = 1;\n}\n"
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_by_the_service(shop: PhpShop, answer: requests.Response) -> dict[str, Any]:
    """The report as the service's reader takes it: signed, of the published form, and of this shop."""
    site = parse(shop.url)
    assert site is not None
    signature = answer.headers[SIGNATURE_HEADER]
    report = read_report(answer.content, signature, key=shop.key, nonce=NONCE, site=site)
    assert isinstance(report, dict), report
    assert list(report_facts(report))
    return report


def modules(shop: PhpShop) -> dict[str, Any]:
    return {module["name"]: module for module in shop.report()["modules"]}


def overrides(shop: PhpShop) -> dict[str, Any]:
    return {one["path"]: one for one in shop.report()["overrides"]}


def test_our_probe_asks_the_companion_and_finds_everything(shop: PhpShop) -> None:
    client = make_site_client(["127.0.0.0/8"], about_url="https://marketplace.example/about-inspections")
    site = parse(shop.url)
    assert site is not None
    try:
        found = inspect(
            site,
            outbound=client,
            probes=[one for one in PROBES if one.name == "companion"],
            nonce=NONCE,
            module="lumengallery",
            credentials=Credentials(companion_key=shop.key),
        )
    finally:
        client.close()
    values = {(one.what, one.subject): one.value for one in found}
    assert values[FindingKind.PLATFORM_VERSION, ""] == "8.1.7"
    assert values[FindingKind.MODULE_LIST, ""] == {"complete": True, "count": 2}
    assert values[FindingKind.SHOP_IDENTITY, ""] == {"matches": True, "shop_id": 1}
    assert set(values[FindingKind.FILES, "lumengallery"]["entries"]) == {"lumengallery.php"}


def test_a_report_follows_the_schema_and_its_signature_is_byte_for_byte_ours(shop: PhpShop) -> None:
    shop.write("modules/lumengallery/vüé ☃.txt", "é")
    shop.write("override/classes/Cart.php", UNMARKED_CLASS)
    answer = shop.ask(subject="lumengallery")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers[SIGNATURE_HEADER] == sign_report(answer.content, shop.key)
    read_by_the_service(shop, answer)


FORKS = [
    ({"_QLOAPPS_VERSION_": "1.6.1.0"}, {"name": "QloApps", "version": "1.6.1.0"}),
    ({"_TB_VERSION_": "1.7.0"}, {"name": "thirty bees", "version": "1.7.0"}),
]


@pytest.mark.parametrize(("constants", "fork"), FORKS)
def test_a_fork_says_so_and_is_never_taken_for_the_prestashop_that_it_was_made_from(
    php: PhpServer, constants: dict[str, str], fork: dict[str, str]
) -> None:
    shop = php.open_shop(version="1.6.1.23", constants=constants)
    report = read_by_the_service(shop, shop.ask())
    assert report["platform"]["fork"] == fork
    site_facts = merge_findings(report_findings(report, at=datetime.now(UTC), request="GET /"))
    assert site_facts.platform_version is None
    assert site_facts.fork is not None
    assert site_facts.fork.facts == {"platform": fork["name"], "made_from": "1.6.1.23"}


def test_a_visitor_gets_no_cookie_and_a_shop_in_maintenance_reports(shop: PhpShop) -> None:
    shop.describe(maintenance=True)
    answer = shop.ask()
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_multistore_names_the_addresses_of_its_shops_and_a_report_of_one_is_not_taken_for_another(
    shop: PhpShop,
) -> None:
    assert "addresses" not in shop.report()["shop"]
    own = {"domain": shop.facts["shop"]["domain"], "domain_ssl": "", "physical_uri": f"/{shop.name}/"}
    rows = [{**own, "id_shop": "1", "virtual_uri": ""}, {**own, "id_shop": "2", "virtual_uri": "b2b/"}]
    shop.describe(addresses=rows)
    answer = shop.ask()
    read_by_the_service(shop, answer)
    second = parse(f"{shop.url}b2b/")
    assert second is not None
    signature = answer.headers[SIGNATURE_HEADER]
    read = read_report(answer.content, signature, key=shop.key, nonce=NONCE, site=second)
    assert read is Note.REPORT_OF_ANOTHER_SHOP
    assert shops_apart(answer.content, second) == {"asked_shop": 2, "reported_shop": 1}


HOSTILE: list[dict[str, Any]] = [
    {"key": "another key"},
    {"key": ""},
    {"headers": {"Inspection-Signature": ""}},
    {"headers": {"Inspection-Signature": "0" * 64}},
    {"nonce": "short"},
    {"nonce": "0" * 65},
    {"nonce": "0" * 20 + "\n"},
    {"nonce": "<script>alert(1)</script>"},
    {"subject": "../../etc/passwd"},
    {"subject": "a" * 65},
    {"subject": "lumengallery\0"},
    {"subject": "' OR 1=1 -- "},
    {"query": {"nonce[]": "x", "nonce": ""}},
    {"subject": "lumengallery", "query": {"subject": "", "subject[]": "x"}},
    {"method": "POST", "key": "another key"},
]


@pytest.mark.parametrize("asked", HOSTILE)
def test_whoever_did_not_sign_with_the_key_gets_one_and_the_same_answer(
    php: PhpServer, untouched_shop: PhpShop, asked: dict[str, Any]
) -> None:
    answer = untouched_shop.ask(**dict(asked))
    assert (answer.status_code, answer.text) == (401, '{"error":"not_signed"}')
    assert SIGNATURE_HEADER not in answer.headers


def test_without_a_key_in_the_database_nobody_is_answered(shop: PhpShop) -> None:
    (shop.server.folder / f"{shop.name}.configuration.json").write_text("{}")
    assert shop.ask(key="").status_code == 401


def test_a_module_is_what_its_files_and_the_database_say_for_the_shop_that_speaks(shop: PhpShop) -> None:
    shop.add_module("upgraded", "2.0.0", row="1.9.0")
    shop.add_module("elsewhere", shops=(2,))
    shop.add_module("uploaded", shops=None)
    shop.add_module("long", "1.2.3-beta.4")
    shop.write("modules/constant/constant.php", "<?php $this->version = self::VERSION; // $this->version = '9.9';\n")
    shop.write("modules/markup/markup.php", "<?php\n$this->version = '<b>1</b>';\n")
    shop.write("modules/no-main-file/other.php", "<?php")
    shop.write("modules/<b>/<b>.php", "<?php")
    found = modules(shop)
    assert set(found) == {
        "constant", "elsewhere", "long", "lumengallery", "markup", "marketplacecompanion", "upgraded", "uploaded",
    }  # fmt: skip
    states = {name: (one["installed"], one["enabled"]) for name, one in found.items()}
    assert states["lumengallery"] == (True, True)
    assert states["elsewhere"] == (True, False)
    assert states["uploaded"] == (False, False)
    assert (found["upgraded"]["version"], found["upgraded"]["installed_version"]) == ("2.0.0", "1.9.0")
    assert (found["long"]["version"], found["long"]["installed_version"]) == ("1.2.3-beta.4", "1.2.3-be")
    assert [found[name]["version"] for name in ("constant", "markup")] == [None, None]


def test_no_module_is_run_to_be_listed_and_none_is_written_to(shop: PhpShop) -> None:
    shop.write("modules/hostile/hostile.php", "<?php\nfile_put_contents(__DIR__ . '/was_run', '');\nthis is not PHP")
    before = sorted(path for path in shop.folder.rglob("*"))
    shop.ask(subject="hostile")
    assert sorted(path for path in shop.folder.rglob("*")) == before


def test_files_carry_the_hashes_that_a_manifest_has(shop: PhpShop) -> None:
    files = {"readme.txt": b"a\r\nb\r\n", "binary.bin": b"\0\r\n", "sub/deep/empty.js": b"", "0": b"zero"}
    for path, content in files.items():
        shop.write(f"modules/lumengallery/{path}", content)
    entries = shop.report("lumengallery")["files"]["entries"]
    assert entries["readme.txt"] == {"sha256": sha256(b"a\r\nb\r\n"), "size": 6, "sha256_lf": sha256(b"a\nb\n")}
    assert entries["binary.bin"] == {"sha256": sha256(b"\0\r\n"), "size": 3}
    assert entries["sub/deep/empty.js"] == {"sha256": sha256(b""), "size": 0}
    assert entries["0"]["sha256"] == sha256(b"zero")


def test_a_link_is_named_and_never_followed(shop: PhpShop, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret")
    folder = shop.folder / "modules/lumengallery"
    (folder / "file.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    entries = shop.report("lumengallery")["files"]["entries"]
    assert entries == {
        "file.txt": {"sha256": None},
        "folder": {"sha256": None},
        "lumengallery.php": entries["lumengallery.php"],
        "pipe": {"sha256": None},
    }


def test_a_name_that_no_report_can_hold_is_told_all_the_same(shop: PhpShop) -> None:
    folder = os.fsencode(shop.folder / "modules/lumengallery")
    for name in (b"\xff.php", b"tab\t.php", b"back\\slash.php", b"<script>.php"):
        Path(os.fsdecode(folder + b"/" + name)).write_text("<?php")
    deep = "/".join(["d" * 100] * 5)
    shop.write(f"modules/lumengallery/{deep}/hidden.php", "<?php")
    answer = shop.ask(subject="lumengallery")
    names = set(read_by_the_service(shop, answer)["files"]["entries"])
    assert {"?.php", "tab?.php", "back?slash.php", "<script>.php"} < names
    assert [name.rpartition("/")[2] for name in names if name.startswith("too-long/")] == ["hidden.php"]


def test_what_is_too_much_is_left_out_and_the_rest_reported(shop: PhpShop) -> None:
    folder = shop.folder / "modules/lumengallery/many"
    folder.mkdir()
    for number in range(20_001):
        os.link(shop.folder / "modules/lumengallery/lumengallery.php", folder / f"{number}")
    report = shop.report("lumengallery")
    assert "files" not in report
    assert {"modules", "overrides"} <= report.keys()


def test_a_module_that_is_not_there_has_no_files(shop: PhpShop) -> None:
    assert "files" not in shop.report("absent")
    assert "files" not in shop.report()


def test_an_override_says_whose_marks_it_carries_and_how_much_has_none(shop: PhpShop) -> None:
    shop.write("override/classes/Cart.php", MARKED_CLASS)
    shop.write("override/modules/lumengallery/lumengallery.php", UNMARKED_CLASS)
    shop.write("override/classes/index.php", "<?php")
    shop.write("themes/classic/modules/lumengallery/views/front.tpl", "{* module: faked *}")
    found = overrides(shop)
    assert found["override/classes/Cart.php"] == {
        "path": "override/classes/Cart.php",
        "sha256": sha256(MARKED_CLASS.encode()),
        "modules": ["lumengallery", "ps_checkout"],
        "unmarked": 0,
    }
    assert found["override/modules/lumengallery/lumengallery.php"]["unmarked"] == 3
    assert found["themes/classic/modules/lumengallery/views/front.tpl"]["modules"] == []
    assert found["override/classes/index.php"]["unmarked"] == 0


# The class loader of 8.1 and later does not look at the setting, as read in the sources of 8.2.1 and 9.0.0.
DISABLED = [("1.6.1.24", set()), ("8.0.5", set()), ("8.1.7", {"override/classes/Cart.php"})]


@pytest.mark.parametrize(("version", "loaded"), DISABLED)
def test_overrides_that_the_shop_does_not_load_are_left_out(php: PhpServer, version: str, loaded: set[str]) -> None:
    shop = php.open_shop(version=version)
    shop.write("override/classes/Cart.php", UNMARKED_CLASS)
    shop.write("themes/classic/modules/lumengallery/front.tpl", "")
    shop.set_configuration("PS_DISABLE_OVERRIDES", "1")
    assert set(overrides(shop)) == {"themes/classic/modules/lumengallery/front.tpl", *loaded}


@pytest.mark.parametrize(("version", "unmarked"), [("1.6.0.9", 0), ("1.6.0.11", 3)])
def test_before_there_were_marks_nothing_is_unmarked(php: PhpServer, version: str, unmarked: int) -> None:
    shop = php.open_shop(version=version)
    shop.write("override/classes/Cart.php", UNMARKED_CLASS)
    assert overrides(shop)["override/classes/Cart.php"]["unmarked"] == unmarked


def test_what_cannot_be_read_as_php_breaks_nothing(shop: PhpShop) -> None:
    for number, code in enumerate(
        ["<?php class { function", "<?php }}}}", "\xff\xfe", "<?php class A { function f( {{{"]
    ):
        shop.write(f"override/classes/Broken{number}.php", code)
    assert {"override/classes/Broken0.php", "override/classes/Broken3.php"} < set(overrides(shop))
