"""Answer evidence: how much of a text answers a question about software, beside what machines write too.

Absence notes and receipts speak of people, days and requests; an answer speaks of the fault: a cause, a remedy, a
version, a setting, a question about it. Distinct pieces of that are counted (`deadlines.md` 10). All of it meets folded
text.
"""

from __future__ import annotations

import re

from .answer_vocabulary import ENDINGS, STEMS, WORDS
from .text_folding import WordingPattern

_OUTSIDE = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]+@\S+")
"""Addresses say nothing of the fault, though their parts look like it."""

_TECHNICAL = re.compile(
    # A version or another decimal number, but neither a date nor a time
    r"(?<![\w.,:/-])v?\d{1,2}\.\d{1,2}\.\d{1,3}(?![\d.]|\.? ?20\d\d)"
    r"|(?<![\w.,:/-])v?\d{1,2}\.\d{1,2}(?![\w:]|\.\d|\.? ?(?:-|20\d\d|uhr|uur|h\b))"
    r"|(?<![\w.-])[\w-]{1,40}\.(?:log|tpl|php|js|css|sql|csv|xml|zip|json|html|yml|ini|txt|twig|pdf)\b"
    r"|(?<!\w)[a-z]{1,40}_[a-z_]{1,40}"
    r"|(?<![/\w.@:-])[a-z]{2,30}/[a-z]{2,30}(?:/[a-z]{1,30})*\b(?![/@])"
    r"|\w > \w"
    r"|(?<!\w)\d{1,6} ?(?:k|m|g)b?\b"
    r"|(?<!\w)(?:line|row|ligne|zeile|linea|fila|riga|regel|wiersz\w{0,2}|linha) \d+"
    r"|(?<!\w)log(?:s|file\w*|datei\w*|i|ow)?\b(?! (?:in|on|into)\b)"
    r"|(?<!\w)back ?-?office\b"
    r"|(?<!\w)(?:utf-8|windows-125\d|iso-8859-\d+)"
)

_EXACT = re.compile(r"[\d._/>]")
"""What tells a version, a file or a setting from a word such as "log"."""

_WORD = re.compile(r"[^\W\d_]+")

_QUESTION = re.compile(r"\?(?!\S)")

_CAUSE = WordingPattern(
    r"because\b|that's why|caused by|comes from|only (?:if|when)|unless\b",
    r"parce qu|car\b|vient (?:de la|du|des|d'un)|d'ou\b|donc\b|que si\b|c'est pourquoi|a cause d[eu]",
    r"weil\b|denn\b|deshalb|daher\b|dadurch|lieg(?:t|en) (?:an|am|bei)\b|nur (?:mit|wenn|dann)|sonst\b",
    r"porque\b|por eso|de ahi\b|asi que|solo si\b|se debe a|perche\b|quindi\b|dipende|da qui\b|solo se\b|dovuto",
    r"omdat\b|want\b|daardoor|doordat|dus\b|ligt aan|vandaar\b|alleen als|komt (?:door|doordat)",
    r"bo\b|poniewaz|dlatego|wiec\b|stad\b|tylko (?:wtedy|jesli|gdy)|wynika z|przez to\b",
    r"por isso|dai o\b|deve-se|so (?:aparece |funciona )?se\b|pois\b",
)

