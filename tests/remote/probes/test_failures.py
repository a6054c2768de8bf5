"""Every row of the table of failures (`inspection.md`) as a real shop shows it, and what the customer reads of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from marketplace_hooks.demo.fake_shops.server import ApiClient, Fault, Key, Module, Server
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, merge_findings
from marketplace_hooks.domain.inspections.notes import AbsenceCause, Note
from marketplace_hooks.remote.http.client import OutboundClient
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.remote.probes.site_client import SITE_POLICY, make_site_client
from marketplace_hooks.web.i18n.formatting import Wording, typeset
from marketplace_hooks.web.labels.inspections import explain

from .conftest import CLIENT, COMPANION, KEY, Open, probe_shop

FRENCH, ENGLISH = (Wording.of(language, ZoneInfo("Europe/Paris")) for language in ("fr", "en"))
WEBSERVICE_VERSIONS = ["1.6.1.24", "1.7.8.11", "8.2.7", "9.1.4"]


def key(value: str) -> Credentials:
    return Credentials(webservice_key=value)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: how the shop stands, what it is asked with, the note, and words that the customer reads."""

    note: Note
    shop: dict[str, Any] = field(default_factory=dict)
    credentials: Credentials = KEY
    english: str
    french: str
    versions: tuple[str, ...] = tuple(WEBSERVICE_VERSIONS)


WEBSERVICE_ROWS = {
    "401 plain text without XML": Row(
        note=Note.KEY_NOT_RECEIVED,
        shop={"strips_authorization": True},
        english="tick “Enable CGI mode",
        french="cochez « Activer le mode CGI",
    ),
    "401 code 17": Row(note=Note.KEY_EMPTY, credentials=key(""), english="is empty", french="est vide"),
    "401 code 18": Row(
        note=Note.KEY_LENGTH,
        credentials=key("SHORT"),
        english="must have 32 characters",
        french="doit comporter 32 caractères",
    ),
    "401 codes 20 and 21": Row(
        note=Note.KEY_UNKNOWN,
        credentials=key("Z" * 32),
        english="does not recognize this webservice key, or the key is disabled",
        french="ne reconnaît pas cette clé",
    ),
    "401 code 20 for an inactive key": Row(
        note=Note.KEY_UNKNOWN, shop={"keys": [Key(active=False)]}, english="is disabled", french="la clé est désactivée"
    ),
    "401 code 21 alone": Row(
        note=Note.KEY_WITHOUT_RIGHTS,
        shop={"keys": [Key(grants={})]},
        english="Grant it GET on shop_urls",
        french="Accordez-lui uniquement GET sur shop_urls",
    ),
    "401 code 26": Row(
        note=Note.SHOP_URLS_NOT_GRANTED,
        shop={"keys": [Key(grants={"products": ("GET",)})]},
        english="is valid but cannot read shop_urls",
        french="est valide, mais ne peut pas lire shop_urls",
    ),
    "405 code 25": Row(
        note=Note.SHOP_URLS_NOT_GRANTED,
        shop={"keys": [Key(grants={"shop_urls": ("PUT",)})]},
        english="cannot read shop_urls",
        french="ne peut pas lire shop_urls",
    ),
    "403 code 132": Row(
        note=Note.KEY_OF_ANOTHER_SHOP,
        shop={"keys": [Key(shop_ids=[2])]},
        english="another shop of this multistore",
        french="une autre boutique de ce multiboutique",
    ),
    "503 code 22": Row(
        note=Note.WEBSERVICE_OFF, shop={"webservice": False}, english="is disabled", french="est désactivé"
    ),
    "200 HTML": Row(
        note=Note.NOT_THE_SHOP,
        shop={"fault": Fault.HTML, "fault_under": "/api"},
        english="not the shop’s address, or a firewall",
        french="Ce n’est pas l’adresse de la boutique",
    ),
    "302 to another host": Row(
        note=Note.NOT_THE_SHOP,
        shop={"domain": "other.example"},
        english="not the shop’s address",
        french="Ce n’est pas l’adresse",
    ),
    "403 HTML of a firewall": Row(
        note=Note.BLOCKED, shop={"firewall": True}, english="A firewall or the shop’s host", french="Un pare-feu"
    ),
    "500 with a PHP warning": Row(
        note=Note.SHOP_ERROR, shop={"php_warnings": True}, english="answered with an error", french="une erreur"
    ),
    "404 either way": Row(
        note=Note.NOT_FOUND,
        shop={"has_webservice_files": False},
        english="no such page",
        french="Cette page n’existe pas",
    ),
    "503 HTML": Row(
        note=Note.IN_MAINTENANCE,
        shop={"fault": Fault.UNAVAILABLE, "fault_under": "/api"},
        english="in maintenance mode or overloaded",
        french="en maintenance ou surchargée",
        versions=("8.2.7",),
    ),
    "the answer of thirty bees": Row(
        note=Note.FORK,
        shop={"thirty_bees": "1.5.1"},
        english="runs thirty bees, a variant",
        french="utilise thirty bees, un dérivé",
        versions=("1.6.1.999",),
    ),
    "PSWS-Version 0": Row(
        note=Note.VERSION_UNKNOWN,
        shop={"version_headers": ["0"]},
        english="did not give its version",
        french="sans donner sa version",
    ),
    "PSWS-Version empty": Row(
        note=Note.VERSION_UNKNOWN,
        shop={"version_headers": [""]},
        english="did not give its version",
        french="sans donner",
    ),
    "PSWS-Version absent": Row(
        note=Note.VERSION_UNKNOWN,
        shop={"version_headers": []},
        english="did not give its version",
        french="sans donner",
    ),
    "PSWS-Version twice": Row(
        note=Note.VERSION_UNKNOWN,
        shop={"version_headers": ["8.2.7", "8.2.6"]},
        english="or gave several",
        french="ou en a donné plusieurs",
    ),
    "broken XML": Row(
        note=Note.UNREADABLE,
        shop={"fault": Fault.BROKEN_XML},
        english="cannot be read",
        french="est illisible",
        versions=("8.2.7",),
    ),
    "DTD and entities": Row(
        note=Note.UNREADABLE,
        shop={"fault": Fault.ENTITIES},
        english="cannot be read",
        french="est illisible",
        versions=("8.2.7",),
    ),
    "compressed bomb": Row(
        note=Note.TOO_LARGE,
        shop={"fault": Fault.BOMB},
        english="too large and was cut off",
        french="trop volumineuse et a été coupée",
        versions=("8.2.7",),
    ),
    "endless": Row(
        note=Note.TOO_LARGE,
        shop={"fault": Fault.ENDLESS},
        english="too large",
        french="trop volumineuse",
        versions=("8.2.7",),
    ),
    "slow": Row(
        note=Note.TOO_SLOW,
        shop={"fault": Fault.SLOW, "pause_s": 5.0},
        english="did not answer in time",
        french="n’a pas répondu à temps",
        versions=("8.2.7",),
    ),
    "dripping": Row(
        note=Note.TOO_SLOW,
        shop={"fault": Fault.DRIP},
        english="did not answer in time",
        french="n’a pas répondu à temps",
        versions=("8.2.7",),
    ),
    "reset": Row(
        note=Note.UNREACHABLE,
        shop={"fault": Fault.RESET},
        english="closed the connection",
        french="a fermé la connexion",
        versions=("8.2.7",),
    ),
}

