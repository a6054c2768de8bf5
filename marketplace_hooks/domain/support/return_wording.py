"""Return wording: what absence notes say of the day of return, and what the shortest notes are made of.

Of the same kind as `absence_wording`: stems that meet folded text and begin at a word's beginning.
"""

from __future__ import annotations

from .text_folding import WordingPattern

_DAY = (
    r"(?:lundi|mardi|mercredi|jeudi|vendredi|(?:mon|tues|wednes|thurs|fri)day|montag|dienstag|mittwoch|donnerstag|freitag"
    r"|lunes|martes|miercoles|jueves|viernes|lunedi|martedi|mercoledi|giovedi|venerdi|maandag|dinsdag|woensdag|donderdag"
    r"|vrijdag|poniedzialek|poniedzialku|wtorek|wtorku|srod[aye]|czwartek|czwartku|piatek|piatku|segunda|terca|quarta"
    r"|quinta|sexta)"
)
_SOON = r"(?:tomorrow|demain|morgen|manana|domani|jutro|amanha|next week|la semaine prochaine|nachste woche|\d)"

_RETURN = (
    rf"back (?:(?:on|from|in|by) )?(?:the )?(?:{_DAY}|{_SOON})",
    r"back (?:at work|at my desk|in the office|in business|to work|online|from)\b",
    r"(?:i'll be|i will be|i am|i'm|when i'm|when i get|once i'm|we're|we'll be|we are) back\b",
    r"(?:my|our|upon|on|i|we) return\b|return(?:ing)? (?:on|to (?:the office|work))|resum(?:e|es|ing)\b",
    r"(?:de|mon|notre|son|a|des) retour\b|retour (?:prevu|le|lundi|au bureau|en)|reviendr(?:ai|ons|a)\b(?! vers)",
    r"reviens (?:le|lundi|mardi|mercredi|jeudi|vendredi|demain|au)|rentre(?:rai|rons)? le|reprise\b",
    rf"repren(?:ds|drai|ons|drons) (?:le|{_DAY}|demain|mon|nos|l'activite)|vous retrouver",
    (
        r"wieder (?:\w+ ){0,2}(?:da\b|zuruck|erreichbar|im (?:buro|haus|dienst|einsatz)|fur sie|am platz|"
        r"verfugbar|zur verfugung|geoffnet|anwesend|online)"
    ),
    r"(?:bin|sind) (?:\w+ ){0,6}zuruck\b|ruckkehr|zuruckkehr|zuruck im|geht es weiter",
    r"bis (?:\w+ ){0,3}(?:offline|weg)\b",
    (
        r"(?:vuelvo|volvere|volvemos|volveremos|vuelve|regreso|regresare|regresamos|"
        r"regresaremos)\b(?! a (?!la oficina|trabajar|estar))"
    ),
    r"reincorpor|retom(?:o|are|amos|aremos)\b",
    r"a mi (?:vuelta|regreso)|a la vuelta|de vuelta\b|de nuevo (?:en|disponible|el)\b",
    r"(?:torno|tornero|torniamo|torneremo|rientr(?:o|ero|iamo|eremo|a))\b|di ritorno|si riparte",
    r"riprend(?:o|iamo|ero|eremo|e)\b|ripresa\b|di nuovo (?:in|disponibil|operativ)",
    (
        r"(?:weer|terug) (?:\w+ ){0,2}(?:terug|aanwezig|bereikbaar|op kantoor|beschikbaar|aan het werk|er\b|"
        r"open\b|aan de slag)"
    ),
    r"ben ik (?:er )?(?:weer|terug)|er weer\b|ben ik er\b|terugkomst|terugkeer",
    r"terug (?:op|vanaf|in|van)\b|(?:gaan we|we gaan) verder|pakken we|pak ik (?:\w+ )?weer",
    r"(?:wracam|wroce)\b(?! do (?:pani|pana|tego|sprawy|tematu))",
    r"(?:wracamy|wrocimy|powroce|powrocimy|powrocie|powrotu|powrot)\b|ruszamy\b",
    r"bede (?:z powrotem|znow|ponownie|dostepn|osiagaln)|znowu? od\b|z powrotem\b",
    (
        r"(?:volto|voltarei|voltamos|voltaremos|regressarei|regressamos|regressaremos|retorno|retornarei|"
        r"retornamos)\b(?! a (?!trabalh|\d|estar|\w+-feira))"
    ),
    r"retom(?:o|amos|arei|aremos)\b|de volta\b|de regresso|meu regresso|no regresso",
)

_MONTH = (
    r"(?:janvier|fevrier|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|mars|mai"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|januar|februar|marz|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|januari|februari|maart"
    r"|mei|augustus|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrzesnia|pazdziernika|listopada|grudnia"
    r"|janeiro|fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|dezembro)"
)

