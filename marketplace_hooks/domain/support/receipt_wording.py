"""Receipt wording: whether a text reads like a template that confirms a receipt.

People use some of this wording too, so it decides nothing alone: it asks for a person's judgement (`clocks.md` 10).
"""

from __future__ import annotations

import re
import unicodedata

_WORDINGS = (
    # French
    r"avons bien reçu (?:votre|ta) (?:demande|message|requête|ticket|e-?mail|mail|courriel)",
    r"(?:demande|message|requête|ticket)\b.{0,40}\b(?:bien été|été bien|est bien) (?:reçu|enregistré|pris)",
    r"(?:demande|elle|ticket|requête) porte le numéro",
    r"ne pas répondre à ce (?:message|mail|courriel|e-mail)",
    r"(?:message|réponse|accusé de réception) automatique",
    # English
    r"received your (?:request|message|ticket|e-?mail|inquiry|enquiry)",
    r"your (?:request|message|ticket|e-?mail|inquiry|enquiry)\b.{0,30} (?:has been|was) "
    r"(?:successfully )?(?:received|registered|created|logged|opened|assigned)",
    r"ticket (?:number|id) (?:is|#)",
    r"(?:do not|don't) reply to this",
    r"this is an (?:automatic|automated|auto)",
    r"automatic(?:ally generated)? (?:reply|message)",
    # German
    r"haben (?:ihre|deine) (?:anfrage|nachricht|e-?mail)\b.{0,40}\berhalten",
    r"(?:anfrage|nachricht|e-?mail) ist (?:bei uns )?eingegangen",
    r"antworten sie (?:bitte )?nicht auf diese",
    r"automatische (?:antwort|nachricht|e-?mail)",
    # Spanish, Italian, Portuguese, Dutch
    r"hemos recibido (?:su|tu) (?:solicitud|mensaje|consulta)",
    r"no responda a este",
    r"mensaje automático",
    r"abbiamo ricevuto (?:la (?:sua|tua)|il (?:suo|tuo))",
    r"non rispondere a quest",
    r"messaggio automatico",
    r"recebemos (?:a sua|o seu)",
    r"não responda a est",
    r"mensagem automática",
    r"hebben (?:uw|je) (?:aanvraag|bericht|verzoek|e-?mail)\b.{0,40}\bontvangen",
    r"automatisch bericht",
)

_WORDING = re.compile("|".join(_WORDINGS))


def confirms_receipt(text: str) -> bool:
    """Say whether a text holds a template's wording, in any of the marketplace's main languages."""
    plain = unicodedata.normalize("NFC", text).casefold().replace("\u2019", "'")
    return _WORDING.search(" ".join(plain.split())) is not None