ADMIN_ROWS = {
    "404, switched off": Row(
        note=Note.ADMIN_API_ABSENT,
        shop={"version": "9.1.4", "admin_api": False},
        english="switched off",
        french="désactivée",
    ),
    "404, multistore": Row(
        note=Note.ADMIN_API_ABSENT,
        shop={"version": "9.1.4", "multistore": True},
        english="multistore is on",
        french="le multiboutique est actif",
    ),
    "404, another path": Row(
        note=Note.ADMIN_API_ABSENT,
        shop={"version": "9.1.4", "physical_uri": "/boutique/"},
        english="at a different path",
        french="sous un autre chemin",
    ),
    "404, older than 9": Row(
        note=Note.ADMIN_API_ABSENT,
        shop={"version": "8.2.7"},
        english="a PrestaShop version older than 9",
        french="une version de PrestaShop antérieure à 9",
    ),
    '401 "Use HTTPS protocol"': Row(
        note=Note.HTTPS_HIDDEN,
        shop={"version": "9.1.4", "tls_proxy": True},
        english="The shop’s proxy does not tell",
        french="n’indique pas à PrestaShop que nous passons par HTTPS",
    ),
    "308 to https, as 9.0 answered": Row(
        note=Note.HTTPS_HIDDEN,
        shop={"version": "9.0.0", "tls_proxy": True},
        english="The shop’s proxy",
        french="proxy de la boutique",
    ),
    "401 invalid_client": Row(
        note=Note.CLIENT_REFUSED,
        shop={"version": "9.1.4"},
        credentials=Credentials(client_id="inspector", client_secret="wrong"),
        english="refused this client ID and secret",
        french="a refusé cet identifiant et ce secret",
    ),
    "401 access_denied": Row(
        note=Note.SCOPE_NOT_GRANTED,
        shop={"version": "9.1.4", "api_clients": [ApiClient(scopes=["hook_read"])]},
        english="Grant it the module_read scope",
        french="Accordez-lui uniquement le droit module_read",
    ),
    "401 though the token was good": Row(
        note=Note.TOKEN_NOT_RECEIVED,
        shop={"version": "9.1.4", "strips_authorization": True},
        english="strips the header",
        french="supprime sans doute l’en-tête",
    ),
    "401 though the token was good, without quotes": Row(
        note=Note.TOKEN_NOT_RECEIVED,
        shop={"version": "9.0.0", "strips_authorization": True},
        english="strips the header",
        french="supprime sans doute l’en-tête",
    ),
    "403 HTML of a firewall": Row(
        note=Note.BLOCKED, shop={"version": "9.1.4", "firewall": True}, english="A firewall", french="Un pare-feu"
    ),
    "200 HTML": Row(
        note=Note.NOT_THE_SHOP,
        shop={"version": "9.1.4", "fault": Fault.HTML},
        english="not the shop’s address",
        french="Ce n’est pas l’adresse",
    ),
    "302 to another host": Row(
        note=Note.NOT_THE_SHOP,
        shop={"version": "9.1.4", "domain": "other.example"},
        english="not the shop’s address",
        french="Ce n’est pas l’adresse",
    ),
}

