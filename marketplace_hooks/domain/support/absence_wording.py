"""Absence wording: what notes say of people who are away or have left, and of offices that are closed.

Short stems of the concept in each of the marketplace's languages, not whole sentences: people and programs put them
into too many. Answers use the words too ("the absence of the button"), so they decide nothing alone; `answer_evidence`
weighs what else is said (`deadlines.md` 10). The patterns meet folded text and begin at a word's beginning.
"""

from __future__ import annotations

from .text_folding import WordingPattern

_ABSENCE = (
    # English
    r"absen(?:t|ce)e?s?\b|out (?:of (?:the |my )?office|until|till|all|this|today|sick)\b",
    r"(?<!right )(?<!straight )(?<!go )(?<!goes )(?<!going )away\b",
    r"(?:on |annual |parental |maternity |paternity |sick |compassionate |family )leave\b|holidays?\b",
    r"vacations?\b|pto\b",
    r"(?:day|days|time)s? off\b|off (?:sick|work|today|until|till|this|for|on)\b|ill\b|unwell\b|sick\b|bank holiday",
    r"(?:long weekend|sabbatical|bereavement|funeral|on (?:a )?break|short break|well-deserved break)\b",
    r"travell?ing\b|on the road\b|business trip|on a (?:trip|course|plane)\b",
    r"at (?:a|an|the) (?:\w+ )?(?:conference|fair|expo|training|workshop|seminar|event|offsite|wedding)\b",
    r"attending\b",
    r"not (?:in (?:on|today|this|the office|until)|be in\b)|part-time\b|(?:do not|don't) work\b|unavailable\b",
    r"offline\b",
    r"(?:i am|i'm|we are|we're|i will be|i'll be) (?:not|un)\w* (?:working|available|reachable|at my)\b",
    r"unable to (?:answer|respond|reply|read)",
    r"family (?:emergency|reasons|matter)|in my absence|trade show|exhibition\b|jury duty|unreachable|surgery\b",
    r"hospital|recovering\b|abroad\b|overseas\b",
    r"(?:won't|will not|not) be online|online until|moved on from|in (?:\S+ )?meetings\b|gone (?:fishing|hiking)",
    r"public holiday|shut (?:between|from|until|for)\b",
    r"only work\b|mornings only|in the mornings?\b|(?<!back )(?<!back-)office\b|on a flight|flying\b",
    r"my (?:mail|inbox|e-?mails?|messages)\b",
    r"this (?:e-?mail )?(?:address|mailbox|inbox|account) (?:is|will)\b|my (?:old|former|new) address",
    r"(?:un)?monitored",
    r"nobody (?:is|will)|niemand (?:da|im|in)|ist (?:\w+ )?niemand|no hay nadie|non c'e nessuno|nikogo",
    r"nao ha ninguem|er (?:\w+ )?niemand|personne (?:n'est|ne sera)",
    r"moving house|demenag|umzug|ziehe (?:\w+ )?um\b|mudanza|trasloc|verhui|przeprowadz|mudancas",
    r"(?:geen|wieder|sans|sin|senza|no|without) internet",
    # Events by nearly the same word in every language
    r"seminar|workshop\b|k?c?ongres|kongress|[ck]onferen",
    # French
    r"conges?\b|vacances\b|rtt\b|jours? (?:de repos|feries?|off|non travailles?)|repos\b",
    r"arret (?:maladie|de travail)",
    r"(?:suis|etant|tombe|tombee) (?:\w+ )?malade\b|souffrant|maternite\b|paternite\b|parental\b|retraite\b|deuil\b",
    r"en (?:deplacement|formation|voyage|mission|seminaire|conference|salon|stage)\b|au salon\b",
    r"fai(?:t|sons) le pont",
    r"(?:suis|serai|sommes|serons|sera) (?:\w+ )?pas (?:la|au|en|joignable|disponible)\b|ne travaill\w+ pas\b",
    r"injoignable|indisponib|(?:pas|peu|plus) joignable|hors (?:ligne|du bureau|connexion)|loin de mon",
    r"pas au bureau",
    r"nos bureaux|notre bureau|en vol\b|dans l'avion|temps partiel|mi-temps|en clientele",
    r"mes (?:messages|mails|courriels|e-?mails)\b",
    r"cette (?:adresse|boite)\b|plus en poste|imprevu|vacance|nos? equipes? (?:\w+ )?(?:se repos|prenn)",
    r"salon\b|foire\b|hospitalis|operee?\b|a l'etranger|en reunions?\b|au compte-gouttes|evenement familial",
    r"(?:raisons?|motifs?) (?:familial|personnel)",
    # German
    r"abwesen|\w*urlaub|ferien|betriebs(?:ferien|ruhe|ausflug)|elternzeit|elternpause|mutterschutz|krank\w*",
    r"erkrankt",
    r"arbeitsunfahig|dienstreise|geschaftsreise|fortbildung|schulung|messe\b|konferenz\b|auf reisen|verreist",
    r"unterwegs\b",
    r"(?:habe|hat|haben) (?:ich |wir )?(?:\w+ )?frei\b|freie[rn]? tag|ausser haus|feiertag|bruckentag",
    r"zwischen den jahren",
    r"nicht (?:\w+ )?(?:im (?:buro|haus|dienst|hause)|am (?:platz|arbeitsplatz)|da\b|erreichbar|zu erreichen)",
    r"(?:nur|immer) (?:vormittags|nachmittags|morgens)|buro\b|im flugzeug|in gesprachen",
    r"(?:diese|dieses) (?:e-?mail-)?(?:adresse|postfach)\b",
    r"komm\w+ (?:\w+ ){0,4}wieder\b|nicht besetzt|betriebsversammlung|resturlaub|hochzeit",
    r"meine (?:e-?mails|mails|nachrichten)\b",
    r"lehrgang|kur\b|reha\b|krankenhaus|krankenstand|im ausland|tagung\b|besprechung",
    r"kein\w* (?:internet|netz|zugriff|zugang|empfang)|(?:bleibt|haben|ist) (?:\w+\W+){0,8}zu\b",
    r"schwer (?:zu )?erreich|trauerfall|(?:aus )?familiaren? grund|offline\b|weg\b",
    # Spanish
    r"ausen(?:te|cia)|vacacion|baja (?:medica|por|laboral|maternal|paternal)|de baja\b|permiso (?:de|por)",
    r"de viaje\b",
    r"fuera\b|feria\b|en un? (?:curso|congreso|formacion|evento)\b|congreso\b|dias? libres?|libro\b|libramos\b",
    r"festivo|puente\b|descanso\b",
    r"no (?:estoy|estare|estaremos|estamos) (?:en|disponible|de|localizable|trabajando)|no trabajo\b|enferm[oa]\b",
    r"media jornada|oficinas?\b|volando\b|en el avion|(?:este|esta) (?:buzon|direccion|correo|cuenta)\b",
    r"es fiesta\b|fiesta (?:local|nacional)",
    r"hospital|operad[oa]\b|extranjero\b|en (?:una )?reunion|no tengo acceso|dias libres",
    r"motivos (?:\w+ )?(?:familiar|personal|de salud)|duelo\b|reposo\b|ilocalizable",
    # Italian
    r"assen(?:te|za|ti)\b|in ferie|le ferie|ferie\b|vacanz|malattia|ammalat|congedo|maternita|paternita",
    r"in permesso|trasferta",
    r"in viaggio|fuori\b(?! (?:da|dal|dalla|dai)\b)|estero\b|ospedale|in riunione|in pausa|modo di leggere",
    r"leggero|via (?:fino|per|da|questa|dal)\b|sono via\b|lutto\b|fiera\b",
    r"non (?:sono|saro|saremo|siamo) (?:in |al |disponibil|raggiungibil|reperibil)|non lavor(?:o|iamo)\b",
    r"giorn[oi] (?:di riposo|liber)",
    r"(?:a|in) un (?:corso|convegno|congresso)|convegno\b|riposo\b|il ponte|del ponte|festivit",
    r"motivi (?:\w+ )?(?:famil|personal|di salute)",
    r"uffic(?:io|i)\b|in aereo|solo al mattino|part-time|(?:questa|questo) (?:casella|indirizzo)\b|festa\b",
    r"malat[oa]\b|permesso oggi",
    r"irreperibile|irraggiungibile",
    # Dutch
    r"afwezig|\w*vakantie|\w*verlof|ziek\w*|ziekgemeld|vrije dag|vrij\b|zwanger|onderweg\b|op reis\b",
    r"zakenreis",
    r"niet (?:\w+ )?(?:op kantoor|aanwezig|bereikbaar|beschikbaar|in de gelegenheid)",
    r"werk(?:en)? (?:ik|wij|we) niet\b",
    r"kantoor\b|vliegtuig|alleen 's (?:ochtends|middags)|(?:dit|deze) (?:e-?mail)?(?:adres|mailbox|postbus)\b",
    r"koningsdag|mijn (?:e-?mail|mail)\b",
    r"cursus\b|training\b|beurs\b|congres\b|familieomst|overlijden\b|feestdag|hemelvaart|pinkster|brugdag",
    r"dagen rust",
    r"er (?:even |vandaag |deze week |volgende week |morgen )?niet\b|dicht\b|buitenland\b|ziekenhuis|vergadering",
    r"niet gelezen|verhuizing|af en toe",
    # Polish
    r"nieobecn|urlop|l4\b|zwolnieni|chorob|chor(?:y|a|e|ym|ego|ej|uje)\b|poza biurem|nie ma mnie|mnie nie ma",
    r"nie bedzie mnie|mnie nie bedzie",
    r"wyjazd|wyjezdz|w podrozy|delegacj|szkoleni|konferencj|targach|targi\b|(?:mam|mamy|biore) (?:\w+ )?wolne",
    r"dzien wolny|dni wolne|wolnego",
    r"biur[oa]\b|samolo|tylko (?:do poludnia|rano|wieczorem)|(?:ten|tego) adres|swiet\w*|opiekuj|za granic",
    r"szpital|na spotkani|utrudnion|odpoczyn|swiat (?:bozego|wielk)|swieta\b|swiateczn|swietami",
    r"weekend\w* majow|dlug\w+ weekend|niedostepn",
    r"nie jestem (?:dostepn|w (?:biurze|pracy))|nie pracuj(?:e|emy)\b|macierzynsk|rodzicielsk|rodzinn|pogrzeb",
    r"po przerwie|zalob",
    # Portuguese
    r"ferias\b|baixa (?:medica|por|de)\b|de baixa\b|licenca (?:de|medica|parental)|em viagem|de viagem",
    r"fora (?:do|da|de|ate|esta|hoje)\b",
    r"em formacao|numa? (?:formacao|conferencia|feira|congresso)|feriado|folg(?:a|o|amos)\b|doente\b|ponte\b|luto\b",
    r"nao (?:estou|estarei|estamos|estaremos) (?:no|na|em|ao|disponivel|disponiveis|contactavel)",
    r"nao trabalh(?:o|amos)\b",
    r"escritorio\b|no aviao|so de manha|meio tempo|(?:este|esta) (?:endereco|caixa|e-?mail)\b|sem vencimento",
    r"tirei uns dias|no estrangeiro|hospital|internad[oa]\b|em reuniao|ao servico|indisponive|incontactavel",
    r"descanso\b",
    r"motivos (?:famil|pessoa)|(?:razoes|questoes) (?:famil|pessoa)",
    # Health, a pause, a week-end, stock-taking
    r"(?:health|medical) reasons|(?:raisons?|motifs?) de sante|gesundheitlich|gezondheid|zdrowotn",
    r"(?:razones|motivos|motivi|ragioni|razoes) d[ei] (?:salud|salute|saude)",
    r"pause\b|pausa\b|pauze\b|przerw[aey]\b|week-?ends?\b|wochenende|fin(?:es)? de semana|fine settimana",
    r"fim de semana|taking stock|stocktaking|inventa(?:r|ire|rio|ris)\b|inwentaryzac",
    r"formacion\b|formacao\b|arbeite(?:n)? (?:\w+ ){0,3}nicht\b",
    # The season's holidays
    r"noel\b|christmas|weihnacht|navidad|natale\b|kerst\b|natal\b|easter|paques\b|ostern\b|pascua|pasqua\b",
    r"pasen\b|wielkanoc|pascoa",
    r"new year|nouvel an|neujahr|ano nuevo|capodanno|nieuwjaar|ano novo|festive season|fetes\b|festtage|feestdagen",
)

