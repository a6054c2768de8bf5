"""Mobile signatures: the line a mail client adds on its own ("Sent from my iPhone"), in the marketplace's languages."""

from __future__ import annotations

import re

from .text_folding import folded

LONGEST = 120
"""No client adds a longer line; what is longer was written by a person."""

# "Sent", then "from", "with" or "via".
_SENT = (
    "(?:"
    "sent (?:from|with|via|using)"
    "|envoye (?:de|depuis|avec|via|a partir de|a l'aide de)"
    "|gesendet (?:von|mit|uber|via|aus)"
    "|enviad[oa] (?:desde|con|do|da|de|com|via|pelo|pela|a partir d[aeo]|a traves de|atraves d[aeo])"
    "|inviat[oa] (?:da|dal|dalla|dall'|con|tramite|via)"
    "|(?:verstuurd|verzonden) (?:vanaf|van|via|met|vanuit)"
    "|wyslan[eoa] (?:z|ze|za pomoca|przez|przy uzyciu)"
    ") ?"
)
# Then "my", or a device or a program by its kind.
_MINE = r"(?:my|mon|ma|mein\w{0,2}|mi|mio|mia|mijn|o meu|meu|a minha|minha|moje\w{0,2})"
_CLIENT = (
    r"(?:iphone|ipad|android|ios\b|outlook|galaxy|samsung|pixel|huawei|xiaomi|windows|blackberry|smartphone|mobil|handy"
    r"|tele[fp]h?on|tablet|gsm\b|app\b"
    r"|\w+ ?mail (?:for|pour|fur|para|per|voor|dla|na|app)\b|(?:yahoo|proton|gmx|web\.de) ?mail)"
)
# "Get Outlook for iOS": the verb stands before the name in most languages, behind it in German and Dutch.
_GET = (
    r"(?:get|download|telechargez?|telecharger|obtenez|obtenir|obtener|obten|descarg\w{1,3}|scarica|ottieni|obter|obtenha"
    r"|transferir|baixar|baixe|pobierz|haal)"
)
_FOR = r"(?:for|pour|fur|para|per|voor|dla|na)"
_LINE = re.compile(
    rf"{_SENT}{_MINE}\b.{{1,60}}"
    rf"|{_SENT}.{{0,40}}\b{_CLIENT}.{{0,50}}"
    # "Von meinem iPhone gesendet": German also puts the participle last.
    rf"|(?:diese (?:nachricht|e-?mail) wurde )?(?:von|mit|uber) "
    rf"(?:{_MINE}\b.{{1,60}}|.{{0,40}}\b{_CLIENT}.{{0,40}}) (?:gesendet|verschickt)[.!]?"
    rf"|{_GET} (?:\w+ ){{0,2}}outlook {_FOR} .{{1,40}}"
    rf"|(?:holen sie sich |laden sie )?outlook {_FOR} .{{1,30}} "
    r"(?:beziehen|herunterladen|holen|laden|downloaden|ophalen)"
)
_LINK = re.compile(r"<[^<>]*>|\(https?:[^()]*\)|\[https?:[^\[\]]*\]|https?:\S+")
_SECOND_SENTENCE = re.compile(r"[.!?:;,] \w|[?:;]$")


def is_mobile_signature(line: str) -> bool:
    """Say whether a line is what a mail client adds below a mail, with or without the link it carries.

    It is told by its grammar: sent, from my device; get, a program, for a system. A line with a second sentence is a
    person's.
    """
    text = folded(_LINK.sub(" ", line[:500])).strip(" -_*|")
    return len(text) <= LONGEST and _LINE.fullmatch(text) is not None and not _SECOND_SENTENCE.search(text)
