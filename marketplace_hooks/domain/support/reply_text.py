"""Reply text: what a mail's author wrote, without quotes, signature and disclaimer."""

from __future__ import annotations

import re

# Not the standard library's: signatures and disclaimers in a dozen languages are a body of knowledge that this package
# keeps well and we would keep badly (`clocks.md` 9 names it). It is pure: text in, text out.
from mailparser_reply.parser import EmailMessage

LONGEST_LINE = 300
LONGEST_TEXT = 4_000
"""The parser's expressions grow with the square of what they read. Whether anything was written at all shows early."""

_LANGUAGES = ["en", "fr", "de", "es", "it", "nl", "da", "sv"]

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_BLANKS = str.maketrans("\u00a0\u202f\u2007\u3000", "    ")

_QUOTED = re.compile(r"[>|│]")

# "On 4 May 2026, Anna wrote:", in one line or wrapped to two: it names a date or an address.
_ATTRIBUTION = re.compile(
    r"""(?ix) (?=.*[\d@])
    (?: on\b.{1,200}\bwrote | le\b.{1,200}\ba\ [ée]crit | am\b.{1,200}\bschrieb\b.{0,100}
      | el\b.{1,200}\bescribi[óo] | il\b.{1,200}\bha\ scritto | op\b.{1,200}\bschreef\b.{0,100}
      | em\b.{1,200}\bescreveu | den\b.{1,200}\bskrev\b.{0,100} | dnia\b.{1,200}\bnapisa[łl].{0,10}
      | .{1,100}<[^<>\s]+@[^<>\s]+>\ (?:wrote|a\ [ée]crit|schrieb)
    )\ ?:\s*$"""
)
_ORIGINAL_MESSAGE = re.compile(
    r"(?i)-{2,} ?(?:original message|message d'origine|message transféré|ursprüngliche nachricht"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|forwarded message).*"
)
_FROM_HEADER = re.compile(r"(?i)[*\s]*(?:from|de|von|da|van) ?:")
_MAIL_HEADER = re.compile(
    r"(?i)[*\s]*(?:sent|date|to|cc|subject|envoyé|à|objet|gesendet|an|betreff|datum|enviado|para|asunto|fecha"
    r"|inviato|a|oggetto|data|verzonden|aan|onderwerp) ?:"
)
_CLOSING_ALONE = re.compile(
    r"(?i)(?:bien |très )?(?:cordialement|sincèrement|amicalement)|(?:meilleures |sincères )?salutations"
    r"|(?:best|kind|warm|with kind|with best) regards|regards|sincerely|yours sincerely"
    r"|(?:mit )?freundlichen grü(?:ß|ss)en|(?:viele|beste|liebe|freundliche) grü(?:ß|ss)e|mfg"
    r"|(?:un )?saludos?|atentamente|cordiali saluti|distinti saluti|atenciosamente|met vriendelijke groet(?:en)?"
    r"|med vänliga hälsningar|med venlig hilsen|z poważaniem"
)


class _NormalisedMessage(EmailMessage):  # type: ignore[misc] # the package ships no types
    def _normalize_text(self) -> None:
        """Leave the text alone: its lines are stripped already, and the parser's own way warns from Python 3.13 on."""


def written_text(body: str) -> str:
    """Return what the author wrote, or "" where nothing is left (`clocks.md` 9).

    Taken away: invisible characters; lines marked as quoted with the line that introduces them; everything under a
    forwarded message's headers; the signature, or a closing formula that stands alone; disclaimers. Text written below
    a quote stays. Only the beginning of a long text is returned.
    """
    lines = [line.strip() for line in body.translate(_INVISIBLE).translate(_BLANKS).splitlines()]
    text = "\n".join(line[:LONGEST_LINE] for line in _without_quotes(lines)).strip()[:LONGEST_TEXT]
    if not text or _CLOSING_ALONE.fullmatch(text.partition("\n")[0].rstrip(" ,.!")):
        return ""
    message = _NormalisedMessage(text=text, languages=list(_LANGUAGES), keep_hyphen_lists=True).read()
    reply = message.replies[0]
    # Headers before anything else would be a quote, and quotes are gone: the parser took a list ("A: …") for them.
    return text if reply.headers else str(reply.body).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    last_quoted = max((number for number, line in enumerate(lines) if _QUOTED.match(line)), default=-1)
    remaining: list[str] = []
    for number, line in enumerate(lines):
        if _ORIGINAL_MESSAGE.match(line) or _opens_mail_headers(lines[number : number + 3]):
            break
        if _introduces_quote(lines, number):
            # Without any mark below, all that is below is the quote; with marks, what is unmarked is the author's own.
            if last_quoted < number:
                break
        elif not _QUOTED.match(line) and not (number and _introduces_quote(lines, number - 1, wrapped=True)):
            remaining.append(line)
    return remaining


def _introduces_quote(lines: list[str], number: int, *, wrapped: bool = False) -> bool:
    """Say whether "On 4 May, Anna wrote:" stands on this line, or begins here and ends on the next.

    `wrapped` asks for the second alone.
    """
    alone = _ATTRIBUTION.match(lines[number]) is not None
    over_two = not alone and _ATTRIBUTION.match(" ".join(lines[number : number + 2])) is not None
    return over_two or (alone and not wrapped)


def _opens_mail_headers(lines: list[str]) -> bool:
    """Say whether From:, Sent:, To: begin here, as Outlook puts them above what it quotes."""
    return len(lines) == 3 and bool(_FROM_HEADER.match(lines[0])) and all(map(_MAIL_HEADER.match, lines[1:]))