PUBLIC_ROWS = {
    "no cookie": (
        "cookie",
        Row(
            note=Note.COOKIE_NOT_FOUND,
            shop={"strips_every_cookie": True},
            english="did not set a session cookie",
            french="n’a pas envoyé de cookie de session",
        ),
    ),
    "a cookie of no release": (
        "cookie",
        Row(
            note=Note.COOKIE_NOT_SOLVED,
            shop={"version": "9.9.9-dev"},
            english="matches no PrestaShop release",
            french="ne correspond à aucune version",
        ),
    ),
    "a rebranded fork": (
        "cookie",
        Row(
            note=Note.FORK,
            shop={"cookie_prefix": "QloApps-"},
            english="runs QloApps, a variant of PrestaShop",
            french="utilise QloApps, un dérivé de PrestaShop",
        ),
    ),
    "no module on the page": (
        "public_page",
        Row(note=Note.NO_MODULE_SEEN, english="may still be installed", french="peuvent tout de même être installés"),
    ),
    "maintenance": (
        "public_page",
        Row(note=Note.IN_MAINTENANCE, shop={"maintenance": True}, english="maintenance", french="maintenance"),
    ),
    "config.xml denied by Apache": (
        "config_xml",
        Row(
            note=Note.CONFIG_FORBIDDEN,
            shop={"modules": [Module(name="shipping")]},
            english="when the module’s folder exists: this is a hint",
            french="lorsque le dossier du module existe : c’est un indice",
        ),
    ),
    "config.xml of a folder that is not there": (
        "config_xml",
        Row(note=Note.CONFIG_NOT_FOUND, english="may still be installed", french="peut tout de même être installé"),
    ),
    "a renamed cookie": (
        "cookie",
        Row(
            note=Note.COOKIE_RENAMED,
            shop={"cookie_name": "boutique_session"},
            english="a custom name",
            french="un nom personnalisé",
        ),
    ),
    "thirty bees": (
        "cookie",
        Row(
            note=Note.FORK,
            shop={"version": "1.6.1.999", "cookie_prefix": "thirtybees-"},
            english="runs thirty bees",
            french="utilise thirty bees",
        ),
    ),
    "a companion in maintenance": (
        "companion",
        Row(
            note=Note.IN_MAINTENANCE,
            shop={"companion_key": "another", "companion_status": 503},
            credentials=COMPANION,
            english="in maintenance",
            french="en maintenance",
        ),
    ),
    "config.xml answered by the theme": (
        "config_xml",
        Row(
            note=Note.CONFIG_NOT_READABLE,
            shop={"server": Server.NGINX, "soft_404": True},
            english="cannot be read from outside",
            french="n’est pas lisible de l’extérieur",
        ),
    ),
    "config.xml with entities": (
        "config_xml",
        Row(
            note=Note.UNREADABLE,
            shop={"server": Server.NGINX, "modules": [Module(name="shipping")], "fault": Fault.ENTITIES},
            english="cannot be read",
            french="est illisible",
        ),
    ),
    "no companion": (
        "companion",
        Row(
            note=Note.COMPANION_ABSENT,
            credentials=COMPANION,
            english="companion module did not answer",
            french="module compagnon n’a pas répondu",
        ),
    ),
    "another companion's key": (
        "companion",
        Row(
            note=Note.REPORT_NOT_SIGNED,
            shop={"companion_key": "another"},
            credentials=COMPANION,
            english="signed with the key",
            french="signé avec la clé",
        ),
    ),
}


def assert_explained(finding: Finding, row: Row, version: str | None = None) -> None:
    """The finding is unknown, for this reason, and both customers are told so."""
    assert finding.note is row.note, (finding.note, finding.facts)
    assert not finding.is_known
    assert row.english in explain(ENGLISH, row.note, finding.facts, version=version)
    assert typeset(row.french, "fr") in explain(FRENCH, row.note, finding.facts, version=version)


