"""Receipt wording: what templates say that confirm a receipt.

Short stems of what such templates speak of, in each of the marketplace's languages. People use some of this wording
too, so it decides nothing alone; `answer_evidence` weighs what else is said (`deadlines.md` 10). The patterns meet
folded text and begin at a word's beginning.
"""

from __future__ import annotations

import re

from .text_folding import WordingPattern

# "Your request", said of what the customer sent.
_YOURS = (
    (
        r"(?:votre|vos|ta|ton) (?:\w+ ){0,2}(?:demande|message|requete|ticket|sollicitation|conversation|courriel|"
        r"e-?mail|mail|dossier|signalement|envoi)s?\b"
    ),
    (
        r"your (?:\w+ ){0,2}(?:request|message|ticket|e-?mail|mail|inquiry|enquiry|case|query|submission|"
        r"conversation)\b"
    ),
    r"your issue (?:has|is being|was)",
    (
        r"(?:ihre?[nmrs]?|deine?[nmrs]?|eure?) (?:\w+ ){0,2}(?:anfrage|nachricht|mitteilung|unterhaltung|anliegen|"
        r"vorgang|e-?mail|mail|ticket|meldung|schreiben|kontaktaufnahme|fall)\b"
    ),
    (
        r"(?:su|tu|vuestra?) (?:\w+ ){0,2}(?:solicitud|mensaje|consulta|caso|peticion|conversacion|correo|ticket|"
        r"incidencia|e-?mail)\b"
    ),
    (
        r"(?:sua|suo|tua|tuo|vostra|vostro) (?:\w+ ){0,2}(?:richiesta|segnalazione|messaggio|conversazione|"
        r"pratica|e-?mail|mail|ticket|caso)\b"
    ),
    (
        r"(?:uw|je|jouw|jullie) (?:\w+ ){0,2}(?:bericht|aanvraag|melding|vraag|verzoek|gesprek|e-?mail|mail|"
        r"ticket|kwestie)\b"
    ),
    (
        r"(?:panstwa|pani|pana|twoj\w{0,3}|wasz\w{0,3}) (?:\w+ ){0,2}(?:zgloszeni|wiadomosc|spraw[aey]|rozmow|"
        r"zapytani|mail|problem|ticket|prosb)\w*"
    ),
    (
        r"(?:seu|sua|teu|tua|vosso|vossa) (?:\w+ ){0,2}(?:pedido|mensagem|solicitacao|conversa|processo|e-?mail|"
        r"contacto|contato|questao|ticket|caso|chamado)\b"
    ),
)

