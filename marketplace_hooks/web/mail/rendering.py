"""Mail rendering: the plain-text mail about an event, in its reader's language.

Everything personal or long stays in the conversation that the mail links to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from ...config.settings import Settings
from ...domain.instants import parse_instant
from ...domain.notifications import MailFacts, Reader, RenderedMail
from ...domain.visible_text import is_blank
from ..i18n.formatting import LANGUAGES, Wording
from ..i18n.language import DEFAULT_LANGUAGE, LazyText
from ..labels.business_care import ENTITLEMENT_CODES, REMEDIES
from ..labels.label import Label
from ..labels.refusal_grounds import GROUNDS
from ..labels.support import CLOSED_REASONS, KINDS, MISSING
from .texts import FOOTER, FOOTER_ACCOUNT, GREETING, MAIL_TEXTS, REASON_GIVEN, SEE, SEE_ACCOUNT, MailText

WIDTH = 76
_PATHS = {Reader.CUSTOMER: "/support/", Reader.SELLER: "/seller/requests/"}


def render_mail(settings: Settings, facts: MailFacts, locale: str) -> RenderedMail | None:
    """The mail about an event, for a reader of this locale; None when nobody is mailed about it."""
    mail = _mail_text(facts)
    if mail is None:
        return None
    language = locale.replace("_", "-").partition("-")[0].lower()
    wording = Wording.of(language if language in LANGUAGES else DEFAULT_LANGUAGE, settings.reference_zone)
    values = _values(wording, facts)
    request_id = facts.data.get("request_id")
    site_url = f"{settings.public_url.rstrip('/')}{settings.url_prefix}"
    if request_id is None:
        see = SEE_ACCOUNT
        url = f"{site_url}/account"
        footer = FOOTER_ACCOUNT
    else:
        see = SEE
        url = f"{site_url}{_PATHS[facts.reader]}{quote(str(request_id), safe='')}"
        footer = FOOTER
    paragraphs = [
        _paragraph(wording, GREETING, {"name": facts.reader_name}),
        _paragraph(wording, mail.text, values),
        *_withdrawal_reason(wording, facts),
        f"{wording.gettext(see.message)}\n{url}",
        "\n".join(("-- ", *_signature(settings, wording, footer))),
    ]
    subject = wording.gettext(mail.subject.message, **values)
    return RenderedMail(subject=subject, text="\n\n".join(paragraphs) + "\n", language=wording.language)


def _signature(settings: Settings, wording: Wording, footer: LazyText) -> list[str]:
    """What stands below every mail: whose it is, that nobody reads replies, and the text of the footer."""
    own_text = settings.footer_text.get(wording.language, "")
    paragraphs = (settings.brand_name, wording.gettext(footer.message), own_text)
    return [_wrapped(paragraph) for paragraph in paragraphs if paragraph]


def _withdrawal_reason(wording: Wording, facts: MailFacts) -> list[str]:
    """Why the product was withdrawn, as it was said then, in the mail that says so; nothing in any other."""
    reason = str(facts.cause.get("reason") or "")
    if facts.data.get("by") != "withdrawal" or is_blank(reason):
        return []
    return [_paragraph(wording, REASON_GIVEN, {"reason": reason})]


def _mail_text(facts: MailFacts) -> MailText | None:
    """The text for the event, or for the variant of it that its data say."""
    data = facts.data
    texts = MAIL_TEXTS[facts.reader]
    variant = data.get("by") or data.get("act")
    if data.get("proposed_kind"):
        variant = "proposed"
    elif data.get("payment_disputed"):
        variant = "disputed"
    elif data.get("accepted"):
        variant = "accepted"
    elif data.get("due_before"):
        variant = "due"
    return texts.get(f"{facts.type}:{variant}") or texts.get(facts.type)


def _values(wording: Wording, facts: MailFacts) -> dict[str, str]:
    """Everything that a text may name, in the reader's language; empty where the event does not say it."""
    data = facts.data
    until = next((data[name] for name in ("until", "contest_until", "waits_until", "due_before") if data.get(name)), "")
    # Of a refund that is complete, what was refunded: nothing is owed any more.
    amount = (data.get("total") if "settled_at" in data else data.get("amount")) or {}
    why = _find(CLOSED_REASONS, data.get("reason")) or _find(ENTITLEMENT_CODES, data.get("code"))
    title = wording.localized(facts.product_title).plain if facts.product_title else ""
    return {
        "about": facts.request_subject or "",
        "product": title or str(data.get("product_id") or ""),
        "until": _day(wording, data.get("request_at") or data.get("last_day_to_refuse") or until),
        "last_day": _day(wording, data.get("last_day") or ""),
        "ended_on": _day(wording, data.get("ended_at") or ""),
        "amount": wording.money(amount["amount_cents"], amount["currency"]) if amount else "",
        "missing": ", ".join(_translated(wording, _find(MISSING, name)) for name in data.get("missing") or ()),
        "ground": ", ".join(
            _within_sentence(_translated(wording, _find(GROUNDS, code)))
            for code in data.get("added_grounds") or [data.get("ground")]
        ),
        "kind": _translated(wording, _find(KINDS, data.get("proposed_kind") or data.get("kind"))),
        "why": _translated(wording, _for_reader(why, facts.reader)),
        "remedy": _translated(wording, _for_reader(_find(REMEDIES, data.get("remedy")), facts.reader)),
    }


def _find(labels: Mapping[Any, Any], code: Any) -> Any:
    return labels.get(str(code))


def _for_reader(label: Label | None, reader: Reader) -> LazyText | None:
    """The text of a label that speaks to this reader."""
    if label is None:
        return None
    return (label.for_customer if reader is Reader.CUSTOMER else label.for_seller) or label.text


def _within_sentence(text: str) -> str:
    """A text that is a sentence elsewhere, to follow a colon."""
    return text[:1].lower() + text[1:]


def _translated(wording: Wording, label: LazyText | Label | None) -> str:
    text = label.text if isinstance(label, Label) else label
    return wording.gettext(text.message) if text else ""


def _day(wording: Wording, value: str) -> str:
    """The day of an ISO date, or the last day before an instant: what is due before midnight is due the day before."""
    if not value:
        return ""
    instant = parse_instant(value) if "T" in value else None
    return wording.day(instant - timedelta(seconds=1)) if instant else wording.day(date.fromisoformat(value))


def _paragraph(wording: Wording, text: LazyText, values: Mapping[str, str]) -> str:
    return _wrapped(wording.gettext(text.message, **values).strip())


def _wrapped(text: str) -> str:
    lines = text.splitlines() or [""]
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines)