_LIMITED_ACCESS = (
    r"(?:can't|cannot|unable to|not able to) (?:answer|reply|respond|read)",
    r"ne (?:peux|pourrai|puis|pouvons) pas (?:vous )?(?:repondre|lire)",
    r"kann (?:\w+ ){0,3}nicht antworten|no (?:puedo|podre|podemos) (?:contestar|responder|leer|atender)",
    r"non (?:posso|potro|riesco a|possiamo) (?:rispondere|leggere)",
    r"kan (?:\w+ ){0,3}niet (?:antwoorden|reageren|lezen)",
    r"nie (?:moge|bede mogl\w+) (?:\w+ )?(?:odpowiedziec|odpisac|odpowiadac|czytac)",
    r"nao (?:posso|consigo|poderei) (?:responder|ler)\b",
    r"n'est pas (?:lue?|releve|consulte|suivi)|non viene (?:lett|controllat)|nao (?:e|sao) (?:lid|consultad)",
    r"no se (?:lee|atiende|consulta)|(?:wird|werden|wordt|worden) (?:\w+ ){0,4}(?:nicht|niet) gelesen",
    r"nie jest (?:czytan|sprawdzan)|is not (?:read|checked)|are not (?:read|checked)",
    (
        r"(?:limited|intermittent|no|little|patchy|restricted|sporadic|occasional|poor) (?:\w+ )?(?:access|"
        r"connection|signal)\b"
    ),
    (
        r"(?:won't|will not|cannot|can't|not|don't|do not|only) (?:be )?(?:answer|check|read|monitor|"
        r"look)\w* (?:\w+ ){0,2}(?:e-?mails?|mails?|messages|inbox)"
    ),
    r"slow to (?:answer|respond|reply)|(?:a|some|any) delay\b|delayed (?:reply|response)",
    r"acces (?:\w+ )?(?:limite|restreint|reduit|irregulier|intermittent)|sans (?:connexion|acces|ordinateur|reseau)",
    r"ne (?:consult|li[srt]|lirai|trait|releve|repond)\w* (?:pas|plus|que|aucun|guere|rarement|mes|mon)\b",
    r"eingeschrankt|unregelmassig|sporadisch|keinen (?:zugriff|zugang)|erreichen sie mich",
    r"wieder (?:\w+ )?(?:e-?mails?|mails|nachrichten)\b",
    r"(?:lese|beantworte|bearbeite|sehe|checke) (?:ich|wir) (?:\w+ ){0,4}(?:keine|nicht|nur|erst|wieder)\b",
    r"(?:lese|beantworte) (?:\w+ ){0,3}(?:e-?mails?|mails|nachrichten) (?:\w+ )?(?:nur|nicht|selten|unregel\w+)",
    r"acceso (?:\w+ )?(?:limitado|restringido|intermitente|reducido)|sin (?:acceso|conexion|cobertura)",
    r"poco acceso|no puedo atender",
    r"no (?:reviso|leo|consulto|miro|leere|contestare|respondere|atiendo|atendere)\b",
    r"accesso (?:\w+ )?(?:limitato|ridotto|saltuario|parziale)|senza (?:accesso|connessione)",
    r"non (?:posso|potro) (?:leggere|rispondere|consultare)",
    r"non (?:leggo|leggero|controllo|consulto|rispondero|guardo)\b|saltuariamente",
    r"beperkt\w* (?:toegang|bereikbaar)|(?:geen|weinig) toegang|slecht bereikbaar",
    r"(?:lees|beantwoord|bekijk|check) ik (?:\w+ ){0,5}(?:geen|niet|pas|weer|sporadisch)\b",
    r"ograniczon\w* dostep|(?:bez|nie mam|brak) dostepu",
    r"nie (?:odpowiadam|odpisuje|czytam|zagladam|bede (?:odpowiada|czyta|odpisywa))",
    r"sporadyczn",
    r"(?:poczt[aey]|maila?|maile|wiadomosci) (?:\w+ )?(?:czytam|przeczytam|odczytam|sprawdzam|zagladam)",
    r"do (?:poczty|skrzynki) zagladam|przeczytam",
    r"acesso (?:\w+ )?(?:limitado|restrito|reduzido|intermitente)|sem acesso",
    r"nao (?:consigo|vou) (?:acompanhar|responder|ler|ver)\b",
    r"so (?:respondo|leio|vejo|verei|consulto|respondere)\w*|nao (?:leio|respondo|consulto|responderei)\b",
    r"vejo o (?:correio|e-?mail)",
    r"in urgent (?:cases|matters)|urgent (?:matters|cases|requests|queries)|if (?:it is |it's |this is )?urgent",
    r"en cas d'urgence|pour toute urgence",
    r"in dringenden|bei dringenden|dringende falle|en caso de urgencia|(?:casos?|asuntos?|temas?) urgentes?",
    r"(?:para|por) urgencias?",
    r"per (?:le )?urgenze|(?:casi|questioni|richieste) urgenti|in caso di urgenza|bij spoed|voor spoed",
    r"dringende (?:zaken|gevallen|vragen)",
    r"(?:w )?(?:sprawach )?piln(?:ych|e|ej)\b|(?:em caso de urgencia|para urgencias|assuntos? urgentes?)",
)

