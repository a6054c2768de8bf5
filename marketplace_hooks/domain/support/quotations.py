"""Quotations: which lines of a mail its author wrote, and which are another mail's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_LINE = 300
"""What introduces a quotation is shorter; only the beginning of a line is looked at."""

_QUOTED = re.compile(r"[>|│]")
_MARK = re.compile(r"[>│]")

# "On 4 May 2026, Anna wrote:", in one line or wrapped to two: it names a date or an address.
_ATTRIBUTION = re.compile(
    r"""(?ix) (?=.*[\d@])
    (?: on\b.{1,200}\bwrote | le\b.{1,200}\ba\ [ée]crit | am\b.{1,200}\bschrieb\b.{0,100}
      | el\b.{1,200}\bescribi[óo] | il\b.{1,200}\bha\ scritto | op\b.{1,200}\b(?:schreef|geschreven)\b.{0,100}
      | em\b.{1,200}\bescreveu | a\b.{1,200}\bescreveu | den\b.{1,200}\bskrev\b.{0,100}
      | (?:w\ )?dni[au]\b.{1,200}\b(?:napisa[łl]|pisze|pisał).{0,10}
      | (?:pon|wt|śr|sr|czw|pt|sob|niedz)\.?,?\ .{1,200}\bnapisa[łl].{0,10}
      | .{1,100}<[^<>\s]{1,100}@[^<>\s]{1,100}>\ (?:wrote|a\ [ée]crit|schrieb|escreveu|napisa[łl]).{0,60}
    )\ ?:\s*$"""
)
_ORIGINAL_MESSAGE = re.compile(
    r"(?i)-{2,} ?(?:original message|message d'origine|message transféré|ursprüngliche nachricht"
    r"|weitergeleitete nachricht|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato"
    r"|oorspronkelijk bericht|doorgestuurd bericht|mensagem original|mensagem encaminhada|wiadomość oryginalna"
    r"|oryginalna wiadomość|przekazana wiadomość|forwarded message)"
)
_RULE = re.compile(r"[_\-=*]{5,}$")
_FROM_HEADER = re.compile(r"(?i)[*\s]*(?:from|de|von|da|van|od)[*\s]*:")
_MAIL_HEADER = re.compile(
    r"(?i)[*\s]*(from|de|von|da|van|od|sent|date|to|cc|dw|subject|envoyé|à|objet|gesendet|an|betreff|datum|enviado"
    r"|enviada(?: em)?|para|asunto|assunto|fecha|inviato|a|oggetto|data|verzonden|aan|onderwerp|wysłan[oe]|do|temat"
    r")[*\s]*:"
)


@dataclass(frozen=True)
class OwnLines:
    """The lines an author wrote. `below_headers`: there are lines below another mail's headers, which stand first
    and bear no marks of a quotation, so that it cannot be told who wrote them; `lines` is empty then."""

    lines: Sequence[str]
    below_headers: bool = False


def own_lines(lines: Sequence[str]) -> OwnLines:
    """Return the author's own among a mail's lines, which are stripped of blanks at both ends.

    Taken away: lines marked as quoted with the line that introduces them, and everything below the headers of another
    mail, unless marks tell the author's lines from the quoted ones.
    """
    text_begins = _end_of_leading_headers(lines)
    if text_begins is None:
        return OwnLines(_without_quotes(lines))
    below = [line for line in lines[text_begins:] if line]
    if below and not _MARK.match(below[0]):
        return OwnLines((), below_headers=True)
    return OwnLines(_without_quotes(lines[text_begins:]))


def _end_of_leading_headers(lines: Sequence[str]) -> int | None:
    """Return where another mail's headers end if they stand before everything else."""
    first = next((n for n, line in enumerate(lines) if line and not _is_divider(line)), len(lines))
    if first == len(lines) or not _opens_mail_headers(lines, first):
        return None
    return next((n for n in range(first, len(lines)) if not _MAIL_HEADER.match(lines[n])), len(lines))


def _is_divider(line: str) -> bool:
    return bool(_ORIGINAL_MESSAGE.match(line[:LONGEST_LINE]) or _RULE.match(line[:LONGEST_LINE]))


def _without_quotes(lines: Sequence[str]) -> list[str]:
    last_quoted = max((number for number, line in enumerate(lines) if _QUOTED.match(line)), default=-1)
    own: list[str] = []
    for number, line in enumerate(lines):
        if _ORIGINAL_MESSAGE.match(line) or _opens_mail_headers(lines, number):
            break
        if _introduces_quote(lines, number):
            # Without any mark below, all that is below is the quote; with marks, what is unmarked is the author's.
            if last_quoted < number:
                break
        elif not _QUOTED.match(line) and not (number and _introduces_quote(lines, number - 1, wrapped=True)):
            own.append(line)
    return own


def _introduces_quote(lines: Sequence[str], number: int, *, wrapped: bool = False) -> bool:
    """Say whether "On 4 May, Anna wrote:" stands on this line, or begins here and ends on the next.

    `wrapped` asks for the second alone.
    """
    alone = _attributes(lines[number])
    over_two = not alone and _attributes(" ".join(lines[number : number + 2]))
    return over_two or (alone and not wrapped)


def _attributes(line: str) -> bool:
    return len(line) <= 2 * LONGEST_LINE and _ATTRIBUTION.match(line) is not None


def _opens_mail_headers(lines: Sequence[str], number: int) -> bool:
    """Say whether From:, Sent:, To: begin here, in any order, as Outlook puts them above what it quotes."""
    if not _MAIL_HEADER.match(lines[number]):
        return False
    found = [_MAIL_HEADER.match(line) for line in lines[number : number + 3]]
    names = {match[1].lower() for match in found if match}
    return len(names) == 3 and any(_FROM_HEADER.match(line) for line in lines[number : number + 3])