_RECEIVED = (
    r"avons (?:ouvert|cree)|hemos (?:abierto|creado)|abbiamo (?:aperto|creato)|(?:abrimos|criamos) (?:um|o)\b",
    r"utworzylismy|(?:registrad[oa]|registrat[oa]|logged|geregistreerd|zarejestrowan[oae])\b",
    r"(?:reclamacion|segnalazione|melding|zgloszenie) (?:\w+ )?(?:registr|aangemaakt|utworz)",
    r"(?:place|position|posizione|posicion|posicao|plaats) (?:\w+ )?(?:dans|in|en|na|nella)\b|in de rij\b",
    r"(?:this|ceci|cela|dies|hiermit) (?:confirm|bestatig)\w*|(?:dossier|incident) (?:n[o°]? )?\d{3,}",
    r"ouverture d'un (?:ticket|dossier)",
    r"(?:avons|ai|a) bien (?:\w+ )?(?:recu|pris|enregistre)|avons pris|est bien (?:\w+ )?(?:recu|arrive|parvenu)",
    r"accus\w+ (?:bonne )?reception|prise? en (?:charge|compte)",
    r"a (?:bien )?ete (?:bien )?(?:recu|enregistre|attribu|affecte|transmi|cree|ouvert)",
    r"we(?:'ve| have)? (?:now |just )?(?:got|received|logged|registered)",
    r"(?:has|have) been (?:\w+ )?(?:received|registered|logged|assigned|forwarded|escalated|opened|created)",
    r"was (?:received|assigned|registered|logged)|acknowledge (?:receipt|that|your)",
    r"is (?:now )?(?:with|in) our\b|has reached\b",
    r"eingegangen|eingang (?:ihrer|ihres|deiner)|bestatigen (?:wir |ihnen |hiermit )*(?:den )?(?:eingang|erhalt)",
    r"empfangsbestatigung|eingangsbestatigung|haben (?:\w+ ){1,6}erhalten\b",
    (
        r"(?:ist|wurde|wird) (?:\w+ ){0,6}(?:eingetroffen|erfasst|zugewiesen|angelegt|registriert|weitergeleitet|"
        r"bearbeitet|aufgenommen|gelandet)\b"
    ),
    r"hemos (?:recibido|registrado|tomado nota)",
    r"(?:ha|han) sido (?:\w+ )?(?:recibid|registrad|asignad|cread|derivad)",
    r"se ha (?:cread|registrad|asignad|abiert)|confirmamos (?:la |que )|acus\w+ (?:de )?recibo|queda registrad",
    r"esta en la bandeja",
    r"abbiamo (?:ricevuto|registrato|preso)",
    r"(?:e|sono) stat[oaie] (?:\w+ )?(?:ricevut|registrat|pres|assegnat|creat|protocollat|apert|inoltrat)",
    r"confermiamo (?:la |di |l')|pres[ao] in carico|e arrivat[ao] (?:al|a)",
    r"hebben (?:\w+ ){1,6}ontvangen",
    r"(?:is|wordt|werd) (?:\w+ ){0,4}(?:ontvangen|geregistreerd|aangemaakt|toegewezen|doorgestuurd|behandeld)",
    r"bevestigen (?:wij|we)|ontvangstbevestiging|in goede orde|genoteerd\b",
    r"otrzymalismy|potwierdzamy",
    r"zostal[aoy]? (?:\w+ )?(?:przyjet|zarejestrowan|odebran|przekazan|przypisan|utworzon|zapisan)\w*|utworzono",
    r"dotarl[ao]? do nas|przyjelismy|zarejestrowalismy|trafil[ao]? do|zapisane\b",
    r"recebemos|foi (?:\w+ )?(?:criad|registad|registrad|atribuid|recebid|encaminhad|abert)\w*",
    r"(?:ficou|fica) regist|confirmamos (?:a )?rece|acusamos|demos entrada|esta na caixa",
)

_THANKS = (
    r"merci pour (?:votre|ta) (?:message|demande)",
    (
        r"(?:grazie|gracias|obrigad[oa]|dank|bedankt) (?:per|por|fur|voor) (?:la|el|il|o|a|die|het|"
        r"de) (?:richiesta|messaggio|mensaje|mensagem|solicitud|pedido|anfrage|nachricht|bericht|aanvraag)"
    ),
    r"thank(?:s| you) for the (?:message|e-?mail|request)",
    (
        r"merci (?:de nous (?:avoir|ecrire|contact)|d'avoir (?:contact|ecrit)|pour votre (?:message|interet|"
        r"demande|prise))"
    ),
    r"vous remercions",
    (
        r"thank(?:s| you) for (?:contacting|reaching|getting|writing|your (?:message|e-?mail|enquiry|inquiry|"
        r"interest|request))"
    ),
    r"we appreciate",
    r"(?:vielen |besten |herzlichen )?dank,? (?:fur (?:ihr|dein|euer)|dass (?:sie|du))|schon,? dass (?:sie|du)",
    r"gracias por (?:su |tu )?(?:correo|mensaje|escrib|contact|poner)|agradecemos",
    r"le agradezco su (?:mensaje|correo)",
    r"grazie (?:per|di) aver|grazie per (?:il|la) (?:su[oa]|tu[oa])|la ringraziamo|ti ringraziamo|vi ringraziamo",
    r"(?:bedankt|dank) (?:voor (?:uw|je|het)|dat u)|fijn dat|waarderen (?:uw|je|het)",
    r"dziekujemy|dzieki, ze do nas|dziekuje za (?:wiadomosc|kontakt)",
    r"obrigad[oa] por (?:nos|entrar|contact|ter|escrever)|obrigad[oa] pel[oa] (?:su|tu|mensagem|contact)",
    r"agradecemos",
)

