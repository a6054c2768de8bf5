"""File integrity: a module's files against those of its release, and a core's own check, as a companion reports them.

A manifest holds the hashes of a release's files, a report those on the shop's disk (`inspection.md`, "For
sellers"). Only files that were modified, and extra ones that can run, are evidence for `source_modified`; the
rest are remarks, and much of what a living shop writes beside a module is ignored.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

EXECUTABLE_SUFFIXES = frozenset(
    "php php3 php4 php5 php7 php8 phtml pht phar inc js mjs cjs tpl twig sql sh py pl cgi".split()
)
"""What runs on the shop, in its visitors' browsers or on its database: never ignored but where PrestaShop writes it."""

LARGEST_GUARD_BYTES = 4096
"""An `index.php` guard only redirects; the stock ones have about 1200 bytes. A larger file does something else."""

LONGEST_PATH = 4096
"""Linux takes no longer one, and putting marks in order (NFC) takes the square of their number."""

_ISO = r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?"
_LANGUAGE = re.compile(rf"mails/(?P<mails>{_ISO})/[^/]+|translations/(?P<translations>{_ISO})\.php")
# Written by the core: in English, and in the language of whoever opened the module's page.
_CONFIG = re.compile(rf"config(?:_{_ISO})?\.xml")
_CACHES = frozenset({"cache", "caches", "var"})
_LOGS = frozenset({"log", "logs"})


class Change(enum.StrEnum):
    """What became of one file."""

    SAME = "same"
    LINE_ENDINGS = "line_endings"
    MODIFIED = "modified"
    MISSING = "missing"
    EXTRA_EXECUTABLE = "extra_executable"
    EXTRA_OTHER = "extra_other"
    UNREADABLE = "unreadable"
    IGNORED = "ignored"


EVIDENCE = frozenset({Change.MODIFIED, Change.EXTRA_EXECUTABLE})
"""What is evidence for the ground `source_modified`."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One file of a release: the SHA-256 of its bytes, and of text with its line endings made LF (None: not given)."""

    sha256: str
    sha256_lf: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One file on the disk of a shop. `sha256` None: the companion could not read it. `size` is in bytes."""

    sha256: str | None
    sha256_lf: str | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What became of every file, by path."""

    changes: Mapping[str, Change]

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """How many files each change befell; every change is named."""
        counted = Counter(self.changes.values())
        return {change: counted[change] for change in Change}

    @property
    def evidence(self) -> tuple[str, ...]:
        """The files that speak for `source_modified`, in alphabetical order."""
        return self.paths(*EVIDENCE)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The files that are worth a word and no more."""
        return self.paths(Change.LINE_ENDINGS, Change.MISSING, Change.EXTRA_OTHER, Change.UNREADABLE)

    def paths(self, *changes: Change) -> tuple[str, ...]:
        return tuple(sorted(path for path, change in self.changes.items() if change in changes))


NOT_CORE_FOLDERS = frozenset(
    "cache docs download img localization log logs mails modules override themes translations upload var".split()
)
"""Top folders whose files are no source of the core: others' work, or what a living shop writes. PrestaShop's own check
leaves them out as well (`prestashop.md` 5.1)."""


@dataclass(frozen=True, kw_only=True)
class CoreComparison:
    """What a site's own check says of the files of its PrestaShop; the paths are those it reported."""

    changed: tuple[str, ...]
    remarks: tuple[str, ...]


def judge_core_files(changed: Iterable[str], missing: Iterable[str]) -> CoreComparison:
    """Separate changed files of the core, which are evidence for `source_modified`, from what is worth a word."""
    core: list[str] = []
    others = list(missing)
    for path in sorted(set(changed)):
        (core if _is_core(path) else others).append(path)
    return CoreComparison(changed=tuple(core), remarks=tuple(others))


def _is_core(path: str) -> bool:
    top, _, rest = path.replace("\\", "/").removeprefix("./").lstrip("/").partition("/")
    if not rest:
        return top.lower() not in (".htaccess", "robots.txt")
    return top.lower() not in NOT_CORE_FOLDERS


def compare_with_releases(
    manifests: Sequence[Mapping[str, str]], reported: Mapping[str, Reported], *, module: str
) -> Comparison | None:
    """Compare a module's reported files with the manifest that they fit best, of those published under one version.

    None without a usable manifest: nothing is known then.
    """
    known = [_inside(_usable(manifest), module) for manifest in manifests]
    comparisons = [compare_files(expected, reported) for expected in known if expected]
    return min(comparisons, key=lambda one: (len(one.evidence), len(one.remarks)), default=None)


def _usable(manifest: Mapping[str, str]) -> dict[str, Expected]:
    try:
        return read_manifest(manifest)
    except ValueError:
        return {}


def _inside(expected: dict[str, Expected], module: str) -> dict[str, Expected]:
    """The files by their paths inside the module's folder, where a manifest names the folder as its archive does."""
    folder = f"{module}/".casefold()
    if not all(path.casefold().startswith(folder) for path in expected):
        return expected
    return {path[len(folder) :]: file for path, file in expected.items()}