_UNTIL = r"(?:until|till|jusqu'(?:en|a|au)|bis|hasta|fino a|tot|do|ate)"
_BEFORE_A_DAY = (
    r"(?:on|from|until|till|le|au|du|ab|am|bis|zum|el|del|al|dia|hasta|il|dal|fino al?|op|de|vanaf|tot|do|od|na|a|o"
    r"|no dia|ate)"
)
_DAY_OF_THE_MONTH = (
    r"(?:\d{1,2}(?:st|nd|rd|th|er|e)?\b(?![.:/,]\d|[%\w-]| ?(?:h|uhr|uur|heures|horas|ore|godz)\b)"
    r"|pierwszego|drugiego|trzeciego|premier|erste[nr])"
)

# What the shortest notes of both kinds are made of: a day, an illness, a course, a ticket, and the reading and
# answering of mail.
_HINTS = (
    r"malade\b|enferm[oa]\b|malat[oa]\b|ziek\b|chor[ya]\b|doente\b|krank\b",
    r"formation\b|training\b|schulung\b|formacion\b|formazione\b|cursus\b|szkoleni\w*|formacao\b",
    r"toute la journee|all day|whole day|ganztagig|todo el dia|tutto il giorno|hele dag|caly dzien|o dia todo",
    (
        r"(?:ticket|vorgang|demande|request|anfrage|solicitud|richiesta|zgloszenie|pedido|aanvraag) (?:\S+ )?"
        r"(?:open(?:ed)?|created|logged|ouvert\w*|creee?|eroffnet|angelegt|abiert[oa]|cread[oa]|apert[oa]|creat[oa]|geopend|aangemaakt|"
        r"otwarte|utworzone|abert[oa]|criad[oa])\b"
    ),
    r"message (?:bien )?(?:received|recu)\b|nachricht erhalten|mensaje recibido|messaggio ricevuto|bericht ontvangen",
    r"wiadomosc otrzymana|mensagem recebida|revien(?:t|drons) vers|melde mich\b",
    r"mail\b|posta elettronica|antwort\w*\b",
    r"(?:ich|ik|je|i|io|ja) (?:lese|lees|lis|read|leggo|czytam)\b|leggero\b|leio\b|leo\b",
    r"bear with|patience\b|patient(?:er|ez)|geduld\b|paciencia\b|pazienza\b|cierpliwosc|comprehension\b",
    r"understanding\b|verstandnis\b|comprension\b|begrip\b|wyrozumial\w*|compreensao\b",
    r"za (?:tydzien|kilka dni)\b|in einer woche|dans une semaine",
    rf"{_DAY}(?:s|abend|avond)?\b",
    rf"{_BEFORE_A_DAY} (?:the |de |dia )?{_DAY_OF_THE_MONTH}",
    rf"\d{{1,2}}\.? (?:de )?{_MONTH}\b|{_UNTIL} (?:\w+ )?{_MONTH}\b",
    r"(?:this|next) week|semaine prochaine|cette semaine|(?:diese|nachste|kommende) woche",
    r"(?:esta|proxima) semana|semana que viene",
    r"(?:questa|prossima) settimana|(?:deze|volgende) week|(?:tym|przyszlym) tygodniu",
    r"e-?mails?\b|mails\b|mailbox|inbox\b|messagerie\b|courri(?:el|er)s?\b|postfach|posteingang|correos?\b|buzon",
    r"posta\b|poczt|skrzynk|correio\b",
    r"(?:will|'ll) (?:\w+ )?(?:answer|reply|respond)|replies\b|repond(?:s|rai|rons)\b|reponses\b|antworte\b",
    r"ruckruf|(?:le|les|te) (?:contesto|respondo)",
    r"rispondo\b|rispondero\b|antwoord\b|odpisze|odpowiem|respondo\b|responderei\b",
    r"soon\b|bientot\b|bald\b|en breve|a breve|binnenkort|niedlugo|niebawem|em breve",
    (
        r"(?:write to|mail|contact|ecri\w+|schreib\w+|escrib\w+|scriv\w+|stuur\w*|pis\w+|"
        r"escrev\w+) (?:\w+ ){0,4}\S{1,60}@"
    ),
)

_WORDING = WordingPattern(*_RETURN)
_HINT = WordingPattern(*_HINTS)


def speaks_of_return(text: str) -> bool:
    """Say whether a folded text says that somebody comes back, or that work begins again."""
    return _WORDING.search(text) is not None


def hints_at_a_note(text: str) -> bool:
    """Say whether a folded text speaks of a day, of mail and the like, as notes do that say hardly anything else."""
    return _HINT.search(text) is not None