# What the writer has done for the fault, in the first person.
_DONE = WordingPattern(
    (
        r"(?:i|we)(?:'ve| have)? (?:\w+ly |just |already |now |also )?(?:found|fixed|reproduced|compared|tested|"
        r"checked|corrected|patched|uploaded|released|published|installed|set up|went through|followed|identified|"
        r"traced|added|removed|located|moved|changed|switched)\b"
    ),
    r"i(?:'ve| have)? (?:now |just |already )?(?:gone through|picked this up|read your (?:log|file)|spent)",
    (
        r"(?:j'ai|nous avons|on a) (?:\w+ ){0,2}(?:trouve|reproduit|corrige|compare|teste|verifie|identifie|"
        r"installe|suivi|publie|depose|ajoute|analyse|localise|deplace|modifie|change)\b"
    ),
    r"j'ai (?:\w+ )?(?:lu|vu|regarde|passe la)\b",
    (
        r"habe[^.!?]{0,80} (?:gefunden|behoben|korrigiert|reproduziert|nachgestellt|verglichen|getestet|gepruft|"
        r"gelesen|installiert|aufgesetzt|nachverfolgt|angesehen|identifiziert|analysiert|hochgeladen|"
        r"veroffentlicht|bekommen|verschoben|geandert|umgestellt)\b"
    ),
    r"wir haben[^.!?]{0,60} (?:gefunden|behoben|korrigiert|reproduziert|nachgestellt)\b|sass ich\b",
    (
        r"(?:he|hemos) (?:\w+ )?(?:encontrado|corregido|reproducido|comparado|probado|revisado|localizado|"
        r"arreglado|identificado|publicado|subido|instalado|montado|movido|cambiado)\b"
    ),
    r"he (?:\w+ )?(?:leido|visto|seguido|pasado la)\b|encontre\b|corregi\b|arregle\b|reproduje\b",
    (
        r"(?:ho|abbiamo) (?:\w+ )?(?:trovato|corretto|riprodotto|confrontato|provato|verificato|installato|"
        r"sistemato|risolto|individuato|pubblicato|caricato|spostato|cambiato|modificato)\b"
    ),
    r"ho (?:\w+ )?(?:letto|visto|seguito|controllato)\b|ci ho passato",
    (
        r"(?:heb|hebben)[^.!?]{0,80} (?:gevonden|opgelost|hersteld|gereproduceerd|vergeleken|getest|gevolgd|"
        r"ingericht|aangepast|geplaatst|geinstalleerd|nagespeeld|verplaatst|gewijzigd)\b"
    ),
    r"heb[^.!?]{0,80} (?:gelezen|gezien|bekeken|gecontroleerd)\b|zat ik erop",
    (
        r"(?:znalaz|poprawi|naprawi|odtworzy|porowna|sprawdzi|przeczyta|przejrza|postawi|przesledzi|przetestowa|"
        r"zainstalowa|wgra|usune|usuna|zlokalizowa|przenios|zmieni)l[ea]m\b"
    ),
    r"siedzial[ea]m nad",
    (
        r"(?:encontrei|corrigi|reproduzi|comparei|testei|verifiquei|segui|montei|instalei|resolvi|identifiquei|"
        r"publiquei|carreguei|analisei|movi|mudei|alterei|li os|li o|vi o|passei a manha)\b"
    ),
)