_WHO_ANSWERS = (
    (
        r"(?:nos|un|une|notre|le|nos) (?:conseiller|equipe|technicien|service (?:client|technique|concerne|apres|"
        r"support))\w*"
    ),
    r"membre de (?:l'|notre )equipe|service clients?\b|service clientele",
    (
        r"(?:our|one of our|a|an|the) (?:\w+ )?(?:agents?|representative|technician|specialists?|team|"
        r"support (?:team|crew|staff|desk))\b"
    ),
    r"customer (?:service|care|support)\b|a human will|member of (?:our|the)",
    (
        r"(?:ein|unser|unsere|zustandige) (?:\w+ )?(?:mitarbeiter|team|support|kundenservice|speziali|"
        r"fachabteilung|technik)\w*"
    ),
    r"kundenservice|kundendienst|kundenbetreuung|fachabteilung|support-team|unserem (?:\w+-)?(?:support|team)",
    r"des teams\b",
    r"(?:nuestro|nuestros|nuestra|un|el|del) (?:agente|equipo|especialista|tecnico|departamento)s?\b",
    r"uno de nuestros|atencion al cliente",
    r"(?:nostro|nostri|un|uno|il|al) (?:team|staff|operator[ei]|specialista|tecnico|addett[oi]|agente)\b",
    r"servizio (?:clienti|assistenza)|uno dei nostri|assistenza \w+:",
    r"(?:onze?|een|ons|het) (?:\w+ )?(?:medewerkers?|team|specialist(?:en)?|helpdesk|supportteam|afdeling)\b",
    r"klantenservice|klantenzorg|van het team",
    r"obslug[aei] klienta|(?:nasz|naszego|nasi) (?:zespol|konsultan|specjalis|dzial)\w*",
    r"zespol (?:pomocy|wsparcia|obslugi)|zespolu|konsultant|specjalist|dzial\w* (?:technicz|pomoc|wsparc|obslug)",
    r"(?:nossa|nosso|um|uma|a|da) (?:equipa|equipe|atendente|especialista|tecnico|agente|departamento)\b",
    r"apoio (?:ao cliente|\w+:)|atendimento ao cliente|suporte tecnico",
    r"(?:an?|un|ein|een|um) (?:expert|esperto|experto|perito)\w*|eksper(?:t|ci)\b|experte\b",
    r"you have reached|vous etes (?:bien )?en relation|ha contactado con|hier ist (?:die|der|das)|u hebt contact",
    r"e in contatto con|esta em contact",
)

_WHEN = (
    (
        r"(?:average|medio|moyen(?:ne)?|mittlere|durchschnittlich\w*|gemiddelde?|sredni\w*) (?:\w+ )?(?:time|"
        r"response|attente|reponse|tiempo|respuesta|risposta|attesa|reactietijd|czas|resposta|delai)"
    ),
    r"(?:temps|delai) (?:d'attente|de reponse)|waiting time|response time|target response|wartezeit|antwortzeit",
    r"(?:tiempo|plazo|tempo) (?:\w+ )?(?:de|di) (?:espera|respuesta|attesa|risposta|resposta)|wachttijd",
    r"reactietijd|czas (?:oczekiwania|odpowiedzi)",
    r"(?:business|working) (?:days?|hours?)|(?:jours?|heures?) ouvr|ouvrees?\b|werktag|arbeitstag",
    r"(?:dias?|horas) (?:habil|laborabl|ute)|(?:giorni|ore|giorno) lavorativ|werkdag|dni robocz|dnia robocz",
    r"(?:meilleurs|plus brefs) delais|des que possible|as soon as (?:possible|we|someone)|shortly\b",
    r"schnellstmoglich|so (?:schnell|bald) wie moglich|umgehend\b|lo antes posible|brevedad\b",
    r"appena (?:possibile|qualcuno)|quanto prima|piu presto|zo (?:snel|spoedig) mogelijk|najszybciej|wkrotce",
    r"assim que (?:possivel|alguem)|brevemente|prochainement|zodra er|sobald (?:jemand|wir)|gdy tylko",
    r"en cuanto (?:haya|sea|nos)",
    (
        r"(?:within|sous|innerhalb|in den nachsten|in wenigen|en un plazo|en menos de|en unas|entro|binnen|"
        r"w ciagu|no prazo|dentro de|ate|in a|comptez|in poche|em poucas) (?:\w+ ){0,4}(?:\d+|a|one|un|une|einem?|"
        r"ein|un|una|uno|een|um|uma|zwei|drei|vier|two|three|dos|tres|due|tre|twee|drie|dwoch|trzech|few|"
        r"wenige[rn]?|deux|trois|kilku|paar|unas|poche|poucas|next)? ?(?:\w+ )?(?:h|hours?|heures?|jours?|days?|"
        r"stunden|tag|tagen?|horas?|dias?|ore|giorni|uur|dagen|godzin\w*|dni)\b"
    ),
    r"(?:usually|typically|normally|generally|currently) (?:\w+ )?(?:reply|respond|answer|experienc|receiv)",
    r"delai (?:de reponse|moyen|habituel)|in der regel|ublicherweise|derzeit erreichen|solemos|di solito|meestal",
    r"zwykle|normalmente respond",
    (
        r"(?:takes?|tardamos|occorrono|dauert|duurt|zajmuje|demoramos|benotigen) (?:\w+ ){0,4}(?:days?|hours?|"
        r"dias?|giorni|tage|dagen|dni)\b"
    ),
)

