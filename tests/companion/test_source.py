"""The companion's source: every PHP from 5.6 to 8.4 reads it, every text has its French, and the archive is it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from phply.phplex import lexer
from phply.phpparse import make_parser

from marketplace_hooks.web.companion_archive import companion_archive

from ..support.binaries import find_php
from ..support.companion_archive import PUBLISHED, SOURCE, archive_from_source

MODULE = SOURCE / "marketplacecompanion"
PARSER = make_parser()
FILES = sorted(MODULE.rglob("*.php"))
# Parts of PHP that came after 5.6, each in one line; the parser of PHP 5 must refuse every one.
NEWER = [
    "$a = $b ?? 1;",
    "$a ??= 1;",
    "function f($a): int {}",
    "function f(?A $a) {}",
    "$f = fn($a) => 1;",
    "$a = new class {};",
    "class A { private const B = 1; }",
    "class A { public int $a; }",
    "$a?->b;",
    "[$a, $b] = $c;",
    "try {} catch (A | B $e) {}",
    "$a <=> $b;",
    "f($a,);",
    "match ($a) { 1 => 2 };",
]
# What PHP took away, or complains of, between 5.6 and 8.4: no parser of one version knows it all.
REMOVED = {
    "curly braces as an index": r"\$\w+\{",
    "each, create_function, mysql_*, ereg, split": r"\b(?:each|create_function|mysql_\w+|eregi?|split)\s*\(",
    "utf8_encode, strftime, lcg_value, curl_close": r"\b(?:utf8_(?:en|de)code|strftime|gmstrftime|curl_close)\s*\(",
    "a type that null makes nullable by itself": r"\(\s*(?:[^()]*,\s*)?\w+\s+\$\w+\s*=\s*null",
    "${name} in a text": r"\$\{",
    "the variable $http_response_header": r"\$http_response_header",
    "var and nested ternaries without parentheses": r"^\s*var\s+\$",
    "E_STRICT": r"\bE_STRICT\b",
}


def parse_php_5(code: str) -> None:
    """Raises `SyntaxError` for what a PHP 5 does not read."""
    reader = lexer.clone()
    reader.lineno = 1
    PARSER.parse(code, lexer=reader)


@pytest.mark.parametrize("line", NEWER)
def test_the_parser_of_php_5_refuses_what_came_later(line: str) -> None:
    with pytest.raises(SyntaxError):
        parse_php_5(f"<?php {line}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(MODULE).as_posix())
def test_php_5_reads_the_file_and_nothing_in_it_was_taken_away_since(file: Path) -> None:
    code = file.read_text(encoding="utf-8")
    parse_php_5(code)
    without_comments = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", code, flags=re.DOTALL)
    assert {what for what, used in REMOVED.items() if re.search(used, without_comments, re.MULTILINE)} == set()


def test_the_php_of_this_machine_reads_every_file_without_a_complaint() -> None:
    php = find_php()
    assert php is not None
    lint = "foreach (array_slice($argv, 1) as $file) { token_get_all(file_get_contents($file), TOKEN_PARSE); }"
    command = [php, "-d", "error_reporting=-1", "-d", "display_errors=stderr", "-r", lint, "--", *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nobody_reads_a_file_or_a_folder_of_the_module_by_its_address() -> None:
    for folder in {MODULE, *(path for path in MODULE.rglob("*") if path.is_dir())}:
        assert (folder / "index.php").exists(), folder
    for file in FILES:
        code = file.read_text(encoding="utf-8")
        is_data = file.name == "index.php" or file.parent.name == "translations"
        assert is_data or "if (!defined('_PS_VERSION_')) {\n    exit;\n}" in code, file


def texts_of(file: Path) -> set[str]:
    return set(re.findall(r"->l\('([^']*)'\)", file.read_text(encoding="utf-8")))


def test_every_text_has_its_french_and_every_french_its_text() -> None:
    wanted = {
        f"<{{marketplacecompanion}}prestashop>{file.stem.lower()}_{hashlib.md5(text.encode()).hexdigest()}"
        for file in FILES
        for text in texts_of(file)
    }
    assert len(wanted) > 30
    french = (MODULE / "translations" / "fr.php").read_text(encoding="utf-8")
    translated = dict(re.findall(r"^\$_MODULE\['(.*?)'\] = '(.*?)';$", french, re.MULTILINE))
    assert set(translated) == wanted
    # PrestaShop escapes what it translates; whatever it would change must not be in a text.
    assert [
        text for text in {*translated.values(), *(t for f in FILES for t in texts_of(f))} if set(text) & set("&<>\"'")
    ] == []
    assert [text for text in translated.values() if re.search(r"[^\u00a0][:;!?]", text)] == []


def test_the_archive_that_is_served_is_the_source_byte_for_byte() -> None:
    assert PUBLISHED.read_bytes() == archive_from_source(), "run python -m tests.support.companion_archive"
    assert companion_archive().content == archive_from_source()
    assert companion_archive().sha256 == hashlib.sha256(archive_from_source()).hexdigest()


def test_a_file_that_changed_has_another_date_so_that_the_shops_php_does_not_go_on_with_the_old_one() -> None:
    with zipfile.ZipFile(BytesIO(archive_from_source())) as archive:
        dates = {archive.read(entry): entry.date_time for entry in archive.infolist()}
    assert len(set(dates.values())) == len(dates)
    assert all((2020,) <= date < (2026,) for date in dates.values())


def test_the_archive_has_one_folder_of_the_modules_name_and_no_compression() -> None:
    with zipfile.ZipFile(BytesIO(archive_from_source())) as archive:
        names = archive.namelist()
        assert {name.partition("/")[0] for name in names} == {"marketplacecompanion"}
        assert "marketplacecompanion/marketplacecompanion.php" in names
        assert names == sorted(names)
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
