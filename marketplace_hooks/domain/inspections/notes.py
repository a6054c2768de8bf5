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
    AbsenceCause.OLDER_THAN_9: "the shop runs a PrestaShop older than 9, which has no Admin API",
    AbsenceCause.SWITCHED_OFF: "the Admin API is switched off (Advanced Parameters > Admin API)",
    AbsenceCause.MULTISTORE: "multistore is on, for which the Admin API must be switched on separately",
    AbsenceCause.OTHER_PATH: "the shop lives under another path than the address that we know",
}
"""In English, for the sentence of `Note.ADMIN_API_ABSENT`."""

NOTE_TEXTS: Mapping[Note, str] = {
    Note.KEY_NOT_RECEIVED: (
        "No key arrived at the shop: its host strips the header that carries it. Under Advanced Parameters > "
        "Webservice, tick “Enable CGI mode for PHP”, save, and try again."
    ),
    Note.KEY_EMPTY: "The webservice key is empty. Copy it again from Advanced Parameters > Webservice.",
    Note.KEY_LENGTH: "The webservice key does not have 32 characters. Copy it again, whole and without spaces.",
    Note.KEY_UNKNOWN: "The shop does not know this webservice key, or the key is inactive. Check it, and its status.",
    Note.KEY_WITHOUT_RIGHTS: (
        "The shop accepts no permission of this webservice key: it is unknown, inactive, or has no permission at all. "
        "Grant it GET on shop_urls, and nothing else."
    ),
    Note.SHOP_URLS_NOT_GRANTED: (
        "The webservice key is right, but it may not read shop_urls. Grant it GET on shop_urls, and nothing else."
    ),
    Note.KEY_OF_ANOTHER_SHOP: (
        "The webservice key belongs to another shop of this multistore. Associate it with this one."
    ),
    Note.KEY_OF_ANOTHER_SITE: (
        "The shop that accepted the webservice key says that it lives at another address than the one bound to the "
        "purchase."
    ),
    Note.WEBSERVICE_OFF: "The shop’s webservice is switched off. Switch it on under Advanced Parameters > Webservice.",
    Note.KEY_CAN_WRITE: (
        "This webservice key can write. It was only used to read; please replace it by one that may only read "
        "shop_urls."
    ),
    Note.KEY_READS_MORE: (
        "This webservice key may read more than shop_urls (%(resources)s). Nothing else was read; please replace it by "
        "one that may only read shop_urls."
    ),
    Note.ADMIN_API_ABSENT: "The shop has no Admin API at the address that we know: %(causes)s.",
    Note.HTTPS_HIDDEN: (
        "The shop’s TLS proxy hides from PrestaShop that we ask over https, so its Admin API refuses us. Its host must "
        "pass https on to PrestaShop."
    ),
    Note.CLIENT_REFUSED: "The shop refuses this client id and secret. Check both, and that the client is enabled.",
    Note.SCOPE_NOT_GRANTED: "The API client may not read modules. Grant it the scope module_read, and nothing else.",
    Note.TOKEN_NOT_RECEIVED: (
        "The shop gave us a token and does not accept it back: its host probably strips the header that carries it."
    ),
    Note.CLIENT_CAN_WRITE: (
        "This API client can write (%(scopes)s). It was only used to read; please replace it by one that has the scope "
        "module_read alone."
    ),
    Note.CLIENT_READS_MORE: (
        "This API client may do more than read modules (%(scopes)s). Nothing else was done; please replace it by one "
        "that has the scope module_read alone."
    ),
    Note.LIST_INCOMPLETE: (
        "The shop has more modules than we read, so a module missing from the list may still be there."
    ),
    Note.UNFINISHED_UPGRADE: (
        "The module’s files are of another version than the one installed: an upgrade was begun and not finished. "
        "Finish it in the module manager."
    ),
    Note.VERSION_UNKNOWN: "The shop answered without telling its version, or told several.",
    Note.COOKIE_NOT_FOUND: "The shop gave us no session cookie, probably because a cache stands in front of it.",
    Note.COOKIE_NOT_SOLVED: (
        "The shop’s session cookie fits no PrestaShop release that we know: a development version, or a variant of "
        "PrestaShop."
    ),
    Note.NO_MODULE_SEEN: "No module shows on the shop’s home page. That does not mean that there is none.",
    Note.CONFIG_NOT_READABLE: (
        "The module’s description file cannot be read from outside, as is usual since PrestaShop 8.0.1. That does not "
        "mean that the module is absent."
    ),
    Note.CONFIG_FORBIDDEN: (
        "The shop’s server refuses to show the module’s description file. With Apache, since PrestaShop 8.0.1, that is "
        "how it answers where the module’s folder exists: a hint, not a proof."
    ),
    Note.CONFIG_NOT_FOUND: (
        "There is no description file of the module at this address. PrestaShop may not have written one yet, so that "
        "does not mean that the module is absent."
    ),
    Note.MAY_BE_STALE: "Read from a description file that PrestaShop does not always bring up to date.",
    Note.SEEN_IN_CODE: (
        "Seen in the code of the shop’s home page, which loads a file of this module. A theme may name files of a "
        "module that is no longer there, so nobody is refused for this alone."
    ),
    Note.COOKIE_RENAMED: "The shop’s session cookie bears a name of its own, which does not tell the version.",
    Note.FORK: "The shop runs %(platform)s, a variant of PrestaShop, and not PrestaShop itself.",
    Note.IN_MAINTENANCE: "The shop is in maintenance, or overloaded: it shows its pages to nobody.",
    Note.BOT_CHALLENGE: (
        "The site asks its visitors to prove that they are no robots, and asked us as well: we have not seen its pages."
    ),
    Note.PASSWORD_REQUIRED: "The site asks for a name and a password before it shows any page.",
    Note.OTHER_PLATFORM: (
        "The page at this address bears the signs of another platform than PrestaShop, or of a variant under another "
        "name. Check that it is the shop’s address."
    ),
    Note.COMPANION_ABSENT: "The shop has no companion module that answers, or it is switched off.",
    Note.REPORT_NOT_SIGNED: (
        "The companion’s report does not carry the signature of the key that was given. Check the key."
    ),
    Note.REPORT_MALFORMED: "The companion’s report cannot be read. Please update the companion module.",
    Note.REPORT_NOT_FRESH: "The companion’s report was not made for this inspection.",
    Note.REPORT_OF_ANOTHER_SHOP: "The companion’s report speaks of another shop than the one bound to the purchase.",
    Note.REPORT_LATE: (
        "A companion’s report came after this check had ended, when its code no longer counted. Start another check to "
        "send a new one."
    ),
    Note.REPORT_TOO_LARGE: (
        "The companion’s report was too large to be read. Please update the companion module, which leaves out what "
        "does not fit."
    ),
    Note.NOT_THE_SHOP: "This is not the shop’s address, or a firewall answered in its place.",
    Note.BLOCKED: "A firewall, or the shop’s host, refused us before PrestaShop could answer.",
    Note.SHOP_ERROR: "The shop met an error of its own while answering.",
    Note.TOO_SLOW: "The shop did not answer in time.",
    Note.TOO_LARGE: "The shop’s answer was too large, and was cut.",
    Note.UNREADABLE: "The shop’s answer cannot be read.",
    Note.UNREACHABLE: "The shop could not be reached, or broke off the connection.",
    Note.NOT_SECURE: "The shop is not reached over https, and we send no credentials in the clear.",
    Note.BAD_CERTIFICATE: (
        "The shop’s certificate has expired or is not made for its name, so that no secure connection can be made to "
        "it."
    ),
    Note.NOT_FOUND: "There is no such page at this address. The shop may live in another folder.",
    Note.NOT_ASKED: "This was not asked, so as not to burden the shop with requests.",
    Note.GONE_WRONG: "Something went wrong on our side. It says nothing about the shop.",
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
