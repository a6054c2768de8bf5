"""How is a mail to a person put into words, in the reader's language?

Plain text: everything personal or long stays in the conversation that it leads to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from ...config.settings import Settings
from ...domain.instants import parse_instant
from ...domain.notifications import MailFacts, Reader, RenderedMail
from ..i18n.formatting import LANGUAGES, Wording
from ..i18n.language import DEFAULT_LANGUAGE, LazyText
from ..labels.refusal_grounds import GROUNDS
from ..labels.support import ENTITLEMENT, KINDS, MISSING, REMEDIES
from .texts import CLOSED, FOOTER, FOOTER_ACCOUNT, GREETING, MAIL_TEXTS, SEE, SEE_ACCOUNT, MailText

WIDTH = 76
_PLACES = {Reader.CUSTOMER: "/support/", Reader.SELLER: "/seller/requests/"}


def render_mail(settings: Settings, facts: MailFacts, locale: str) -> RenderedMail | None:
    """The mail that tells of an event, for a reader of this locale; None when there are no words for it."""
    words = _words(facts)
    if words is None:
        return None
    language = locale.replace("_", "-").partition("-")[0].lower()
    wording = Wording.of(language if language in LANGUAGES else DEFAULT_LANGUAGE, settings.reference_zone)
    values = _values(wording, facts)
    request_id = facts.data.get("request_id")
    site_url = f"{settings.public_url.rstrip('/')}{settings.url_prefix}"
    if request_id is None:
        see = SEE_ACCOUNT
        address = f"{site_url}/account"
        footer = FOOTER_ACCOUNT
    else:
        see = SEE
        address = f"{site_url}{_PLACES[facts.reader]}{quote(str(request_id), safe='')}"
        footer = FOOTER
    parts = [
        _filled(wording, GREETING, {"name": facts.reader_name}),
        _filled(wording, words.text, values),
        f"{wording.gettext(see.message)}\n{address}",
        f"-- \n{_wrapped(wording.gettext(footer.message))}",
    ]
    subject = wording.gettext(words.subject.message, **values)
    return RenderedMail(subject=subject, text="\n\n".join(parts) + "\n", language=wording.language)


def _words(facts: MailFacts) -> MailText | None:
    """The words for the event, for what it says where it may say several things."""
    data = facts.data
    known = MAIL_TEXTS[facts.reader]
    variant = data.get("by")
    if data.get("proposed_kind"):
        variant = "proposed"
    elif data.get("due_before"):
        variant = "due"
    return known.get(f"{facts.type}:{variant}") or known.get(facts.type)


def _values(wording: Wording, facts: MailFacts) -> dict[str, str]:
    """Everything that a text may name, in the reader's language; empty where the event does not say it."""
    data = facts.data
    until = next((data[name] for name in ("until", "contest_until", "waits_until", "due_before") if data.get(name)), "")
    amount = data.get("amount") or {}
    reason = data.get("reason")
    code = data.get("code")
    title = wording.localized(facts.product_title).plain if facts.product_title else ""
    return {
        "about": facts.request_subject or "",
        "product": title or str(data.get("product_id") or ""),
        "until": _day(wording, data.get("request_at") or data.get("last_day_to_refuse") or until),
        "last_day": _day(wording, data.get("last_day") or ""),
        "amount": wording.money(amount["amount_cents"], amount["currency"]) if amount else "",
        "missing": ", ".join(_said(wording, MISSING, name) for name in data.get("missing") or ()),
        "ground": _said(wording, GROUNDS, data.get("ground")),
        "kind": _said(wording, KINDS, data.get("proposed_kind") or data.get("kind")),
        "why": _said(wording, CLOSED, reason) or _said(wording, ENTITLEMENT, code),
        "remedy": _said(wording, REMEDIES, data.get("remedy")),
    }


def _said(wording: Wording, words: Mapping[Any, LazyText], key: Any) -> str:
    known = words.get(str(key))
    return wording.gettext(known.message) if known else ""


def _day(wording: Wording, told: str) -> str:
    """A day as told, or the last day before an exclusive instant: what is due before midnight is due the day before."""
    if not told:
        return ""
    instant: datetime | None = parse_instant(told) if "T" in told else None
    return wording.day(instant - timedelta(seconds=1)) if instant else wording.day(date.fromisoformat(told))


def _filled(wording: Wording, marked: LazyText, values: Mapping[str, str]) -> str:
    return _wrapped(wording.gettext(marked.message, **values).strip())


def _wrapped(text: str) -> str:
    lines = text.splitlines() or [""]
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines)