def read_manifest(manifest: Mapping[str, str | Mapping[str, str]]) -> dict[str, Expected]:
    """Read a release's manifest: path to SHA-256, or to `{"sha256", "sha256_lf"}` (`events.md`, release.published).

    Paths are relative to the module's folder. Raises ValueError for a path that leaves it, or a malformed hash.
    """
    read: dict[str, Expected] = {}
    for path, given in manifest.items():
        hashes = {"sha256": given} if isinstance(given, str) else given
        lf = hashes.get("sha256_lf")
        read[clean_path(path)] = Expected(
            sha256=_clean_hash(hashes.get("sha256", "")), sha256_lf=None if lf is None else _clean_hash(lf)
        )
    return read


def clean_path(path: str) -> str:
    """Return a path in its one comparable form: `/` between names, Unicode NFC, no `./` before.

    Raises ValueError for an absolute path, an empty name, `..`, control characters, or more than any system takes.
    """
    if len(path) > LONGEST_PATH:
        raise ValueError(f"{path[:80]!r}… is too long for a path")
    text = unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./")
    if not text or any(part in ("", ".", "..") for part in text.split("/")) or re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{path!r} is not a path inside a folder")
    return text


def compare_files(expected: Mapping[str, Expected], reported: Mapping[str, Reported]) -> Comparison:
    """Compare a release's files with those on the disk; both by clean path."""
    languages = _languages(expected)
    guards = _guards(expected)
    changes: dict[str, Change] = {}
    for path in {**expected, **reported}:
        wanted = expected.get(path)
        found = reported.get(path)
        if wanted is not None and found is not None and _is_same(wanted, found):
            changes[path] = Change.SAME
        elif _is_written_by_the_shop(path) or _is_cached(path, wanted, found) or _is_guard(path, wanted, found, guards):
            changes[path] = Change.IGNORED
        elif found is None:
            changes[path] = Change.MISSING
        elif wanted is None:
            changes[path] = _extra(path, found, languages)
        else:
            changes[path] = _changed(wanted, found)
    return Comparison(changes=changes)


def _is_same(wanted: Expected, found: Reported) -> bool:
    return found.sha256 is not None and found.sha256.lower() == wanted.sha256


def _changed(wanted: Expected, found: Reported) -> Change:
    if found.sha256 is None:
        return Change.UNREADABLE
    # Either side may be the one that was converted: FTP in text mode does it both ways.
    ours = {wanted.sha256, wanted.sha256_lf} - {None}
    theirs = {found.sha256.lower(), found.sha256_lf.lower() if found.sha256_lf else None} - {None}
    return Change.LINE_ENDINGS if ours & theirs else Change.MODIFIED


def _extra(path: str, found: Reported, languages: Set[str]) -> Change:
    language = _LANGUAGE.fullmatch(path)
    if language is not None and (language["mails"] or language["translations"]) not in languages:
        return Change.IGNORED
    if is_executable(path):
        return Change.EXTRA_EXECUTABLE
    folders = path.lower().split("/")[:-1]
    if path.lower().endswith(".log") or _LOGS & set(folders) or any(name.startswith("upload") for name in folders):
        return Change.IGNORED
    return Change.EXTRA_OTHER


def is_executable(path: str) -> bool:
    """Say whether a file of this name runs somewhere."""
    return path.rpartition(".")[2].lower() in EXECUTABLE_SUFFIXES


def _is_written_by_the_shop(path: str) -> bool:
    """Whether PrestaShop, or its host, writes this file, whatever the release held under its name."""
    *folders, name = path.split("/")
    return (not folders and _CONFIG.fullmatch(name) is not None) or name.lower() == ".htaccess"


def _is_cached(path: str, wanted: Expected | None, found: Reported | None) -> bool:
    """Whether this is a file that a cache came to hold or has dropped; one that the release shipped may not change."""
    folders = path.lower().split("/")[:-1]
    return (wanted is None or found is None) and not _CACHES.isdisjoint(folders)


def _is_guard(path: str, wanted: Expected | None, found: Reported | None, guards: Set[str]) -> bool:
    """Whether this is one of the `index.php` that PrestaShop puts into every folder to hide its list of files."""
    if path.rpartition("/")[2].lower() != "index.php":
        return False
    if wanted is not None and wanted.sha256 not in guards:
        return False  # the release has a page of its own there
    return found is None or (found.sha256 is not None and (found.size or 0) <= LARGEST_GUARD_BYTES)


def _guards(expected: Mapping[str, Expected]) -> Set[str]:
    """The hashes of a release's own guards: one content, under the same name, in several folders."""
    pages = Counter(file.sha256 for path, file in expected.items() if path.rpartition("/")[2].lower() == "index.php")
    return {sha256 for sha256, count in pages.items() if count > 1}


def _languages(expected: Mapping[str, Expected]) -> Set[str]:
    found = (_LANGUAGE.fullmatch(path) for path in expected)
    return {match["mails"] or match["translations"] for match in found if match is not None}


def _clean_hash(text: str) -> str:
    lowered = text.lower()
    if re.fullmatch(r"[0-9a-f]{64}", lowered) is None:
        raise ValueError(f"{text!r} is not a SHA-256 in hexadecimal")
    return lowered