# What the writer is going to do about it. An absence note promises as much for the day of the return.
_PROMISED = WordingPattern(
    r"i(?:'ll| will) (?:have a|let you know|keep you|update you|call you|send you)|let me (?:check|find|look|see)",
    r"je vous (?:tiens au courant|redis|previens|rappelle|appelle|livre)|je l'ajoute",
    r"je (?:le|la|les) (?:supprime|remplace|retire)",
    r"gebe (?:ihnen |dir )?(?:\w+ )?bescheid|ich (?:rufe|erganze|liefere|schicke|baue)\b",
    r"wird (?:korrigiert|behoben|gefixt)",
    r"le (?:digo|llamo|mando)\b|(?:lo|la) (?:anado|quito|publico)\b",
    r"(?:le|ti) faccio sapere|la (?:avviso|chiamo)\b|(?:lo|la) (?:aggiungo|pubblico)\b",
    r"laat (?:het|u|je) (?:\w+ )?weten|ik (?:bel|bouw|voeg|stuur)\b|dam (?:\w+ )?znac\b|zadzwonie\b",
    r"dodaje (?:go|ja|to)\b",
    r"ligo-lhe|digo-lhe|aviso-[oa]\b|acrescento\b|(?:a|estou a) procurar\b",
    (
        r"i(?:'ll| will|'m|'m now| am) (?:\w+ ){0,2}(?:look|check|fix|investigat|dig|correct|patch|test|reproduc|"
        r"taking care|take care|pick|handl|deal|try|ship|releas|split|flip|quot|going (?:to|through)|chang|"
        r"work)\w*"
    ),
    r"i can reproduce|i see (?:it|what|the)",
    r"will (?:check|fix|test|have a (?:proper )?look|look into (?:it|this))\b|on it\b|checking (?:it|this|now)",
    (
        r"(?:je|j'y|on) (?:\w+[' ]){0,3}(?:regarde|corrige|reproduis|verifie|teste|prepare|publie|occupe|mets|"
        r"creuse|cherche|analyse|vois|prends (?:ca|cela|la main|le relais)|"
        r"change|modifie|examine|jette|retourne|decoupe|envoie|soupconne)\b"
    ),
    r"j'(?:examine|analyse|envoie|ajoute)\b|je reprends (?:donc )?(?:votre|le dossier|la main)",
    (
        r"ich (?:\w+ ){0,3}(?:schaue|schau|prufe|teste|behebe|korrigiere|kummere|stelle|suche|baue|ubernehme|"
        r"sehe (?:es|das|mir|den)|grabe|setze|mache|erledige|analysiere|untersuche|reproduziere|drehe|vermute|"
        r"erweitere)\b"
    ),
    r"(?:schaue|prufe|teste|behebe|korrigiere|kummere|stelle|baue|ubernehme|andere|setze|drehe|sehe) ich\b",
    r"schaue (?:es|mir|sie|ihn)",
    (
        r"(?:lo|la|los|las) (?:miro|reviso|arreglo|corrijo|compruebo|investigo|pruebo|preparo|cambio|analizo|"
        r"estudio|soluciono)\b"
    ),
    r"me (?:pongo|ocupo|encargo)\b|estoy (?:mirando|revisando|comprobando|investigando|trabajando|en ello)",
    r"sto (?:verificando|controllando|guardando|lavorando|indagando|provando)",
    r"estou a (?:ver|verificar|tratar|analisar|investigar|trabalhar)|estou (?:vendo|verificando|analisando)",
    r"bin (?:schon |gerade )?(?:dran|dabei)\b|ben (?:er|ermee) (?:\w+ )?(?:mee )?bezig|je suis (?:dessus|en train)",
    r"voy a (?:mirar|ver|probar|partir|entrar|cambiar|arreglar|corregir|investigar|revisar|preparar)",
    r"cambio el orden|sospecho|sigo yo|le aviso\b",
    (
        r"(?:lo|la|li|le|ci|ne) (?:guardo|controllo|correggo|sistemo|verifico|provo|preparo|cambio|occupo|"
        r"analizzo|divido|tolgo|inverto)\b"
    ),
    r"(?:inverto|correggo|sospetto|indago|verifico|controllo|cambio questo)\b|ti seguo io",
    (
        r"ik (?:\w+ ){0,3}(?:kijk|bekijk|check|los|herstel|test|zoek|duik|graaf|pak het|neem het|zie (?:het|de|"
        r"dezelfde)|onderzoek|deel|draai|verander|vermoed|pas (?:het|dat))\b"
    ),
    r"(?:kijk|bekijk|check|los|herstel|test) ik\b|pak (?:het|dit) (?:meteen|op|nu)",
    (
        r"(?:sprawdzam|sprawdze|zajme sie|patrze|zajrze|przyjrze|poprawie|poprawiam|naprawiam|naprawie|odtworze|"
        r"przejmuje sprawe|podziele|szukam|przygotuje|zmienie|zmieniam|obejrze|przetestuje|testuje|odwracam|"
        r"podejrzewam)\b"
    ),
    r"(?:sie|juz) tym (?:sie )?zajmuje|tym sie zajmuje",
    (
        r"vou (?:ja )?(?:ver|tratar|corrigir|reproduzir|dividir|testar|verificar|mudar|investigar|escavar|"
        r"preparar|publicar|analisar|inverter|trabalhar)\b"
    ),
    r"(?:corrijo|verifico|testo|inverto|desconfio|vejo isso)\b|fico eu com|aviso-a\b",
)

LEAST_FOR_A_SIGN = 2
"""So many pieces make an answer of a text with an absence note's or a receipt's wording."""


def answer_pieces(text: str, *, in_a_note: bool, promises_count: bool = True) -> int:
    """Return how many distinct pieces of an answer a folded text holds.

    A technical token or a word of shops and software each; all questions together, and all words of cause, one; what
    the writer did about the fault, two; what they promise to do, two where `promises_count`. `in_a_note`: the text has
    an absence note's or a receipt's wording, and words alone are no answer, for such notes speak of a shop's manual.
    """
    inside = _OUTSIDE.sub(" ", text)
    tokens = {match.group() for match in _TECHNICAL.finditer(inside)}
    words = {stem for word in _WORD.findall(inside) if (stem := _known(word))}
    alone = (_QUESTION, _CAUSE)
    acts = (_DONE, _PROMISED) if promises_count else (_DONE,)
    statements = sum(pattern.search(inside) is not None for pattern in alone)
    statements += 2 * any(pattern.search(inside) for pattern in acts)
    if in_a_note and not statements and not any(_EXACT.search(token) for token in tokens):
        return 0
    return len(tokens | words) + statements


def _known(word: str) -> str | None:
    """Return the vocabulary's entry for a word: itself, the stem it begins with, or the ending of a compound."""
    if word in WORDS:
        return word
    begins = (word[:length] for length in range(3, len(word) + 1))
    ends = (word[-length:] for length in range(4, len(word)))
    return next((part for part in begins if part in STEMS), None) or next(
        (part for part in ends if part in ENDINGS), None
    )
