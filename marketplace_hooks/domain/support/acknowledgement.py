"""Acknowledgement: whether a message is a personal answer by the seller's side (`rules.md` 18).

The rules are ordered and the first match decides (`deadlines.md`, "Which message acknowledges").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from . import automatic_mail, reply_text
from .absence_wording import speaks_of_absence
from .answer_evidence import LEAST_FOR_A_SIGN, answer_pieces
from .automatic_mail import MailHeaders
from .out_of_office import decode_subject, names_phrase, out_of_office_phrase
from .receipt_wording import confirms_receipt
from .return_wording import hints_at_a_note, speaks_of_return
from .text_folding import folded

SUSPICIOUS_REPETITIONS = 5
"""The same body so often within seven days looks like a template sent by a machine."""

SUSPICIOUSLY_FAST = timedelta(seconds=60)
"""Nobody reads a request and answers it within a minute, as a rule."""

SHORT_ANSWER = 10
"""So many words may be a person's without a word of software in them, such as: Agreed, I see to it tonight."""

SHORTEST_QUOTED_SUBJECT = 3
"""A subject of so many words that stands in the body is quoted there."""


class Reason(StrEnum):
    """Why a message counts, does not, or must be judged by a person."""

    HUMAN = "human"
    NOT_SELLER = "not_seller"
    NOT_PUBLIC = "not_public"
    BEFORE_REQUEST = "before_request"
    AUTOMATION = "automation"
    NOT_A_MESSAGE = "not_a_message"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    AUTO_GENERATED = "auto_generated"
    AUTO_REPLY = "auto_reply"
    EMPTY = "empty"
    REVIEW = "review"


class Sign(StrEnum):
    """What alone decides nothing, but asks for a person's judgement."""

    BELOW_HEADERS = "below another message's headers"
    ABSENCE_WORDING = "absence wording"
    RECEIPT_WORDING = "receipt wording"
    NO_ANSWER = "no answer"
    IDENTICAL_BODY = "identical body"
    SECONDS_AFTER = "seconds after the request"
    NO_AUTHOR = "no author vouched for"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is known of one message of a support request.

    `side` is customer, seller or marketplace; `author_type` human or automation as the platform says, None where it
    says nothing; `origin` web, api (a bearer token) or email; `kind` message, status_change, assignment or note;
    `visibility` public or internal. The instants are aware: of the message's receipt (None: not known) and of the
    request's. `subject` and `request_subject`, the request's own, may hold encoded words; `headers` are (name, value)
    pairs; `attachments` counts them; `helpdesk_relay` says that it came from a helpdesk which the seller has declared;
    `identical_body_count_7d` is how often this seller sent this very body within seven days.
    """

    side: str = "seller"
    author_type: str | None = "human"
    origin: str = "web"
    kind: str = "message"
    visibility: str = "public"
    received_at: datetime | None = None
    request_received_at: datetime | None = None
    subject: str = ""
    body: str = ""
    headers: Sequence[Sequence[str]] = ()
    attachments: int = 0
    helpdesk_relay: bool = False
    identical_body_count_7d: int = 0
    request_subject: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a message acknowledges. `counts` None: a person must confirm, and once confirmed it counts at its
    original receipt. `sign` names what gave it away, for people; it is English and may be empty."""

    counts: bool | None
    reason: Reason
    sign: str = ""


def classify(message: Message) -> Verdict:
    """Say whether a message acknowledges the request, by the ordered rules of `deadlines.md`. Nothing is raised."""
    for rule in _RULES:
        verdict = rule(message)
        if verdict is not None:
            return verdict
    return Verdict(True, Reason.HUMAN)


def _no(reason: Reason, sign: str = "") -> Verdict:
    return Verdict(False, reason, sign)


def _addressed_to_the_customer(message: Message) -> Verdict | None:
    if message.side != "seller":
        return _no(Reason.NOT_SELLER, message.side)
    if message.visibility != "public":
        return _no(Reason.NOT_PUBLIC, message.visibility)
    delay = _delay(message)
    return _no(Reason.BEFORE_REQUEST) if delay is not None and delay < timedelta(0) else None


def _written_as_a_message(message: Message) -> Verdict | None:
    if message.author_type == "automation":
        return _no(Reason.AUTOMATION, "author_type")
    return _no(Reason.NOT_A_MESSAGE, message.kind) if message.kind != "message" else None


def _report_or_receipt(message: Message) -> Verdict | None:
    headers = MailHeaders(message.headers)
    if automatic_mail.is_read_receipt(headers):
        return _no(Reason.RECEIPT, "Content-Type")
    if automatic_mail.is_delivery_report(headers):
        return _no(Reason.BOUNCE, "delivery report")
    return _no(Reason.AUTO_GENERATED, "calendar reply") if automatic_mail.is_calendar_reply(headers) else None


