"""Out-of-office subjects: phrases that announce an automatic reply, in the main languages of mail.

The phrases are those that Exchange, Outlook, Gmail, Lotus Domino, Groupwise and the common webmails put there, and
those that Zammad, Discourse, osTicket and FreeScout look for.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from .text_folding import folded

LONGEST_SUBJECT = 2_000
"""No phrase stands further behind; only so much of a subject is looked at."""

# A subject is, or begins with, one of these, followed by a colon or the end.
_OPENINGS = (
    # English
    "automatic reply|automated reply|automatic response|automated response|auto reply|auto-reply|autoreply",
    "auto response|auto-response|autoresponse|auto responder|autoresponder|out of office|out of the office",
    "out-of-office|out of office reply|out of office autoreply|out of office auto reply|out of office auto-reply",
    "out of office notification|out of office message|out of office response|i am out of the office|ooo",
    "away from my mail|away from the office|vacation reply|vacation response|vacation message|vacation notice",
    "absence notification|automatic out of office reply",
    # French
    "réponse automatique|réponse automatique d'absence|réponse d'absence|réponse auto|message automatique",
    "message d'absence|message d'absence automatique|absence|absent|absente|absent(e)|absence du bureau",
    "absent du bureau|absente du bureau|absent(e) du bureau|notification d'absence|avis d'absence|hors du bureau",
    "je suis absent|je suis absente|je suis en congés|en congés|en vacances|répondeur automatique",
    # German
    "automatische antwort|automatische rückantwort|automatische e-mail-antwort|automatische nachricht",
    "automatische abwesenheitsnotiz|autoantwort|auto-antwort|abwesenheitsnotiz|abwesenheitsmeldung|abwesenheit",
    "abwesenheitsnachricht|abwesenheitsbenachrichtigung|abwesenheitsassistent|abwesend|nicht im büro|außer haus",
    "ich bin nicht im büro|im urlaub",
    # Spanish, Catalan
    "respuesta automática|contestación automática|mensaje automático|autorespuesta|fuera de la oficina",
    "fuera de oficina|ausente|ausencia|respuesta automática de ausencia|resposta automàtica|fora de l'oficina",
    # Italian
    "risposta automatica|messaggio automatico|fuori sede|fuori ufficio|assente|assenza|assenza dall'ufficio",
    "risposta non al computer|non al computer|risposta automatica di assenza",
    # Portuguese
    "resposta automática|mensagem automática|ausência temporária|ausência|fora do escritório|fora da empresa",
    # Dutch
    "automatisch antwoord|automatische beantwoording|automatische reactie|automatisch bericht|afwezig|afwezigheid",
    "afwezigheidsbericht|afwezigheidsmelding|afwezigheidsassistent|niet aanwezig|niet op kantoor|buiten kantoor",
    # Swedish, Danish, Norwegian, Finnish
    "automatiskt svar|autosvar|frånvaro|frånvarande|frånvaromeddelande|ej på kontoret|inte på kontoret",
    "automatisk svar|automatisk besvarelse|fravær|fraværende|fraværsmeddelelse|fraværsmelding|ikke til stede",
    "ikke på kontoret|automaattinen vastaus|poissaoloviesti|poissa toimistosta|poissaoloilmoitus",
    # Polish, Czech, Slovak, Hungarian, Romanian
    "automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|nieobecność|nieobecność w biurze|poza biurem",
    "automatická odpověď|nepřítomnost|mimo kancelář|automatická odpoveď|mimo kancelárie|neprítomnosť",
    "automatikus válasz|házon kívül|irodán kívül|távollét|răspuns automat|în afara biroului|absent din birou",
    # Croatian, Serbian, Slovene, Estonian, Latvian, Lithuanian
    "automatski odgovor|аутоматски одговор|samodejni odgovor|automaatvastus|automātiskā atbilde",
    "automatinis atsakymas",
    # Russian, Ukrainian, Bulgarian, Greek, Turkish
    "автоматический ответ|автоответ|вне офиса|нет на работе|отсутствие на рабочем месте|автоматична відповідь",
    "поза офісом|автоматичен отговор|извън офиса|αυτόματη απάντηση|εκτός γραφείου|otomatik yanıt|otomatik cevap",
    "ofis dışında|işyeri dışında",
    # Japanese, Chinese, Korean, Vietnamese, Indonesian, Thai
    "自動応答|自動返信|不在通知|不在のお知らせ|自动答复|自动回复|自動回覆|自動答覆|不在办公室|不在辦公室|外出",
    "자동 회신|자동 응답|자동응답|부재중|부재 중|trả lời tự động|balasan otomatis|ตอบกลับอัตโนมัติ",
    # Hebrew, Arabic
    "תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|رد تلقائي|الرد التلقائي|خارج المكتب",
)

# A subject ends with one of these, said of somebody: Lotus Domino writes "Jean Dupont is out of the office."
_CLOSING_PHRASES = (
    "is out of the office|is out of office|is currently out of the office|is away from the office|is on leave",
    "will be out of the office|is out of the office today|am out of the office|am currently out of the office",
    "est absent|est absente|est absent(e)|est absent du bureau|est absente du bureau|est absent(e) du bureau",
    "est actuellement absent|est actuellement absente|est en congés|n'est pas au bureau|suis absent|suis absente",
    "ist außer haus|ist nicht im büro|ist abwesend|ist derzeit nicht im büro|ist im urlaub|bin nicht im büro",
    "está fuera de la oficina|está ausente|está ausente de la oficina|está fora do escritório",
    "está ausente do escritório",
    "è fuori ufficio|è fuori sede|è assente|è assente dall'ufficio|non è in ufficio",
    "is afwezig|is niet op kantoor|is niet aanwezig|är inte på kontoret|är frånvarande|er ikke til stede",
    "er fraværende|er ikke på kontoret|jest nieobecny|jest nieobecna|jest poza biurem|nie ma w biurze",
)

_REPLY_PREFIX = r"(?:re|aw|tr|sv|vs|rv|res|ref|antw|odp|fw|fwd|wg|ynt|πρθ|απ|回复|答复|回覆)(?:\[\d+\])? ?:"
_GATEWAY_TAG = r"(?:\[ext(?:ern(?:al|e|o)?)?\] ?)*"


def out_of_office_phrase(subject: str) -> str | None:
    """Return the out-of-office phrase that a subject is, begins with, or ends with as a sentence (`deadlines.md` 8).

    Encoded words are decoded (RFC 2047); case, accents and kinds of blanks do not matter, and the phrase comes folded.
    A phrase must be followed by a colon or the end, so that a subject that merely talks about automatic replies has
    none, and after `Re:` it always talks about them.
    """
    text = folded(decode_subject(subject))[:LONGEST_SUBJECT]
    found = _OPENING.match(text) or (None if _REPLY.match(text) else _CLOSING.search(text))
    return found["phrase"] if found else None


def names_phrase(subject: str, phrase: str) -> bool:
    """Say whether a folded phrase stands anywhere in a subject, as whole words."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", folded(decode_subject(subject))) is not None


def decode_subject(subject: str) -> str:
    """Return a subject with its encoded words decoded; one that cannot be decoded is returned as it is.

    Only the beginning of a long subject is returned: decoding takes the square of its length.
    """
    subject = subject[:LONGEST_SUBJECT]
    try:
        return str(make_header(decode_header(subject)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return subject


def _any_of(groups: tuple[str, ...]) -> str:
    phrases = {folded(phrase) for group in groups for phrase in group.split("|")}
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_OPENING = re.compile(rf"{_GATEWAY_TAG}(?P<phrase>{_any_of(_OPENINGS)}) ?(?::|[.!]*$)")
_CLOSING = re.compile(
    rf"(?:^|\W)(?P<phrase>{_any_of(_CLOSING_PHRASES)}) ?(?:\([^()]*\)|until .*|jusqu'au .*|bis .*)?[.!]*$"
)
_REPLY = re.compile(_REPLY_PREFIX)
