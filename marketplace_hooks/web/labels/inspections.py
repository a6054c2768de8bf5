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
    AbsenceCause.OLDER_THAN_9: (
        "la boutique utilise une version de PrestaShop antérieure à 9, sans API d’administration"
    ),
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
    Note.KEY_EMPTY: "La clé du webservice est vide. Copiez-la à nouveau depuis Paramètres avancés > Webservice.",
    Note.KEY_LENGTH: (
        "La clé du webservice doit comporter 32 caractères. Copiez-la à nouveau, en entier et sans espace."
    ),
    Note.KEY_UNKNOWN: (
        "La boutique ne reconnaît pas cette clé du webservice, ou la clé est désactivée. Vérifiez la clé et son état."
    ),
    Note.KEY_WITHOUT_RIGHTS: (
        "La boutique n’accorde aucun droit à cette clé du webservice : elle est inconnue, désactivée ou sans droit. "
        "Accordez-lui uniquement GET sur shop_urls."
    ),
    Note.SHOP_URLS_NOT_GRANTED: (
        "La clé du webservice est valide, mais ne peut pas lire shop_urls. Accordez-lui uniquement GET sur shop_urls."
    ),
    Note.KEY_OF_ANOTHER_SHOP: (
        "La clé du webservice appartient à une autre boutique de ce multiboutique. Associez-la à celle-ci."
    ),
    Note.KEY_OF_ANOTHER_SITE: (
        "La boutique qui a accepté la clé du webservice a une autre adresse que celle de l’achat."
    ),
    Note.WEBSERVICE_OFF: (
        "Le webservice de la boutique est désactivé. Activez-le dans Paramètres avancés > Webservice."
    ),
    Note.KEY_CAN_WRITE: (
        "Cette clé du webservice a un droit d’écriture. Nous ne l’avons utilisée que pour lire. Remplacez-la par une "
        "clé limitée à la lecture de shop_urls."
    ),
    Note.KEY_READS_MORE: (
        "Cette clé du webservice peut lire plus que shop_urls (%(resources)s). Nous n’avons rien lu d’autre. "
        "Remplacez-la par une clé limitée à la lecture de shop_urls."
    ),
    Note.ADMIN_API_ABSENT: (
        "La boutique n’a pas d’API d’administration à l’adresse que nous connaissons : %(causes)s."
    ),
    Note.HTTPS_HIDDEN: (
        "Le proxy de la boutique n’indique pas à PrestaShop que nous passons par HTTPS : l’API d’administration nous "
        "refuse. L’hébergeur doit transmettre cette information à PrestaShop."
    ),
    Note.CLIENT_REFUSED: (
        "La boutique a refusé cet identifiant et ce secret. Vérifiez-les, ainsi que l’activation du client d’API."
    ),
    Note.SCOPE_NOT_GRANTED: (
        "Le client d’API ne peut pas lire les modules. Accordez-lui uniquement le droit module_read."
    ),
    Note.TOKEN_NOT_RECEIVED: (
        "La boutique a délivré un jeton mais ne l’accepte pas : son hébergement supprime sans doute l’en-tête qui le "
        "porte."
    ),
    Note.CLIENT_CAN_WRITE: (
        "Ce client d’API a un droit d’écriture (%(scopes)s). Nous ne l’avons utilisé que pour lire. Remplacez-le par "
        "un client qui n’a que le droit module_read."
    ),
    Note.CLIENT_READS_MORE: (
        "Ce client d’API peut faire plus que lire les modules (%(scopes)s). Nous n’avons rien fait d’autre. "
        "Remplacez-le par un client qui n’a que le droit module_read."
    ),
    Note.LIST_INCOMPLETE: (
        "La boutique a plus de modules que nous n’avons pu en lire : un module absent de la liste peut être installé."
    ),
    Note.UNFINISHED_UPGRADE: (
        "Les fichiers du module ne correspondent pas à la version installée : une mise à jour a été commencée sans "
        "être terminée. Terminez-la dans le gestionnaire de modules."
    ),
    Note.VERSION_UNKNOWN: "La boutique a répondu sans donner sa version, ou en a donné plusieurs.",
    Note.COOKIE_NOT_FOUND: (
        "La boutique n’a pas envoyé de cookie de session, sans doute parce qu’elle est derrière un cache."
    ),
    Note.COOKIE_NOT_SOLVED: (
        "Le cookie de session de la boutique ne correspond à aucune version de PrestaShop que nous connaissons : une "
        "version de développement, ou un dérivé de PrestaShop."
    ),
    Note.NO_MODULE_SEEN: (
        "Aucun module n’est visible sur la page d’accueil de la boutique. Des modules peuvent tout de même être "
        "installés."
    ),
    Note.CONFIG_NOT_READABLE: (
        "Le fichier de description du module n’est pas lisible de l’extérieur, ce qui est courant depuis PrestaShop "
        "8.0.1. Le module peut tout de même être installé."
    ),
    Note.CONFIG_FORBIDDEN: (
        "Le serveur de la boutique refuse l’accès au fichier de description du module. Depuis PrestaShop 8.0.1, "
        "Apache répond ainsi lorsque le dossier du module existe : c’est un indice, pas une preuve."
    ),
    Note.CONFIG_NOT_FOUND: (
        "Le fichier de description du module ne se trouve pas à cette adresse. PrestaShop ne l’a peut-être pas "
        "encore créé : le module peut tout de même être installé."
    ),
    Note.MAY_BE_STALE: "Lu dans un fichier de description que PrestaShop ne met pas toujours à jour.",
    Note.SEEN_IN_CODE: (
        "Vu dans le code de la page d’accueil de la boutique, qui charge un fichier de ce module. Un thème peut "
        "mentionner un module qui a été supprimé : cela ne suffit jamais à justifier un refus."
    ),
    Note.COOKIE_RENAMED: "Le cookie de session de la boutique a un nom personnalisé, qui n’indique pas la version.",
    Note.FORK: "La boutique utilise %(platform)s, un dérivé de PrestaShop, et non PrestaShop lui-même.",
    Note.IN_MAINTENANCE: "La boutique est en maintenance ou surchargée : ses pages ne sont pas disponibles.",
    Note.BOT_CHALLENGE: (
        "Le site demande aux visiteurs de prouver qu’ils ne sont pas des robots, et nous l’a demandé aussi : nous "
        "n’avons pas pu voir ses pages."
    ),
    Note.PASSWORD_REQUIRED: "Le site exige un identifiant et un mot de passe avant d’afficher ses pages.",
    Note.OTHER_PLATFORM: (
        "La page à cette adresse semble être celle d’une autre plateforme que PrestaShop, ou d’un dérivé sous un "
        "autre nom. Vérifiez que c’est bien l’adresse de la boutique."
    ),
    Note.COMPANION_ABSENT: (
        "Le module compagnon n’a pas répondu : il n’est pas installé sur la boutique, ou il est désactivé."
    ),
    Note.REPORT_NOT_SIGNED: "Le rapport du compagnon n’est pas signé avec la clé fournie. Vérifiez la clé.",
    Note.REPORT_MALFORMED: "Le rapport du compagnon est illisible. Mettez à jour le module compagnon.",
    Note.REPORT_NOT_FRESH: "Le rapport du compagnon n’a pas été fait pour ce contrôle.",
    Note.REPORT_OF_ANOTHER_SHOP: "Le rapport du compagnon concerne une autre boutique que celle de l’achat.",
    Note.REPORT_LATE: (
        "Un rapport du compagnon est arrivé après la fin de ce contrôle, alors que son code n’était plus valable. "
        "Lancez un nouveau contrôle pour envoyer un autre rapport."
    ),
    Note.REPORT_TOO_LARGE: (
        "Le rapport du compagnon est trop volumineux pour être lu. Mettez à jour le module compagnon : les versions "
        "récentes laissent de côté ce qui dépasse."
    ),
    Note.NOT_THE_SHOP: "Ce n’est pas l’adresse de la boutique, ou un pare-feu a répondu à sa place.",
    Note.BLOCKED: "Un pare-feu ou l’hébergeur de la boutique nous a bloqués avant que PrestaShop puisse répondre.",
    Note.SHOP_ERROR: "La boutique a répondu par une erreur.",
    Note.TOO_SLOW: "La boutique n’a pas répondu à temps.",
    Note.TOO_LARGE: "La réponse de la boutique était trop volumineuse et a été coupée.",
    Note.UNREADABLE: "La réponse de la boutique est illisible.",
    Note.UNREACHABLE: "La boutique est injoignable, ou a fermé la connexion.",
    Note.NOT_SECURE: "La boutique n’utilise pas HTTPS, et nous n’envoyons jamais d’identifiants sans chiffrement.",
    Note.BAD_CERTIFICATE: (
        "Le certificat de la boutique a expiré ou a été émis pour un autre nom : aucune connexion sécurisée n’est "
        "possible."
    ),
    Note.NOT_FOUND: "Cette page n’existe pas à cette adresse. La boutique se trouve peut-être dans un autre dossier.",
    Note.NOT_ASKED: "Nous ne l’avons pas demandé, pour ne pas surcharger la boutique de requêtes.",
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
