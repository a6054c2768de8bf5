"""Reply parsing: what the author of a mail wrote, once quotations, signature and disclaimer are taken away."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

# Not the standard library's: signatures and disclaimers in a dozen languages are a body of knowledge that this package
# keeps well and we would keep badly (`deadlines.md` 9 names it). It is pure: text in, text out.
from mailparser_reply.parser import EmailMessage

from .answer_evidence import answer_pieces
from .mobile_signatures import is_mobile_signature
from .quotations import own_lines
from .text_folding import folded

LONGEST_LINE = 300
LONGEST_TEXT = 4_000
"""The parser's expressions grow with the square of what they read. Whether anything was written at all shows early."""

LONGEST_BEGINNING = 200_000
LONGEST_END = 50_000
"""Of a longer mail, what lies between its beginning and its end is not looked at: nobody answers there."""

LONGEST_PARAGRAPH = 2_000
"""Of one line, this much is read; HTML and many clients put a whole paragraph on one line."""

_LANGUAGES = ["en", "fr", "de", "es", "it", "nl", "da", "sv"]

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_BLANKS = str.maketrans("\u00a0\u202f\u2007\u3000", "    ")

_LINE_BREAKING_TAG = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6])(?:\s[^<>]*)?/?>")
_TAG = re.compile(r"(?i)</?[a-z][a-z0-9]{0,15}(?:\s[^<>]*)?/?>")
_IMAGE = re.compile(r"\[(?:image|cid) ?:[^\[\]]{0,300}\]")
_TABLE_ROW = re.compile(r"\|(?P<cells>.*)\|$")
_HELPDESK_MARK = re.compile(r"##- .* -##$")

_CLOSING = re.compile(
    r"(?i)(?:bien |très )?(?:cordialement|sincèrement|amicalement)|(?:meilleures |sincères )?salutations"
    r"|(?:best|kind|warm|with kind|with best) regards|regards|sincerely|yours sincerely"
    r"|(?:mit )?freundlichen grü(?:ß|ss)en|(?:viele|beste|liebe|freundliche) grü(?:ß|ss)e|mfg"
    r"|(?:un )?(?:cordial )?saludos?|atentamente|cordiali saluti|distinti saluti|cordialmente|atenciosamente"
    r"|(?:com os melhores )?cumprimentos|met vriendelijke groet(?:en)?|(?:hartelijke )?groeten"
    r"|med vänliga hälsningar|med venlig hilsen|z poważaniem|pozdrawiam(?: serdecznie)?|z wyrazami szacunku"
)


class _NormalisedMessage(EmailMessage):  # type: ignore[misc] # the package ships no types
    def _normalize_text(self) -> None:
        """Leave the text alone: its lines are stripped already, and the parser's own way warns from Python 3.13 on."""


def written_text(body: str) -> str:
    """Return what the author wrote, or "" where nothing is left (`deadlines.md` 9).

    Taken away: invisible characters and the marks of HTML; quotations (see `quotations`); the signature, a mobile
    client's among them, or a closing formula that stands alone; disclaimers. Text written below a quote stays. Only
    the beginning of a long text is returned.
    """
    text = "\n".join(line[:LONGEST_LINE] for line in _unsigned(_lines(body))).strip()[:LONGEST_TEXT]
    if not text or _closes(text.partition("\n")[0]):
        return ""
    message = _NormalisedMessage(text=text, languages=list(_LANGUAGES), keep_hyphen_lists=True).read()
    reply = message.replies[0]
    # Headers before anything else would be a quote, and quotes are gone: the parser took a list ("A: …") for them.
    if reply.headers:
        return text
    # Nothing but a disclaimer, it says; but it takes every sentence for one that begins "Warning:" and names a mail.
    return str(reply.body).strip() or (text if reply.disclaimers and _answers(text) else "")


def _answers(text: str) -> bool:
    return answer_pieces(folded(text)[:LONGEST_TEXT], in_a_note=False) > 0


def unquoted_text(body: str) -> str:
    """Return everything but quotations and a mobile client's signature: where to look for signs of a machine.

    What the parser takes for a signature stays, for it takes whole texts that begin with "Thanks,". Only the beginning
    of a long text is returned.
    """
    return "\n".join(_unsigned(_lines(body))).strip()[:LONGEST_TEXT]


def main_text(body: str) -> str:
    """Return the unquoted text above the closing formula or the signature's mark: where to look for an answer."""
    lines = unquoted_text(body).split("\n")
    end = next((n for n, line in enumerate(lines) if n and (_closes(line) or line in ("--", "—"))), len(lines))
    return "\n".join(line for line in lines[:end] if not _HELPDESK_MARK.match(line))


def is_below_headers(body: str) -> bool:
    """Say whether all the text stands below another mail's headers, so that it cannot be told who wrote it."""
    return own_lines(_without_table_marks(_lines(body))).below_headers


def _lines(body: str) -> list[str]:
    """Return a body's lines in plain text, without blanks at their ends."""
    if len(body) > LONGEST_BEGINNING + LONGEST_END:
        first_line, _, whole_lines = body[-LONGEST_END:].partition("\n")
        body = f"{body[:LONGEST_BEGINNING]}\n{whole_lines or first_line}"
    text = _TAG.sub("", _LINE_BREAKING_TAG.sub("\n", body.translate(_INVISIBLE).translate(_BLANKS)))
    return [_plain(line.strip()[:LONGEST_PARAGRAPH]) for line in text.splitlines()]


def _plain(line: str) -> str:
    if "&" in line:
        line = html.unescape(line).translate(_INVISIBLE).translate(_BLANKS).strip()
    return _IMAGE.sub("", line).strip() if "[" in line else line


def _unsigned(lines: Sequence[str]) -> list[str]:
    """Return the author's own lines without what a mobile client adds below them."""
    own = [line for line in own_lines(_without_table_marks(lines)).lines if not _is_table_rule(line)]
    while own and (not own[-1] or is_mobile_signature(own[-1])):
        own.pop()
    return own


def _without_table_marks(lines: Sequence[str]) -> list[str]:
    """Take the marks off a table's rows: a line that begins with "|" and does not end with one is a quotation."""
    return [match["cells"].strip() if (match := _TABLE_ROW.match(line)) else line for line in lines]


def _is_table_rule(line: str) -> bool:
    return "---" in line and not line.strip("|-: ")


def _closes(line: str) -> bool:
    return _CLOSING.fullmatch(line[:LONGEST_LINE].rstrip(" ,.!")) is not None
