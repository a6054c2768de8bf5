"""A customer's change is told from what a living shop writes beside a module by itself."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.inspections.file_integrity import (
    LARGEST_GUARD_BYTES,
    Change,
    Comparison,
    Expected,
    Reported,
    clean_path,
    compare_files,
    read_manifest,
)

GUARD = b"<?php header('Location: ../'); exit;"
RELEASE: dict[str, bytes] = {
    "shipping.php": b"<?php\nclass Shipping extends Module {}\n",
    "index.php": GUARD,
    "views/index.php": GUARD,
    "views/js/front.js": b"console.log(1)\n",
    "views/img/logo.png": b"\x89PNG\r\n\x1a\n",
    "config.xml": b"<module/>",
    "mails/en/shipped.html": b"<p>Shipped</p>\n",
    "translations/en.php": b"<?php\n",
    "README.md": b"# Shipping\n",
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def lf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def manifest(files: dict[str, bytes]) -> dict[str, Expected]:
    return read_manifest(
        {path: {"sha256": sha256(body), "sha256_lf": sha256(lf(body))} for path, body in files.items()}
    )


def reported(body: bytes) -> Reported:
    converted = sha256(lf(body)) if b"\r\n" in body and b"\0" not in body else None
    return Reported(sha256=sha256(body), sha256_lf=converted, size=len(body))


def compared(release: dict[str, bytes], disk: dict[str, bytes]) -> Comparison:
    return compare_files(manifest(release), {path: reported(body) for path, body in disk.items()})


def change(path: str, body: bytes | None, release: dict[str, bytes] = RELEASE) -> Change:
    """What becomes of one path when only it differs from the release; `body` None: it is gone."""
    disk = {name: content for name, content in release.items() if name != path}
    return compared(release, disk if body is None else {**disk, path: body}).changes[path]


def test_an_untouched_module_has_neither_evidence_nor_remarks() -> None:
    result = compared(RELEASE, RELEASE)
    assert set(result.changes.values()) == {Change.SAME}
    assert (result.evidence, result.remarks) == ((), ())
    assert result.counts[Change.SAME] == len(RELEASE)
    assert result.counts[Change.MODIFIED] == 0


def test_a_modified_file_and_an_extra_one_that_runs_are_evidence_and_the_rest_are_remarks() -> None:
    disk = {
        **RELEASE,
        "shipping.php": b"<?php\nclass Shipping extends Module { /* mine */ }\n",
        "views/js/front.js": b"console.log(1)\r\n",
        "hack.php": b"<?php",
        "notes.txt": b"call the host",
    }
    del disk["README.md"]
    result = compared(RELEASE, disk)
    assert result.evidence == ("hack.php", "shipping.php")
    assert result.remarks == ("README.md", "notes.txt", "views/js/front.js")
    assert {path: result.changes[path] for path in result.remarks} == {
        "README.md": Change.MISSING,
        "notes.txt": Change.EXTRA_OTHER,
        "views/js/front.js": Change.LINE_ENDINGS,
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\r\nb\n", b"a\nb\r\n"),
    ],
)
def test_line_endings_alone_are_a_remark_whichever_side_was_converted(ours: bytes, theirs: bytes) -> None:
    assert change("a.php", theirs, {"a.php": ours}) is Change.LINE_ENDINGS


def test_line_endings_are_recognised_by_a_manifest_of_raw_hashes_alone() -> None:
    expected = read_manifest({"a.php": sha256(b"a\nb\n")})
    assert compare_files(expected, {"a.php": reported(b"a\r\nb\r\n")}).changes["a.php"] is Change.LINE_ENDINGS
    assert compare_files(expected, {"a.php": reported(b"a\r\nB\r\n")}).changes["a.php"] is Change.MODIFIED


def test_a_file_that_the_companion_could_not_read_is_a_remark() -> None:
    result = compare_files(manifest(RELEASE), {"shipping.php": Reported(sha256=None)})
    assert result.changes["shipping.php"] is Change.UNREADABLE


@pytest.mark.parametrize("path", ["src/Cache/PriceCache.php", "var/rules.php", "vendor/psr/cache/src/Item.php"])
def test_a_released_file_may_leave_a_cache_but_not_change_in_it(path: str) -> None:
    release = {**RELEASE, path: b"<?php // as released"}
    assert change(path, b"<?php // mine", release) is Change.MODIFIED
    assert change(path, None, release) is Change.IGNORED
    assert change(path, b"<?php // as released", release) is Change.SAME


@pytest.mark.parametrize("path", ["config.xml", "config_fr.xml", "config_pt-BR.xml", ".htaccess", "views/.htaccess"])
@pytest.mark.parametrize("body", [b"anything", None])
def test_what_the_shop_writes_itself_is_ignored_new_changed_or_gone(path: str, body: bytes | None) -> None:
    assert change(path, body, {**RELEASE, path: b"as released"}) is Change.IGNORED
    if body is not None:
        assert change(path, body) is Change.IGNORED


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # Languages: those the release does not have are the shop's own.
        ("mails/fr/shipped.html", Change.IGNORED),
        ("mails/fr/lang.php", Change.IGNORED),
        ("translations/fr.php", Change.IGNORED),
        ("mails/en/other.html", Change.EXTRA_OTHER),
        ("mails/en/other.php", Change.EXTRA_EXECUTABLE),
        ("translations/en2/x.php", Change.EXTRA_EXECUTABLE),
        ("mails/fr/deep/x.php", Change.EXTRA_EXECUTABLE),
        ("mails/french/x.php", Change.EXTRA_EXECUTABLE),
        # Caches, logs, uploads.
        ("cache/x.php", Change.IGNORED),
        ("var/cache/prod/x.php", Change.IGNORED),
        ("logs/today.txt", Change.IGNORED),
        ("logs/x.php", Change.EXTRA_EXECUTABLE),
        ("debug.log", Change.IGNORED),
        ("upload/cat.jpg", Change.IGNORED),
        ("uploads/2026/cat.jpg", Change.IGNORED),
        ("uploads/shell.php", Change.EXTRA_EXECUTABLE),
        # Never ignored elsewhere.
        ("x.php", Change.EXTRA_EXECUTABLE),
        ("X.PHP", Change.EXTRA_EXECUTABLE),
        ("x.phtml", Change.EXTRA_EXECUTABLE),
        ("views/js/x.js", Change.EXTRA_EXECUTABLE),
        ("views/templates/hook/x.tpl", Change.EXTRA_EXECUTABLE),
        ("views/x.html.twig", Change.EXTRA_EXECUTABLE),
        ("install.sql", Change.EXTRA_EXECUTABLE),
        ("config/config_fr.xml", Change.EXTRA_OTHER),
        ("views/img/mine.png", Change.EXTRA_OTHER),
        ("php", Change.EXTRA_EXECUTABLE),
    ],
)
def test_an_extra_file_is_judged_by_where_it_lies_and_whether_it_runs(path: str, expected: Change) -> None:
    assert change(path, b"whatever") is expected


def test_a_guard_is_ignored_new_changed_or_gone() -> None:
    assert change("controllers/index.php", b"<?php // another year") is Change.IGNORED
    assert change("views/index.php", b"<?php // another year") is Change.IGNORED
    assert change("views/index.php", None) is Change.IGNORED


def test_an_index_that_does_more_than_a_guard_is_not_one() -> None:
    assert change("controllers/index.php", b"x" * LARGEST_GUARD_BYTES) is Change.IGNORED
    assert change("controllers/index.php", b"x" * (LARGEST_GUARD_BYTES + 1)) is Change.EXTRA_EXECUTABLE
    assert change("views/index.php", b"x" * (LARGEST_GUARD_BYTES + 1)) is Change.MODIFIED


def test_an_index_that_the_release_uses_as_a_page_of_its_own_is_a_file_like_any_other() -> None:
    release = {**RELEASE, "app/index.php": b"<?php run();"}
    assert change("app/index.php", b"<?php run(); steal();", release) is Change.MODIFIED
    assert change("app/index.php", None, release) is Change.MISSING


def test_a_manifest_is_read_in_both_of_its_forms() -> None:
    hashes = sha256(b"a").upper(), sha256(b"b")
    assert read_manifest({"./a.php": hashes[0], "b\\c.php": {"sha256": hashes[1], "sha256_lf": hashes[0]}}) == {
        "a.php": Expected(sha256=sha256(b"a")),
        "b/c.php": Expected(sha256=sha256(b"b"), sha256_lf=sha256(b"a")),
    }


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x.php", "a/../../x.php", "a//b", "a/./b", "a\x00b", "a/\n"])
def test_a_path_that_leaves_its_folder_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        clean_path(path)
    with pytest.raises(ValueError, match="path"):
        read_manifest({path: sha256(b"a")})


def test_names_are_compared_in_one_unicode_form() -> None:
    assert clean_path("e\u0301te\u0301.png") == clean_path("\u00e9t\u00e9.png")


@pytest.mark.parametrize("hash_", ["", "abc", "g" * 64, sha256(b"a")[:-1], sha256(b"a") + "\n"])
def test_a_malformed_hash_stops_a_manifest(hash_: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        read_manifest({"a.php": hash_})


names = st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3})?\.(php|js|png|txt|xml|log)", fullmatch=True)
trees = st.dictionaries(names, st.binary(max_size=3), max_size=8)


@given(trees, trees)
def test_every_file_of_either_side_is_judged_once_and_no_other(
    release: dict[str, bytes], disk: dict[str, bytes]
) -> None:
    result = compared(release, disk)
    assert set(result.changes) == {*release, *disk}
    assert sum(result.counts.values()) == len(result.changes)
    assert set(result.evidence) & set(result.remarks) == set()


@given(trees, trees)
def test_only_what_differs_is_ever_evidence(release: dict[str, bytes], disk: dict[str, bytes]) -> None:
    for path in compared(release, disk).evidence:
        assert path in disk
        assert disk[path] != release.get(path)
