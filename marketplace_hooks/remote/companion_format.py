"""Companion report: its published schema, its signature, and the facts that it holds.

The format is published (`data/companion-report.schema.json`, `docs/companion-report.md`). It is signed with a key that
customer and companion share, and bound to our nonce. A shop's owner can still lie to us: a checked declaration.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..domain.inspections.evidence import FindingKind
from ..domain.inspections.file_integrity import clean_path
from ..domain.inspections.notes import Note
from ..domain.merchant_sites import Site, parse

SIGNATURE_HEADER = "Companion-Signature"
REQUEST_SIGNATURE_HEADER = "Inspection-Signature"
COMPANION = "marketplacecompanion"
"""The technical name of the companion module."""

MAX_FILES = 20_000
MAX_MODULES = 2_000
MAX_OVERRIDES = 5_000
MAX_ADDRESSES = 200


def _whole(pattern: str) -> validate.Regexp:
    """A pattern of a whole text, in the grammar of both Python, whose `$` lets one newline pass, and JSON Schema."""
    return validate.Regexp(rf"^{pattern}$(?!\n)")


# A backslash, a control character or half a character has no place in a path, a database or a page.
_PATH = _whole(r"[^\x00-\x1f\x7f\\\ud800-\udfff]{1,400}")
_SHA256 = _whole(r"[0-9a-f]{64}")
_NAME = _whole(r"[A-Za-z0-9_-]{1,64}")
_VERSION = _whole(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,49}")


class TrueOrFalse(fields.Boolean):
    """Of JSON's two words alone; a 1 is no `true`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class _Part(Schema):
    class Meta:
        unknown = EXCLUDE  # a newer companion may say more.


class AddressPart(_Part):
    """One address of the installation, and the shop that answers there."""

    id_shop = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10**9))
    domain = fields.String(required=True, validate=validate.Length(1, 300))
    path = fields.String(required=True, validate=validate.Length(1, 300))


class ShopPart(_Part):
    """Which shop speaks; `addresses` of all shops, where the installation is a multistore."""

    domain = fields.String(required=True, validate=validate.Length(1, 300))
    physical_uri = fields.String(load_default="/", validate=validate.Length(1, 300))
    id_shop = fields.Integer(strict=True, allow_none=True, load_default=None, validate=validate.Range(1, 10**9))
    addresses = fields.List(fields.Nested(AddressPart), load_default=list, validate=validate.Length(max=MAX_ADDRESSES))


class ForkPart(_Part):
    """The variant of PrestaShop that the shop runs, by its own name and version."""

    name = fields.String(required=True, validate=_whole(r"[0-9A-Za-z][0-9A-Za-z ._+-]{0,49}"))
    version = fields.String(allow_none=True, load_default=None, validate=_VERSION)


class PlatformPart(_Part):
    """`_PS_VERSION_`, what the database says, and which files of the core differ from those of its release."""

    version = fields.String(required=True, validate=_VERSION)
    version_db = fields.String(allow_none=True, load_default=None, validate=_VERSION)
    php = fields.String(allow_none=True, load_default=None, validate=_VERSION)
    fork = fields.Nested(ForkPart, allow_none=True, load_default=None)
    changed_files = fields.List(fields.String(validate=_PATH), validate=validate.Length(max=MAX_FILES))
    missing_files = fields.List(fields.String(validate=_PATH), validate=validate.Length(max=MAX_FILES))


class ModulePart(_Part):
    """One module on the disk: what its files say, what the database says."""

    name = fields.String(required=True, validate=_NAME)
    version = fields.String(allow_none=True, load_default=None, validate=_VERSION)
    installed_version = fields.String(allow_none=True, load_default=None, validate=_VERSION)
    installed = TrueOrFalse(required=True)
    enabled = TrueOrFalse(required=True)


class FilePart(_Part):
    """One file. `sha256` of its bytes, null where it cannot be read; `sha256_lf` of text with CRLF made LF."""

    sha256 = fields.String(required=True, allow_none=True, validate=_SHA256)
    sha256_lf = fields.String(validate=_SHA256)
    size = fields.Integer(strict=True, validate=validate.Range(0, 2**53))


class FilesPart(_Part):
    """Every file of the module in question, by its path inside the module's folder."""

    module = fields.String(required=True, validate=_NAME)
    entries = fields.Dict(
        keys=fields.String(validate=_PATH),
        values=fields.Nested(FilePart),
        required=True,
        validate=validate.Length(max=MAX_FILES),
    )


class OverridePart(_Part):
    """One file that overrides the core, a module or a template: whose marks it carries, and how much carries none."""

    path = fields.String(required=True, validate=_PATH)
    sha256 = fields.String(allow_none=True, load_default=None, validate=_SHA256)
    modules = fields.List(fields.String(validate=_NAME), load_default=list, validate=validate.Length(max=200))
    unmarked = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10**6))