_CLOSED = (
    r"closed\b|closure\b|re-?open|(?:opening|business|office|support|working|trading) hours\b",
    r"mon(?:day)?s? ?(?:-|to) ?fri",
    r"ferm(?:e|es|ee|ees|eture|etures|ons)\b|reouverture|rouvr|horaires?\b|heures d'ouverture|ouvert du",
    r"geschlossen|geoffnet|offnungszeiten|geschaftszeiten|burozeiten|servicezeiten|schliessen wir|wir schliessen",
    r"inventur",
    r"cerrad[oa]s?\b|cerramos|cierre por|horario\b|no habra|reapertura|reabr",
    r"chius[oiae]\b|chiusura|chiudiamo|riapertura|riapr|orari[oi]? (?:di|d')",
    r"servizio \w* ?(?:clienti )?e? ?sospeso|sospes[oa]\b",
    r"gesloten|openingstijden|kantooruren|sluiten (?:wij|we)|wij sluiten",
    r"nieczynn|zamkniet[ey]\b|zamykamy|godzin\w* (?:pracy|otwarcia)",
    r"encerrad[oa]s?\b|encerramos|encerramento|fechad[oa]s?\b|fechamos|nao havera|reabrimos|reabertura",
)

_LEFT = (
    r"no longer (?:work|employ|with (?:us|the)|part of|at (?:the )?\w|help|handle|look after)",
    r"(?:has|have) left (?:the|us|our)|left the (?:company|team)",
    r"retired\b|retirement\b|successor\b|taken over my|my replacement|last (?:working )?day",
    r"ne (?:fai[st]|faisons|travaille|suis|sera) plus (?:partie|pour|chez|dans|en poste|avec|salarie)",
    r"quitte (?:la societe|l'entreprise|[ms]es fonctions|notre|son poste)",
    r"remplacante?\b|successeur|(?:mon|fin de) contrat|[ms]es fonctions|[ms]on poste\b",
    r"nicht (?:mehr|langer) (?:\w+ ){0,3}(?:fur|bei|im unternehmen|tatig|beschaftigt)|verlassen\b",
    r"werkt hier niet|verlaten\b|ausgeschieden|nachfolg|vertretung\b|vertritt\b|ruhestand",
    r"ya no (?:trabaj|form|pertene|est[oa])|ha dejado (?:la|de trabajar|nuestra)|jubil|sucesor|me sustituye",
    r"sustitut[oa]\b",
    r"non (?:lavora|lavoro|collabora|collaboro|fa|faccio) piu|ha lasciato|pensione\b|preso il mio posto",
    r"mi sostituisce|sostitut[oa]\b",
    r"niet (?:langer|meer) (?:werkzaam|in dienst|bij|actief)|uit dienst|opvolg(?:er|ster)|vervang(?:er|ster)",
    r"pensioen|neemt (?:mijn|voor mij)|waarneem|nemen mij waar",
    r"nie pracuj\w+ juz|juz nie pracuj|odszedl|odeszla|zastepuj|zastepc|zastepstw|(?:moje|swoje) obowiazki|emerytur",
    r"ja nao (?:trabalh|faz|est|pertence)|nao (?:trabalha|faz parte) mais",
    r"deix(?:ou|ei) (?:a empresa|de trabalhar)|reform(?:ei|ad[oa])|aposent|sucessor|substitut[oa]\b|me substitui",
    r"substitui-me",
    r"(?:changed|new) (?:jobs?|employer)|change d'employeur|arbeitgeber",
    r"(?:cambiado de|cambiato|mudei de) (?:trabajo|empresa|lavoro|azienda|emprego)|van baan|zmienil[ea]m prace",
    # Whom to turn to instead
    r"(?:my|our) colleagues?\b|(?:mon|ma|mes) collegues?\b|mein\w* kolleg|(?:mio|mia|miei) colleg|mijn collega",
    r"(?:moja|moj|moim|moi) kole|(?:meu|minha) colega",
    r"(?:contact|reach|write to|reach out to|ask) (?:my|our) (?:colleague|manager|deputy)",
    r"(?:contacte[rz]|ecrivez a|joindre) (?:mon|ma|mes|notre) (?:\w+ )?colleg",
    r"wenden sie sich (?:\w+ ){0,4}an|(?:mein\w* kolleg\w+|meine vertretung)|mi companer",
    r"contact[ea]r? (?:a|con) mi|(?:collega|colleghi)\b",
    r"neem (?:\w+ ){0,3}contact op|prosze (?:\w+ ){0,4}o kontakt z|w tym czasie|na ten czas|nesse periodo",
    r"neste periodo",
    r"in der zwischenzeit|in de tussentijd|in the meantime|mientras tanto|nel frattempo|entretanto|w miedzyczasie",
)

_WORDING = WordingPattern(*_ABSENCE, *_LIMITED_ACCESS, *_CLOSED, *_LEFT)


def speaks_of_absence(text: str) -> bool:
    """Say whether a folded text says that somebody is away, reads no mail or has left, or that an office is closed."""
    return _WORDING.search(text) is not None
