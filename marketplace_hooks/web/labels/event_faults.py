"""Event fault labels: what is wrong with an event's content, in the reader's words.

The messages in the inbox are English, for developers, and are written by the schemas' library, by our schemas and by
what applies events: what is wrong, or why an event has changed nothing. Each is recognised by its wording here; one
that is not known is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...domain.privacy import FORGOTTEN
from ...models.access import Role
from ..i18n.language import LazyText, gettext, lazy
from .conflicts import CONFLICTS
from .fix_outcomes import fix_outcome_label

_MESSAGES: tuple[tuple[str, LazyText], ...] = (
    (r"Missing data for required field\.|Required (when|unless) presale is true\.", lazy("It is missing.")),
    (r"Field may not be null\.", lazy("It must have a value: null is not allowed.")),
    (r"Not a valid (utf-8 )?string\.", lazy("It must be text.")),
    (r"Not a valid integer\.", lazy("It must be a whole number.")),
    (r"Not a valid boolean\.", lazy("It must be true or false.")),
    (r"Not a valid list\.", lazy("It must be a list.")),
    (r"Not a valid mapping type\.|Invalid (input )?type\.", lazy("It must be an object.")),
    (r"Not a valid date\.|.* cannot be formatted as a date\.", lazy("It must be a day, such as 2026-03-02.")),
    (
        r"Must be an instant with its offset.*",
        lazy("It must be a date and time with a UTC offset, such as 2026-03-02T10:00:00+01:00."),
    ),
    (r"lies more than 5 minutes in the future", lazy("It is more than 5 minutes in the future.")),
    (r"Number too large\.", lazy("The number is too large.")),
    (r"Must be greater than or equal to (?P<least>\d+)\.", lazy("It must be at least %(least)s.")),
    (r"Must be less than or equal to (?P<most>\d+)\.", lazy("It must be at most %(most)s.")),
    (
        r"Must be greater than or equal to (?P<least>\d+) and less than or equal to (?P<most>\d+)\.",
        lazy("It must be between %(least)s and %(most)s."),
    ),
    (r"Shorter than minimum length (?P<least>\d+)\.", lazy("It is too short: at least %(least)s.")),
    (r"Longer than maximum length (?P<most>\d+)\.", lazy("It is too long: at most %(most)s.")),
    (
        r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.",
        lazy("Its length must be between %(least)s and %(most)s."),
    ),
    (r"Length must be (?P<equal>\d+)\.", lazy("Its length must be %(equal)s.")),
    (r"Must be one of: (?P<choices>.*)\.", lazy("It must be one of: %(choices)s.")),
    (r"Must not be blank\.", lazy("It must not be blank.")),
    (r"Must be a text, or a text for each language\.", lazy("It must be text, or text for each language.")),
    (r"Must be a language: fr\.", lazy("It must be a language code, such as fr.")),
    (r"Must be ISO 4217: EUR\.", lazy("It must be a currency code, such as EUR.")),
    (r"Must be ISO 3166-1: FR\.", lazy("It must be a country code, such as FR.")),
    (r"Must be a path inside (the shop|the module's folder).*", lazy("It must be a path inside the folder.")),
    (r"Must be a SHA-256 in 64 .*", lazy("It must be a SHA-256 hash of 64 lower-case hexadecimal digits.")),
    (
        r"Must be an https address in ASCII.*",
        lazy("It must be an https address in ASCII, without a user name or password."),
    ),
    (r"A paid release has a price\.", lazy("A paid release must have a price.")),
    (r"A free release has no price\.", lazy("A free release must not have a price.")),
    (r"Left out when presale is true\.", lazy("It must be left out if the question is asked before a purchase.")),
    (r"A shortened closure has a last day\.", lazy("A shortened closure must have a last day.")),
    (r"must not be before first_day", lazy("It must not be before the first day.")),
    (r"is not the purchase's", lazy("It does not match the purchase.")),
    (
        r"is (?P<known>.*) in the (purchase|release) known here",
        lazy("It contradicts the known value: %(known)s."),
    ),
    (
        r"is a release of .*, the purchase is of .*",
        lazy("The release belongs to a different product from the purchase."),
    ),
    (r"is a free release: nobody buys it", lazy("This release is free and cannot be bought.")),
    (r"the release is sold in (?P<currency>[A-Z]+)", lazy("The release is sold in %(currency)s.")),
    (r"the purchase was paid in (?P<currency>[A-Z]+)", lazy("The purchase was paid in %(currency)s.")),
    (r"(?P<asked>\S+ \S+) were asked for", lazy("A different amount was requested: %(asked)s.")),
    (r"this charge was for .*", lazy("This charge paid for something else.")),
    (r"it was (?P<paid>\S+ \S+)", lazy("This charge was recorded with a different amount: %(paid)s.")),
    (r"the product was free: .*", lazy("The product was free, so it has no Business Care.")),
    (r"its body is no longer kept", lazy("Its content is no longer stored.")),
    (r"The mapping failed: (?P<why>.*)", lazy("The mapping failed: %(why)s")),
    (r"The mapping returned more than (?P<most>\d+) events\.", lazy("The mapping made more than %(most)s events.")),
    (
        r"Event (?P<number>\d+) of the mapping is no mapping .*",
        lazy("Event %(number)s of the mapping has no type or no data."),
    ),
    (
        r"Event (?P<number>\d+) of the mapping has a type that is not known: (?P<type>.*)",
        lazy("Event %(number)s of the mapping has a type that does not exist: %(type)s"),
    ),
    (
        r"Event (?P<number>\d+) of the mapping is larger than (?P<most>\d+) bytes\.",
        lazy("Event %(number)s of the mapping has more than %(most)s bytes."),
    ),
    (
        r"Event (?P<number>\d+) of the mapping (is not JSON|cannot be stored): (?P<why>.*)",
        lazy("Event %(number)s of the mapping cannot be stored: %(why)s"),
    ),
    (r"Its source has no mapping any more\.", lazy("Its source is no longer configured with a mapping.")),
    (
        r"WEBHOOK_SENDERS: the mapping (?P<name>.*) (cannot be loaded: .*|is not a function\.)",
        lazy("The mapping %(name)s cannot be loaded."),
    ),
    (
        r"Another event has the id of one that was mapped: (?P<id>.*)",
        lazy("One of its events would have the same ID as an existing event: %(id)s"),
    ),
    (r"the customer was erased before", lazy("The customer’s data has already been erased.")),
    (r"(the purchase|the request) is known|known already(, or nothing to change)?", lazy("This is already known.")),
    (r"nothing to change for \w+: it is \w+", lazy("It already has this status.")),
    (
        r"it is held by .+, not by \w+",
        lazy("Someone else took it offline: only whoever took it offline can put it back online."),
    ),
    (
        r"it is \w+ and cannot become .*",
        lazy("It has been permanently disabled. Only the marketplace can reinstate it."),
    ),
    (r"Not a known type\.", lazy("Unknown event type.")),
    (r"An event is at most (?P<most>\d+) bytes\.", lazy("An event must not exceed %(most)s bytes.")),
    (r"the body must be an object with .*", lazy("It must be an object with type, timestamp and data.")),
    (r"type must be a dotted name .*", lazy("The type must be a name such as product.upserted.")),
    (r"timestamp must be RFC 3339 .*", lazy("The timestamp must be a date and time with a UTC offset.")),
    (r"data must be an object", lazy("The data must be an object.")),
    (r"an object has the same name twice", lazy("An object contains the same key twice.")),
    (r"the body is nested .*", lazy("It is nested too deeply.")),
    (r"a string holds .*", lazy("Some text contains a character that cannot be stored.")),
    (r"a number is too large", lazy("The number is too large.")),
    (
        r"the body is not JSON: .* line (?P<line>\d+) column (?P<column>\d+) .*",
        lazy("This is not valid JSON: check line %(line)s, character %(column)s."),
    ),
    (FORGOTTEN, lazy("The details of this error are no longer stored.")),
    (r"the body is not (JSON|UTF-8).*|.* is not JSON", lazy("This is not valid JSON.")),
)
_KNOWN = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in _MESSAGES)
_MAPPED = re.compile(
    r"Event (?P<number>\d+) of the mapping \((?P<type>[^()]*)\), (?P<path>[^:]*): (?P<fault>.*)", re.DOTALL
)
"""What is wrong with one event that the mapping of a sender has returned."""


def fault_label(fault: Mapping[str, str]) -> str:
    """What is wrong, in a sentence; `fault` is one of an event's errors."""
    code = fault.get("code", "")
    if code in CONFLICTS:
        return CONFLICTS[code].for_role(Role.OPERATOR)
    message = fault.get("message", "")
    if found := _MAPPED.fullmatch(message):
        place = gettext("Event %(number)s of the mapping (%(type)s), %(path)s:", **found.groupdict())
        return f"{place} {fault_label({'message': found['fault']})}"
    if outcome := fix_outcome_label(message):
        return outcome
    for pattern, text in _KNOWN:
        if found := pattern.fullmatch(message):
            return gettext(text.message, **found.groupdict())
    return message


def is_known(message: str) -> bool:
    """Whether there are words for this message."""
    return any(pattern.fullmatch(message) for pattern, _ in _KNOWN)