class ReportSchema(_Part):
    """A companion's report."""

    schema = fields.String(required=True, validate=validate.Equal("1"))
    nonce = fields.String(required=True, validate=_whole(r"[A-Za-z0-9_-]{16,64}"))
    generated_at = fields.AwareDateTime(required=True, format="iso")
    shop = fields.Nested(ShopPart, required=True)
    platform = fields.Nested(PlatformPart, required=True)
    modules = fields.List(fields.Nested(ModulePart), required=True, validate=validate.Length(max=MAX_MODULES))
    files = fields.Nested(FilesPart)
    overrides = fields.List(fields.Nested(OverridePart), validate=validate.Length(max=MAX_OVERRIDES))


_SCHEMA = ReportSchema()


def sign_report(body: bytes, key: str) -> str:
    """Return the signature of a report: HMAC-SHA256 of the raw body, in lower-case hexadecimal."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, key: str) -> bool:
    """Say whether this key signed a report; compared in constant time."""
    given = signature.strip().lower().encode("utf-8", "replace")
    return hmac.compare_digest(sign_report(body, key).encode(), given)


def sign_request(nonce: str, module: str, key: str) -> str:
    """Return what proves to a companion that it is we who ask for a report on this module, for this nonce."""
    return hmac.new(key.encode(), f"{nonce}.{module}".encode(), hashlib.sha256).hexdigest()


def read_report(body: bytes, signature: str, *, key: str, nonce: str, site: Site) -> dict[str, Any] | Note:
    """Return a report that holds, or what is wrong with it. The signature is compared in constant time, and first.

    A report speaks for `site` when its shop's domain is the site's host, and no address that it names says that the
    site is another shop of the same installation.
    """
    if not is_signed(body, signature, key):
        return Note.REPORT_NOT_SIGNED
    try:
        report: dict[str, Any] = _SCHEMA.loads(body)
        for path in report.get("files", {}).get("entries", {}):
            clean_path(path)
    except (ValidationError, ValueError, RecursionError):
        return Note.REPORT_MALFORMED
    if not hmac.compare_digest(report["nonce"].encode(), nonce.encode()):
        return Note.REPORT_NOT_FRESH
    shop = _site_of(report["shop"]["domain"])
    if shop is None or shop.identity[0] != site.identity[0] or _shops_apart(report, site):
        return Note.REPORT_OF_ANOTHER_SHOP
    return report


def shops_apart(body: bytes, site: Site) -> dict[str, int]:
    """Return which shop a signed report is of and which one `site` is, where it says that one installation has both."""
    report: dict[str, Any] = _SCHEMA.loads(body)
    return _shops_apart(report, site)


def _shops_apart(report: Mapping[str, Any], site: Site) -> dict[str, int]:
    reported = report["shop"]["id_shop"]
    asked = shops_by_path(report, site.identity[0]).get(site.path)
    if reported is None or asked is None or reported == asked:
        return {}
    return {"asked_shop": asked, "reported_shop": reported}


def shops_by_path(report: Mapping[str, Any], host: str) -> dict[str, int]:
    """Return the shops of the installation that answer on a host, by their paths."""
    shops: dict[str, int] = {}
    for address in report["shop"]["addresses"]:
        found = _site_of(f"{address['domain'].partition('/')[0]}/{address['path'].strip('/')}")
        if found is not None and found.identity[0] == host:
            shops[found.path] = address["id_shop"]
    return shops


def _site_of(address: str) -> Site | None:
    return parse(f"https://{address}")


def report_facts(report: Mapping[str, Any]) -> Iterator[tuple[FindingKind, str, Any]]:
    """Return what a report that holds says: about what, of which subject, and the value (`domain.evidence.What`)."""
    platform = report["platform"]
    yield FindingKind.PLATFORM_VERSION, "", platform["version"]
    yield FindingKind.SHOP_IDENTITY, "", {"matches": True, "shop_id": report["shop"]["id_shop"]}
    for module in report["modules"]:
        value = {"on_disk": True, **{name: module[name] for name in ("installed", "enabled")}}
        value |= {"version": module["version"], "installed_version": module["installed_version"]}
        yield FindingKind.MODULE, module["name"], value
    yield FindingKind.MODULE_LIST, "", {"complete": True, "count": len(report["modules"])}
    if "changed_files" in platform:
        changed = {"changed": platform["changed_files"], "missing": platform.get("missing_files", [])}
        yield FindingKind.FILES, "platform", changed
    if "files" in report:
        entries = {clean_path(path): file for path, file in report["files"]["entries"].items()}
        yield FindingKind.FILES, report["files"]["module"], {"entries": entries}
    if "overrides" in report:
        yield FindingKind.OVERRIDES, "", report["overrides"]