_QUEUE = (
    r"in (?:the |our )?(?:queue|line)\b|(?:the list )?in (?:order\b(?! to)|turn\b)|file d'attente",
    r"ordre (?:d'arrivee|chronologique)|a son tour|der reihe nach|reihenfolge|warteschlange",
    r"orden de llegada|por orden\b|en (?:la )?cola|ordine (?:di arrivo|d'arrivo|cronologico)|in ordine\b",
    r"in coda\b|wachtrij|op volgorde|kolejno|po kolei|kolejc|ordem de chegada|por ordem\b|na fila\b",
    r"(?:higher|high|unusual\w*|large|increased) (?:than usual |\w+ )?(?:volumes?|numbers?|demand)|than usual",
    r"nombre (?:important|eleve)|forte affluence|ralentit|ungewohnlich viele|hohes? (?:aufkommen|anfrage)",
    r"superior al habitual|del habitual|gran volumen|superiore al normale|drukker dan",
    r"meer .{0,20}dan (?:normaal|gebruikelijk)|niz zwykle|do que o (?:habitual|normal)",
)

_NUMBERED = (
    (
        r"(?:ticket|request|case|demande|bilet|zgloszenie|identifiant|reference|referencia|riferimento|kenmerk|"
        r"aktenzeichen|numero|nummer|number|numer\w*|id|ref|nr|n)[ .:°º#(-]{1,6}\d{3,}"
    ),
    r"(?:reference|ticket|case|tracking|request) number|case reference|(?:vorgangs|ticket)nummer",
    r"(?:zaak|ticket|referentie)nummer",
    r"numero (?:de|di|do) (?:ticket|dossier|suivi|referenc|caso|processo|seguim|richiesta)",
    (
        r"(?:under|sous|unter|con|sotto|onder|pod|com|portant|porte|assigned|atribuido) (?:\w+ ){0,3}(?:reference|"
        r"number|numero|nummer|aktenzeichen|referencia|riferimento|kenmerk|numerem|l'identifiant)"
    ),
    r"numer referencyjny",
    (
        r"(?:keep|quote|conservez|garder|guarde|conservi|bewaar|houd|zachowac|conserve) (?:\w+ ){0,2}(?:number|"
        r"reference|numero|nummer|numer)"
    ),
    r"[a-z]{2,4}-\d{4}-\d+|[a-z]{2}-\d{4,}|\d{2}-\d{4}\b|number \d+ in",
    r"(?:a|un|ein|el|il|een|o|le|the|support|your|das|es wurde ein) (?:\w+ )?ticket\b",
    r"(?:status|statut|estado|stato|state) ?: |ticket \d|tickets/\d",
)

_AUTOMATIC = (
    r"(?:assist\w+|asist\w+|asystent\w*) virtu\w+|(?:virtual|virtuel\w*|wirtualn\w+) (?:assist|asyst)\w+",
    r"(?:priorit\w+|prioridad\w*|priorytet\w*|severity|schweregrad)\b",
    (
        r"automat\w+ (?:repl|answer|respon|message|mail|e-?mail|gener|nachricht|antwort|notif|bericht|erzeug|"
        r"verschick|erstell|gegenereerd)"
    ),
    (
        r"(?:message|reponse|mensaje|respuesta|messaggio|risposta|mensagem|resposta|wiadomosc|odpowiedz|e-?mail|"
        r"mail|nachricht|bericht|envoyee?|erzeugt|generad[oa]|generat[oa]|wygenerowan\w*|gerad[oa]|correo|"
        r"courriel|accuse de reception) (?:\w+ )?auto\w+"
    ),
    r"this is an auto|robot\b|chatbot|powered by|zendesk|freshdesk|(?:do not|don't) reply",
    r"no need to (?:write|reply|send)|ne (?:pas|manquera pas) (?:y )?(?:repondre|de)|inutile de r",
    r"nicht auf diese|nicht erneut",
    r"no (?:responda|conteste) a|no es necesario que|non (?:rispond\w+ a|serve riscrivere|e necessario)",
    r"niet (?:op|te) (?:\w+ ){0,3}(?:antwoord|reageren|beantwoord)|schrijven is niet nodig",
    r"nie (?:odpowiadac|odpowiadaj)|nie trzeba pisac|nao (?:responda|precisa de escrever)",
    r"(?:please )?type your reply above|to (?:add|view) (?:additional |the )?(?:comments?|status)",
    r"help ?cent(?:er|re)|knowledge base|faq\b|centre d'aide|base de connaissances|hilfecenter|hilfebereich",
    r"unsere hilfe\b|centro de ayuda|preguntas frecuentes|domande frequenti|helpcentr|veelgestelde",
    r"baz[ayey] wiedzy|central de ajuda|perguntas frequentes",
)

