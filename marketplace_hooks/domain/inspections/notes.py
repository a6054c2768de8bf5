"""Notes: what each failure of an inspection, and each remark on a finding, means to the customer (`inspection.md`).

Codes are stored and never translated; the English sentences stand here, the French ones in
`web/labels/inspections.py`. Nobody is refused for what is unknown.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from ..versions import compare


class Note(enum.StrEnum):
    """Why something stayed unknown, or what must be said beside what was found."""

    # The webservice's key.
    KEY_NOT_RECEIVED = "key_not_received"
    KEY_EMPTY = "key_empty"
    KEY_LENGTH = "key_length"
    KEY_UNKNOWN = "key_unknown"
    KEY_WITHOUT_RIGHTS = "key_without_rights"
    SHOP_URLS_NOT_GRANTED = "shop_urls_not_granted"
    KEY_OF_ANOTHER_SHOP = "key_of_another_shop"
    KEY_OF_ANOTHER_SITE = "key_of_another_site"
    WEBSERVICE_OFF = "webservice_off"
    KEY_CAN_WRITE = "key_can_write"
    KEY_READS_MORE = "key_reads_more"
    # The Admin API's client.
    ADMIN_API_ABSENT = "admin_api_absent"
    HTTPS_HIDDEN = "https_hidden"
    CLIENT_REFUSED = "client_refused"
    SCOPE_NOT_GRANTED = "scope_not_granted"
    TOKEN_NOT_RECEIVED = "token_not_received"  # noqa: S105 - a code, not a token
    CLIENT_CAN_WRITE = "client_can_write"
    CLIENT_READS_MORE = "client_reads_more"
    LIST_INCOMPLETE = "list_incomplete"
    UNFINISHED_UPGRADE = "unfinished_upgrade"
    # What everybody can see.
    VERSION_UNKNOWN = "version_not_told"
    COOKIE_NOT_FOUND = "cookie_not_found"
    COOKIE_NOT_SOLVED = "cookie_not_solved"
    NO_MODULE_SEEN = "no_module_seen"
    CONFIG_NOT_READABLE = "config_not_readable"
    CONFIG_FORBIDDEN = "config_forbidden"
    CONFIG_NOT_FOUND = "config_not_found"
    MAY_BE_STALE = "may_be_stale"
    SEEN_IN_CODE = "seen_in_code"
    COOKIE_RENAMED = "cookie_renamed"
    FORK = "fork"
    IN_MAINTENANCE = "in_maintenance"
    BOT_CHALLENGE = "bot_challenge"
    PASSWORD_REQUIRED = "password_required"  # noqa: S105 - a code, not a password
    OTHER_PLATFORM = "other_platform"
    # The companion's report.
    COMPANION_ABSENT = "companion_absent"
    REPORT_NOT_SIGNED = "report_not_signed"
    REPORT_MALFORMED = "report_malformed"
    REPORT_NOT_FRESH = "report_not_fresh"
    REPORT_OF_ANOTHER_SHOP = "report_of_another_shop"
    REPORT_LATE = "report_late"
    REPORT_TOO_LARGE = "report_too_large"
    # Whatever is asked of whomever.
    NOT_THE_SHOP = "not_the_shop"
    BLOCKED = "blocked"
    SHOP_ERROR = "shop_error"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    NOT_SECURE = "not_secure"
    BAD_CERTIFICATE = "bad_certificate"
    NOT_FOUND = "not_found"
    NOT_ASKED = "not_asked"
    GONE_WRONG = "gone_wrong"


class AbsenceCause(enum.StrEnum):
    """Why an Admin API may answer 404 (`prestashop.md` 2)."""

    OLDER_THAN_9 = "older_than_9"
    SWITCHED_OFF = "switched_off"
    MULTISTORE = "multistore"
    OTHER_PATH = "other_path"


def absence_causes(version: str | None) -> tuple[AbsenceCause, ...]:
    """Return what a 404 of the Admin API can still mean for a shop of this version (None: unknown)."""
    if version is None:
        return tuple(AbsenceCause)
    if compare(version, "9") < 0:
        return (AbsenceCause.OLDER_THAN_9,)
    return (AbsenceCause.SWITCHED_OFF, AbsenceCause.MULTISTORE, AbsenceCause.OTHER_PATH)


ABSENCE_CAUSES: Mapping[AbsenceCause, str] = {
    AbsenceCause.OLDER_THAN_9: "the shop runs a PrestaShop version older than 9, which has no Admin API",
    AbsenceCause.SWITCHED_OFF: "the Admin API is switched off (Advanced Parameters > Admin API)",
    AbsenceCause.MULTISTORE: "multistore is on, for which the Admin API must be switched on separately",
    AbsenceCause.OTHER_PATH: "the shop is at a different path from the address that we know",
}
"""In English, for the sentence of `Note.ADMIN_API_ABSENT`."""

NOTE_TEXTS: Mapping[Note, str] = {
    Note.KEY_NOT_RECEIVED: (
        "The key did not reach the shop: its host strips the header that carries it. Under Advanced Parameters > "
        "Webservice, tick “Enable CGI mode for PHP”, save, and try again."
    ),
    Note.KEY_EMPTY: "The webservice key is empty. Copy it again from Advanced Parameters > Webservice.",
    Note.KEY_LENGTH: "The webservice key must have 32 characters. Copy it again, in full and without spaces.",
    Note.KEY_UNKNOWN: (
        "The shop does not recognize this webservice key, or the key is disabled. Check the key and its status."
    ),
    Note.KEY_WITHOUT_RIGHTS: (
        "The shop grants this webservice key no permission: it is unknown, disabled, or has no permission. Grant it "
        "GET on shop_urls only."
    ),
    Note.SHOP_URLS_NOT_GRANTED: (
        "The webservice key is valid but cannot read shop_urls. Grant it GET on shop_urls only."
    ),
    Note.KEY_OF_ANOTHER_SHOP: (
        "The webservice key belongs to another shop of this multistore. Associate it with this shop."
    ),
    Note.KEY_OF_ANOTHER_SITE: (
        "The shop that accepted the webservice key has a different address from the one this purchase is for."
    ),
    Note.WEBSERVICE_OFF: "The shop’s webservice is disabled. Enable it under Advanced Parameters > Webservice.",
    Note.KEY_CAN_WRITE: (
        "This webservice key has write access. We only used it to read. Replace it with a key that can only read "
        "shop_urls."
    ),
    Note.KEY_READS_MORE: (
        "This webservice key can read more than shop_urls (%(resources)s). We read nothing else. Replace it with a "
        "key that can only read shop_urls."
    ),
    Note.ADMIN_API_ABSENT: "The shop has no Admin API at the address we know: %(causes)s.",
    Note.HTTPS_HIDDEN: (
        "The shop’s proxy does not tell PrestaShop that we connect over HTTPS, so the Admin API refuses us. The host "
        "must forward this to PrestaShop."
    ),
    Note.CLIENT_REFUSED: "The shop refused this client ID and secret. Check both, and that the client is enabled.",
    Note.SCOPE_NOT_GRANTED: "The API client cannot read modules. Grant it the module_read scope only.",
    Note.TOKEN_NOT_RECEIVED: (
        "The shop issued a token but does not accept it: its host probably strips the header that carries it."
    ),
    Note.CLIENT_CAN_WRITE: (
        "This API client has write access (%(scopes)s). We only used it to read. Replace it with a client that has "
        "the module_read scope only."
    ),
    Note.CLIENT_READS_MORE: (
        "This API client can do more than read modules (%(scopes)s). We did nothing else. Replace it with a client "
        "that has the module_read scope only."
    ),
    Note.LIST_INCOMPLETE: (
        "The shop has more modules than we could read, so a module missing from the list may still be installed."
    ),
    Note.UNFINISHED_UPGRADE: (
        "The module’s files are from another version than the one installed: an upgrade was started but not "
        "finished. Finish it in the module manager."
    ),
    Note.VERSION_UNKNOWN: "The shop answered but did not give its version, or gave several.",
    Note.COOKIE_NOT_FOUND: "The shop did not set a session cookie, probably because it is behind a cache.",
    Note.COOKIE_NOT_SOLVED: (
        "The shop’s session cookie matches no PrestaShop release we know: it may be a development version or a "
        "variant of PrestaShop."
    ),
    Note.NO_MODULE_SEEN: "No module can be seen on the shop’s home page. Some may still be installed.",
    Note.CONFIG_NOT_READABLE: (
        "The module’s description file cannot be read from outside, as is usual since PrestaShop 8.0.1. The module "
        "may still be installed."
    ),
    Note.CONFIG_FORBIDDEN: (
        "The shop’s server refuses access to the module’s description file. Since PrestaShop 8.0.1, Apache answers "
        "this way when the module’s folder exists: this is a hint, not a proof."
    ),
    Note.CONFIG_NOT_FOUND: (
        "The module’s description file is not at this address. PrestaShop may not have created it yet, so the module "
        "may still be installed."
    ),
    Note.MAY_BE_STALE: "Read from a description file that PrestaShop does not always keep up to date.",
    Note.SEEN_IN_CODE: (
        "Seen in the code of the shop’s home page, which loads a file from this module. A theme can mention a module "
        "that has been removed, so this alone never leads to a refusal."
    ),
    Note.COOKIE_RENAMED: "The shop’s session cookie has a custom name, which does not reveal the version.",
    Note.FORK: "The shop runs %(platform)s, a variant of PrestaShop, not PrestaShop itself.",
    Note.IN_MAINTENANCE: "The shop is in maintenance mode or overloaded: its pages are not available.",
    Note.BOT_CHALLENGE: (
        "The site asks visitors to prove that they are not robots, us included, so we could not see its pages."
    ),
    Note.PASSWORD_REQUIRED: "The site requires a user name and password before it shows any page.",
    Note.OTHER_PLATFORM: (
        "The page at this address looks like a platform other than PrestaShop, or a variant under another name. "
        "Check that this is the shop’s address."
    ),
    Note.COMPANION_ABSENT: "The companion module did not answer: it is not installed on the shop, or it is disabled.",
    Note.REPORT_NOT_SIGNED: "The companion’s report is not signed with the key that was given. Check the key.",
    Note.REPORT_MALFORMED: "The companion’s report cannot be read. Update the companion module.",
    Note.REPORT_NOT_FRESH: "The companion’s report was not made for this check.",
    Note.REPORT_OF_ANOTHER_SHOP: "The companion’s report is about a different shop from the one this purchase is for.",
    Note.REPORT_LATE: (
        "A companion’s report arrived after this check had ended, when its code was no longer valid. Start another "
        "check to send a new report."
    ),
    Note.REPORT_TOO_LARGE: (
        "The companion’s report is too large to be read. Update the companion module, which leaves out what does not "
        "fit."
    ),
    Note.NOT_THE_SHOP: "This is not the shop’s address, or a firewall answered instead.",
    Note.BLOCKED: "A firewall or the shop’s host blocked us before PrestaShop could answer.",
    Note.SHOP_ERROR: "The shop answered with an error.",
    Note.TOO_SLOW: "The shop did not answer in time.",
    Note.TOO_LARGE: "The shop’s answer was too large and was cut off.",
    Note.UNREADABLE: "The shop’s answer cannot be read.",
    Note.UNREACHABLE: "The shop could not be reached, or closed the connection.",
    Note.NOT_SECURE: "The shop does not use HTTPS, and we never send credentials without encryption.",
    Note.BAD_CERTIFICATE: (
        "The shop’s certificate has expired or was issued for another name, so no secure connection is possible."
    ),
    Note.NOT_FOUND: "There is no such page at this address. The shop may be in another folder.",
    Note.NOT_ASKED: "We did not request this, to avoid loading the shop with requests.",
    Note.GONE_WRONG: "Something went wrong on our side. This says nothing about the shop.",
}


def in_english(note: Note, facts: Mapping[str, Any], *, version: str | None = None) -> str:
    """Return the sentence for developers and the command line. `version`: the platform's, where it is known."""
    values = {name: _listed(value) for name, value in facts.items()}
    if note is Note.ADMIN_API_ABSENT:
        values["causes"] = "; or ".join(ABSENCE_CAUSES[cause] for cause in absence_causes(version))
    return NOTE_TEXTS[note] % values if values else NOTE_TEXTS[note]


def _listed(value: Any) -> Any:
    """A value of a sentence: a list of texts or numbers one after the other."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