def _submitted_automatically(message: Message) -> Verdict | None:
    value = automatic_mail.auto_submitted(MailHeaders(message.headers))
    if value in (None, "no"):
        return None
    if value != "auto-generated":
        return _no(Reason.AUTO_REPLY, f"Auto-Submitted: {value}")
    # A helpdesk that relays a person's words generates the mail itself. One that says auto-replied relays nobody.
    return None if message.helpdesk_relay else _no(Reason.AUTO_GENERATED, f"Auto-Submitted: {value}")


def _marked_by_a_vendor(message: Message) -> Verdict | None:
    name = automatic_mail.machine_header(MailHeaders(message.headers))
    return _no(Reason.AUTO_REPLY, name) if name else None


def _sent_with_reply_precedence(message: Message) -> Verdict | None:
    found = automatic_mail.has_reply_precedence(MailHeaders(message.headers))
    return _no(Reason.AUTO_REPLY, "Precedence: auto_reply") if found else None


def _sent_from_nowhere(message: Message) -> Verdict | None:
    found = automatic_mail.has_null_return_path(MailHeaders(message.headers))
    return _no(Reason.AUTO_REPLY, "null return path") if found else None


def _announced_by_its_subject(message: Message) -> Verdict | None:
    phrase = out_of_office_phrase(message.subject)
    # The customer's own words come back in the subject of every answer.
    if phrase is None or names_phrase(message.request_subject, phrase):
        return None
    return _no(Reason.AUTO_REPLY, "subject")


def _without_content(message: Message) -> Verdict | None:
    if message.attachments or reply_text.is_below_headers(message.body) or reply_text.written_text(message.body):
        return None
    return _no(Reason.EMPTY)


def _suspicious(message: Message) -> Verdict | None:
    found = signs_of(message)
    return Verdict(None, Reason.REVIEW, ", ".join(found)) if found else None


def signs_of(message: Message) -> list[Sign]:
    """What makes a message of the seller's side look like a machine's, so that a person must judge it."""
    delay = _delay(message)
    wording = _sign_of_wording(message)
    signs = {
        Sign.BELOW_HEADERS: reply_text.is_below_headers(message.body),
        **{sign: sign is wording for sign in _WORDING_SIGNS},
        Sign.IDENTICAL_BODY: message.identical_body_count_7d >= SUSPICIOUS_REPETITIONS,
        Sign.SECONDS_AFTER: delay is not None and delay < SUSPICIOUSLY_FAST,
        Sign.NO_AUTHOR: message.origin == "api" and message.author_type != "human",
    }
    return [sign for sign, seen in signs.items() if seen]


def _sign_of_wording(message: Message) -> Sign | None:
    """Weigh what machines write against what answers the request (`deadlines.md` 10)."""
    text = _searchable(reply_text.unquoted_text(message.body), message.request_subject)
    main = _searchable(reply_text.main_text(message.body), message.request_subject)
    absence = speaks_of_absence(text) or speaks_of_return(text)
    receipt = confirms_receipt(text)
    pieces = answer_pieces(main, in_a_note=absence or receipt, promises_count=not absence)
    if (absence or receipt) and pieces < LEAST_FOR_A_SIGN:
        return Sign.ABSENCE_WORDING if absence else Sign.RECEIPT_WORDING
    if pieces or message.attachments:
        return None
    return Sign.NO_ANSWER if len(main.split()) > SHORT_ANSWER or hints_at_a_note(text) else None


def _searchable(text: str, request_subject: str) -> str:
    """Fold a text, and take the request's subject out of it where it is quoted: those are the customer's words.

    Folding makes some characters many, so its result is bounded as well.
    """
    bounded = folded(text)[: reply_text.LONGEST_TEXT]
    subject = folded(decode_subject(request_subject))
    return bounded.replace(subject, " ") if len(subject.split()) >= SHORTEST_QUOTED_SUBJECT else bounded


def _delay(message: Message) -> timedelta | None:
    if message.received_at is None or message.request_received_at is None:
        return None
    return message.received_at - message.request_received_at


_WORDING_SIGNS = (Sign.ABSENCE_WORDING, Sign.RECEIPT_WORDING, Sign.NO_ANSWER)

_RULES: tuple[Callable[[Message], Verdict | None], ...] = (
    _addressed_to_the_customer,
    _written_as_a_message,
    _report_or_receipt,
    _submitted_automatically,
    _marked_by_a_vendor,
    _sent_with_reply_precedence,
    _sent_from_nowhere,
    _announced_by_its_subject,
    _without_content,
    _suspicious,
)
"""In the order of `deadlines.md`; what is left after all of them is a person's answer."""