def deadline_of(row: Row) -> float:
    return 1.0 if row.note is Note.TOO_SLOW else 10.0


@pytest.mark.parametrize(
    ("row", "version"),
    [pytest.param(row, v, id=f"{name}, {v}") for name, row in WEBSERVICE_ROWS.items() for v in row.versions],
)
def test_what_the_webservice_answers_is_told_for_what_it_means(
    open_shop: Open, outbound: OutboundClient, row: Row, version: str
) -> None:
    site = open_shop(**{"version": version, **row.shop})
    findings = probe_shop("webservice", site, outbound, credentials=row.credentials, deadline_s=deadline_of(row))
    assert_explained(next(one for one in findings if one.what is FindingKind.PLATFORM_VERSION), row)
    assert merge_findings(findings).platform_version is None


@pytest.mark.parametrize("name", ADMIN_ROWS)
def test_what_the_admin_api_answers_is_told_for_what_it_means(
    open_shop: Open, outbound: OutboundClient, name: str
) -> None:
    row = ADMIN_ROWS[name]
    credentials = row.credentials if row.credentials.client_id else CLIENT
    site = open_shop(**row.shop)
    where = site.origin + "/"
    findings = probe_shop("admin_api", where, outbound, credentials=credentials)
    assert_explained(findings[-1], row)
    assert merge_findings(findings).whole_list is None


@pytest.mark.parametrize("name", PUBLIC_ROWS)
def test_what_everybody_may_see_is_told_for_what_it_means(open_shop: Open, outbound: OutboundClient, name: str) -> None:
    probe, row = PUBLIC_ROWS[name]
    site = open_shop(**row.shop)
    findings = probe_shop(probe, site, outbound, module="shipping", credentials=row.credentials)
    assert_explained(findings[-1], row)


def test_an_absent_admin_api_names_only_the_causes_that_the_known_version_leaves(
    open_shop: Open, outbound: OutboundClient
) -> None:
    (finding,) = probe_shop("admin_api", open_shop(version="9.1.4", admin_api=False), outbound, credentials=CLIENT)
    explanation = explain(FRENCH, Note.ADMIN_API_ABSENT, finding.facts, version="9.1.4")
    assert "antérieure à 9" not in explanation
    assert "désactivée" in explanation
    assert "désactivée" not in explain(FRENCH, Note.ADMIN_API_ABSENT, {}, version="8.2.7")
    assert explain(ENGLISH, Note.ADMIN_API_ABSENT, {}).count("; or ") == len(AbsenceCause) - 1


def test_nobody_answers_where_nobody_listens(outbound: OutboundClient) -> None:
    findings = probe_shop("webservice", "http://127.0.0.1:9/", outbound, credentials=KEY)
    assert [one.note for one in findings] == [Note.UNREACHABLE]


def test_credentials_are_not_sent_in_the_clear_beyond_the_operators_own_networks() -> None:
    policy = replace(SITE_POLICY, allowed_ports=SITE_POLICY.allowed_ports | {("http", 8080)})
    findings = probe_shop(
        "webservice",
        "http://shop.example:8080/",
        OutboundClient(policy, resolve=lambda host, port: ["93.184.216.34"]),
        credentials=KEY,
    )
    assert [one.note for one in findings] == [Note.NOT_SECURE]


@pytest.mark.parametrize(
    ("probe", "credentials"), [("webservice", KEY), ("admin_api", CLIENT), ("companion", COMPANION)]
)
def test_credentials_for_a_site_bound_in_the_clear_go_over_https(probe: str, credentials: Credentials) -> None:
    inside = make_site_client(resolve=lambda host, port: ["127.0.0.1"])  # refused before anything is sent
    (finding,) = probe_shop(probe, "http://shop.example/", inside, credentials=credentials)
    assert finding.request is not None
    assert finding.request.split()[1].startswith("https://shop.example/")


@pytest.mark.parametrize("note", Note)
def test_every_note_is_told_in_both_languages(note: Note) -> None:
    facts = {"resources": ["orders"], "scopes": ["hook_write"], "status": 200, "platform": "QloApps"}
    explanation = {wording.language: explain(wording, note, facts) for wording in (ENGLISH, FRENCH)}
    assert explanation["en"] != explanation["fr"]
    for text in explanation.values():
        assert text.endswith(".")
        assert "%" not in text
        assert "'" not in text
    for mark in ";:!?»":
        assert f" {mark}" not in explanation["fr"], "French puts a narrow space that does not break"


def test_a_slow_shop_is_given_no_more_than_its_time(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(fault=Fault.DRIP)
    began = time.monotonic()
    findings = probe_shop("cookie", site, outbound, deadline_s=0.5)
    assert time.monotonic() - began < 4.0
    assert {one.note for one in findings} == {Note.TOO_SLOW}