_WE_WILL = (
    r"we (?:are |have |will |'ll )?(?:forward|pass)\w*|transmettons|leiten (?:\w+ ){0,6}weiter|trasladamos",
    r"hemos trasladado|giriamo|inoltriamo|geven (?:\w+ ){0,5}door\b|przekazujemy|przekazalismy|passamos",
    r"encaminhamos|odnotowalismy|tomamos nota",
    r"we(?:'ll| will) (?:deal|handle|process|take care)|traiterons|wir bearbeiten|bearbeiten wir|trataremos",
    r"gestiremo|behandelen|zajmiemy sie|vamos trat\w+",
    r"as quickly as|au plus vite|so (?:rasch|bald|schnell)|cuanto antes|prima possibile|zo snel als",
    r"mozliwie szybko|depressa possivel",
    r"hear from us|de nos nouvelles|horen von uns|noticias nuestras|nostre notizie|hoort van ons|daremos noticias",
    r"(?:every|each|all) messages?\b|tous (?:les|vos) messages|jede nachricht|todos los mensajes",
    r"tutti i messaggi|elk bericht|kazda wiadomosc|todas as mensagens",
    r"confirmation\b|bestatigung|confirmacion\b|conferma\b|bevestiging|potwierdzeni|confirmacao\b",
    (
        r"(?:nous )?(?:revenons|reviendrons|repondrons|recontacterons|recontactera|contactera|repondra|traitera|"
        r"etudiera|examinera)\b"
    ),
    r"vous repondent|vous sera (?:apportee|adressee)|nous vous (?:repond|recontact|contact|tiendrons)",
    r"(?:vous|t') ?tiendrons inform",
    (
        r"we(?:'ll| will| shall) (?:\w+ )?(?:get back|be (?:in touch|with you)|respond|reply|contact|answer|"
        r"review|come back)"
    ),
    (
        r"(?<!i )will (?:be in touch|be with you|get back to you|reply to you|follow[- ]up|contact you|"
        r"be reviewing|look into yours)"
    ),
    r"hear (?:back )?from us",
    r"(?:melden|kummern) uns|setzen uns|wir antworten|antworten wir|bekommst du",
    r"erhalten sie (?:\w+ ){0,3}(?:antwort|ruckmeldung)|bearbeitung\b|werden sie benachrichtigt",
    r"nos pondremos|(?:le|te|les) (?:responderemos|contactaremos|contestaremos)|se pondra en contacto",
    r"recibira (?:un|una)\b|responderemos|contestaremos|estudiara\b",
    r"(?:la|ti|vi|le) (?:ricontatter|contatter|risponder)\w+|risponderemo|rispondiamo|ricontattat|riscontro\b",
    r"ricevera (?:un|una)\b|esaminera\b",
    r"nemen (?:wij |we )?(?:\w+ ){0,5}contact|reageren (?:wij|we)|(?:wij|we) reageren|krijgt u|krijg je|u krijgt",
    r"je krijgt|(?:wij|we) antwoorden|bekijkt uw|ontvangt u",
    r"odpowiemy|odpiszemy|skontaktujemy|odpowiadamy|odezwiemy|zostanie udzielona|powiadomimy|przyjrzy sie",
    r"entraremos em contac?to|responderemos|respondemos|respondera\b|contactaremos|recebera\b|vai analisar o seu",
)

_WORDING = WordingPattern(
    *_YOURS, *_RECEIVED, *_THANKS, *_WHO_ANSWERS, *_WHEN, *_QUEUE, *_NUMBERED, *_AUTOMATIC, *_WE_WILL
)
_MARK = re.compile(r"##-|#\d{4,}")
"""The line that helpdesks set above a mail, and a ticket's number."""


def confirms_receipt(text: str) -> bool:
    """Say whether a folded text holds a template's wording."""
    return bool(_WORDING.search(text) or _MARK.search(text))
