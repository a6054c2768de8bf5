"""Inspection labels: what an inspection met, in the customer's language (`inspection.md`, the table of failures).

The English sentences are those of `domain/inspections/notes.py`, shared with the command line; the French ones stand
here, by code, since the catalogues of the pages are extracted from this folder's sources alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.inspections.notes import ABSENCE_CAUSES, NOTE_TEXTS, AbsenceCause, Note, absence_causes
from ..i18n.formatting import Wording, typeset

_CAUSES_FR: Mapping[AbsenceCause, str] = {
    AbsenceCause.OLDER_THAN_9: "la boutique utilise un PrestaShop antérieur à 9, qui n’a pas d’API d’administration",
    AbsenceCause.SWITCHED_OFF: (
        "l’API d’administration est désactivée (Paramètres avancés, page de l’API d’administration)"
    ),
    AbsenceCause.MULTISTORE: "le multiboutique est actif, et l’API d’administration doit alors être activée à part",
    AbsenceCause.OTHER_PATH: "la boutique se trouve sous un autre chemin que celui de l’adresse que nous connaissons",
}

_SENTENCES_FR: Mapping[Note, str] = {
    Note.KEY_NOT_RECEIVED: (
        "Aucune clé n’est parvenue à la boutique : son hébergement supprime l’en-tête qui la porte. Dans Paramètres "
        "avancés > Webservice, cochez « Activer le mode CGI de PHP », enregistrez, puis réessayez."
    ),
    Note.KEY_EMPTY: "La clé du webservice est vide. Copiez-la de nouveau depuis Paramètres avancés > Webservice.",
    Note.KEY_LENGTH: (
        "La clé du webservice ne compte pas 32 caractères. Copiez-la de nouveau, entière et sans espace."
    ),
    Note.KEY_UNKNOWN: (
        "La boutique ne connaît pas cette clé du webservice, ou la clé est inactive. Vérifiez-la, ainsi que son état."
    ),
    Note.KEY_WITHOUT_RIGHTS: (
        "La boutique ne reconnaît aucun droit à cette clé du webservice : elle est inconnue, inactive, ou n’a aucun "
        "droit. Accordez-lui GET sur shop_urls, et rien d’autre."
    ),
    Note.SHOP_URLS_NOT_GRANTED: (
        "La clé du webservice est la bonne, mais elle ne peut pas lire shop_urls. Accordez-lui GET sur "
        "shop_urls, et rien d’autre."
    ),
    Note.KEY_OF_ANOTHER_SHOP: (
        "La clé du webservice appartient à une autre boutique de ce multiboutique. Associez-la à celle-ci."
    ),
    Note.KEY_OF_ANOTHER_SITE: (
        "La boutique qui a accepté la clé du webservice dit se trouver à une autre adresse que celle de l’achat."
    ),
    Note.WEBSERVICE_OFF: (
        "Le webservice de la boutique est désactivé. Activez-le dans Paramètres avancés > Webservice."
    ),
    Note.KEY_CAN_WRITE: (
        "Cette clé du webservice peut écrire. Nous ne l’avons utilisée que pour lire ; remplacez-la par une clé qui ne "
        "peut que lire shop_urls."
    ),
    Note.KEY_READS_MORE: (
        "Cette clé du webservice peut lire plus que shop_urls (%(resources)s). Nous n’avons rien lu d’autre ; "
        "remplacez-la par une clé qui ne peut que lire shop_urls."
    ),
    Note.ADMIN_API_ABSENT: (
        "La boutique n’a pas d’API d’administration à l’adresse que nous connaissons : %(causes)s."
    ),
    Note.HTTPS_HIDDEN: (
        "Le serveur TLS placé devant la boutique cache à PrestaShop que nous passons par https, et son API "
        "d’administration nous refuse. L’hébergeur doit transmettre cette information à PrestaShop."
    ),
    Note.CLIENT_REFUSED: (
        "La boutique refuse cet identifiant et ce secret. Vérifiez les deux, et que le client d’API est activé."
    ),
    Note.SCOPE_NOT_GRANTED: (
        "Le client d’API ne peut pas lire les modules. Accordez-lui le droit module_read, et rien d’autre."
    ),
    Note.TOKEN_NOT_RECEIVED: (
        "La boutique nous a donné un jeton et ne l’accepte pas en retour : son hébergement supprime sans doute "
        "l’en-tête qui le porte."
    ),
    Note.CLIENT_CAN_WRITE: (
        "Ce client d’API peut écrire (%(scopes)s). Nous ne l’avons utilisé que pour lire ; remplacez-le par un client "
        "qui n’a que le droit module_read."
    ),
    Note.CLIENT_READS_MORE: (
        "Ce client d’API peut faire plus que lire les modules (%(scopes)s). Nous n’avons rien fait d’autre ; "
        "remplacez-le par un client qui n’a que le droit module_read."
    ),
    Note.LIST_INCOMPLETE: (
        "La boutique a plus de modules que nous n’en avons lu : un module absent de la liste peut être installé."
    ),
    Note.UNFINISHED_UPGRADE: (
        "Les fichiers du module sont d’une autre version que celle qui est installée : une mise à jour a été commencée "
        "et n’est pas terminée. Terminez-la dans le gestionnaire de modules."
    ),
    Note.VERSION_UNKNOWN: "La boutique a répondu sans donner sa version, ou en a donné plusieurs.",
    Note.COOKIE_NOT_FOUND: (
        "La boutique ne nous a pas donné de cookie de session, sans doute parce qu’un cache se trouve devant elle."
    ),
    Note.COOKIE_NOT_SOLVED: (
        "Le cookie de session de la boutique ne correspond à aucune version de PrestaShop que nous connaissons : une "
        "version de développement, ou une variante de PrestaShop."
    ),
    Note.NO_MODULE_SEEN: (
        "Aucun module n’est visible sur la page d’accueil de la boutique. Cela ne veut pas dire qu’il n’y en a pas."
    ),
    Note.CONFIG_NOT_READABLE: (
        "Le fichier de description du module n’est pas lisible de l’extérieur, ce qui est courant depuis PrestaShop "
        "8.0.1. Cela ne veut pas dire que le module est absent."
    ),
    Note.CONFIG_FORBIDDEN: (
        "Le serveur de la boutique refuse de montrer le fichier de description du module. Avec Apache, depuis "
        "PrestaShop 8.0.1, c’est ainsi qu’il répond lorsque le dossier du module existe : un indice, pas une preuve."
    ),
    Note.CONFIG_NOT_FOUND: (
        "Il n’y a pas de fichier de description du module à cette adresse. PrestaShop ne l’a peut-être pas encore "
        "écrit : cela ne veut pas dire que le module est absent."
    ),
    Note.MAY_BE_STALE: "Lu dans un fichier de description que PrestaShop ne met pas toujours à jour.",
    Note.SEEN_IN_CODE: (
        "Vu dans le code de la page d’accueil de la boutique, qui charge un fichier de ce module. Un thème peut nommer "
        "des fichiers d’un module qui n’est plus là : cela ne suffit pas à justifier un refus."
    ),
    Note.COOKIE_RENAMED: (
        "Le cookie de session de la boutique porte un nom qui lui est propre et qui n’indique pas la version."
    ),
    Note.FORK: "La boutique utilise %(platform)s, une variante de PrestaShop, et non PrestaShop lui-même.",
    Note.IN_MAINTENANCE: "La boutique est en maintenance, ou surchargée : elle ne montre ses pages à personne.",
    Note.BOT_CHALLENGE: (
        "Le site demande à ses visiteurs de prouver qu’ils ne sont pas des robots, et nous l’a demandé aussi : nous "
        "n’avons pas vu ses pages."
    ),
    Note.PASSWORD_REQUIRED: "Le site demande un nom et un mot de passe avant de montrer la moindre page.",
    Note.OTHER_PLATFORM: (
        "La page qui se trouve à cette adresse porte les signes d’une autre plateforme que PrestaShop, ou d’une "
        "variante sous un autre nom. Vérifiez que c’est bien celle de la boutique."
    ),
    Note.COMPANION_ABSENT: "La boutique n’a pas de module compagnon qui réponde, ou il est désactivé.",
    Note.REPORT_NOT_SIGNED: (
        "Le rapport du compagnon ne porte pas la signature de la clé qui nous a été donnée. Vérifiez la clé."
    ),
    Note.REPORT_MALFORMED: "Le rapport du compagnon est illisible. Mettez à jour le module compagnon.",
    Note.REPORT_NOT_FRESH: "Le rapport du compagnon n’a pas été fait pour ce contrôle.",
    Note.REPORT_OF_ANOTHER_SHOP: "Le rapport du compagnon parle d’une autre boutique que celle de l’achat.",
    Note.REPORT_LATE: (
        "Un rapport du compagnon est arrivé après la fin de ce contrôle, quand son code n’était plus valable. Lancez "
        "un nouveau contrôle pour en envoyer un autre."
    ),
    Note.REPORT_TOO_LARGE: (
        "Le rapport du compagnon est trop volumineux pour être lu. Mettez à jour le module compagnon, qui laisse de "
        "côté ce qui dépasse."
    ),
    Note.NOT_THE_SHOP: "Ce n’est pas l’adresse de la boutique, ou un pare-feu a répondu à sa place.",
    Note.BLOCKED: "Un pare-feu, ou l’hébergement de la boutique, nous a refusés avant que PrestaShop puisse répondre.",
    Note.SHOP_ERROR: "La boutique a rencontré une erreur en répondant.",
    Note.TOO_SLOW: "La boutique n’a pas répondu à temps.",
    Note.TOO_LARGE: "La réponse de la boutique était trop longue, et a été coupée.",
    Note.UNREADABLE: "La réponse de la boutique est illisible.",
    Note.UNREACHABLE: "La boutique est injoignable, ou a coupé la connexion.",
    Note.NOT_SECURE: "La boutique n’est pas en https, et nous n’envoyons aucun identifiant en clair.",
    Note.BAD_CERTIFICATE: (
        "Le certificat de la boutique a expiré ou n’est pas établi à son nom : aucune connexion sécurisée n’est "
        "possible."
    ),
    Note.NOT_FOUND: (
        "Il n’y a pas de telle page à cette adresse. La boutique se trouve peut-être dans un autre dossier."
    ),
    Note.NOT_ASKED: "Nous ne l’avons pas demandé, pour ne pas charger la boutique de requêtes.",
    Note.GONE_WRONG: "Une erreur s’est produite de notre côté. Elle ne dit rien de la boutique.",
}

_BY_LANGUAGE: Mapping[str, tuple[Mapping[Note, str], Mapping[AbsenceCause, str], str]] = {
    "en": (NOTE_TEXTS, ABSENCE_CAUSES, "; or "),
    "fr": (_SENTENCES_FR, _CAUSES_FR, " ; ou "),
}


def explain(wording: Wording, note: Note, facts: Mapping[str, Any], *, version: str | None = None) -> str:
    """What a note means to this reader.

    `facts` are its finding's. `version` is the platform's, where it is known: it narrows down why an Admin API
    may be absent.
    """
    texts, causes, joint = _BY_LANGUAGE[wording.language]
    values = {name: _listed(value) for name, value in facts.items()}
    if note is Note.ADMIN_API_ABSENT:
        values["causes"] = joint.join(causes[cause] for cause in absence_causes(version))
    return typeset(texts[note] % values, wording.language)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
