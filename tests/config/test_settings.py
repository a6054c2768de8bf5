"""Every setting is read from each source, checked, and explained when it is wrong."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.cli.settings_page import page
from marketplace_hooks.config.brand_files import BrandImage, as_brand_image
from marketplace_hooks.config.business_care_rates import Rates, as_rates, rates_as_json
from marketplace_hooks.config.footer import as_footer_links
from marketplace_hooks.config.loading import default_instance, load
from marketplace_hooks.config.senders import as_senders
from marketplace_hooks.config.settings import DEMO_MARK, FIELDS, PREFIX, Settings
from marketplace_hooks.config.smtp_url import SmtpServer
from marketplace_hooks.config.trusted_proxies import as_proxies
from marketplace_hooks.config.url_templates import UrlTemplate
from marketplace_hooks.errors import ConfigurationError

from ..support.marketplace import SECRET, SECRET_KEY
from ..support.source_tree import ROOT

KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="

PICTURE = ROOT / "marketplace_hooks" / "web" / "static" / "favicon.svg"
TEMPLATES = ROOT / "marketplace_hooks" / "web" / "templates"
LOGO_URL = "https://cdn.example/icon.png"
SHOP = "https://shop.example/"
BUY = f"{SHOP}?add={{product_id}}"
BUY_PACK = f"{SHOP}?p={{pack_id}}"
FOOTER = {"en": "A company of Nantes", "fr": "Une société nantaise"}
LINKS = [{"en": "Legal notice", "fr": "Mentions légales", "url": "https://a.example/legal"}]
SENDER_SECRET = "a-secret-of-a-sender-1"
BESIDE: dict[str, dict[str, Any]] = {
    "webhook_senders": {"webhook_sender_secrets": {"shop": SENDER_SECRET}},
    "webhook_sender_secrets": {"webhook_senders": {"shop": {"scheme": "github"}}},
}
"""What a setting needs beside it."""

FIRST = {"renewal_percent": 40, "reactivation_percent": 30}
RATES_GIVEN = [FIRST, {"since": "2027-01-01", "renewal_percent": 37.5, "reactivation_percent": "0"}]
RATES_MEANT = (
    Rates(since=date.min, renewal_percent=Decimal(40), reactivation_percent=Decimal(30)),
    Rates(since=date(2027, 1, 1), renewal_percent=Decimal("37.5"), reactivation_percent=Decimal(0)),
)

# How each is written in the environment and in a file, and what it then is.
GOOD: dict[str, tuple[str, Any, Any]] = {
    "database_bind_key": ("shop", "shop", "shop"),
    "database_url": ("postgresql://db/shop", "postgresql://db/shop", "postgresql://db/shop"),
    "database_pooler": ("transaction", "transaction", "transaction"),
    "redis_url": ("redis://cache:6379/1", "redis://cache:6379/1", "redis://cache:6379/1"),
    "secret_key": (SECRET_KEY, SECRET_KEY, SECRET_KEY),
    "webhook_secrets": (f"partner={SECRET}", {"partner": SECRET}, {"partner": (SECRET,)}),
    "webhook_senders": (
        '{"shop": {"scheme": "bearer", "event_id": "body"}}',
        {"shop": {"scheme": "bearer", "event_id": "body"}},
        as_senders({"shop": {"scheme": "bearer", "event_id": "body"}}),
    ),
    "webhook_sender_secrets": (f"shop={SENDER_SECRET}", {"shop": [SENDER_SECRET]}, {"shop": (SENDER_SECRET,)}),
    "encryption_keys": (f"{KEY} {KEY}", [KEY, KEY], (KEY, KEY)),
    "download_secret": (bytes(range(16)).hex(), bytes(range(16)).hex(), bytes(range(16))),
    "public_url": ("https://addons.example", "https://addons.example", "https://addons.example"),
    "url_prefix": ("/addons/", "/addons", "/addons"),
    "reference_zone": ("Europe/Madrid", "Europe/Madrid", ZoneInfo("Europe/Madrid")),
    "sign_in_url": ("/login", "/login", "/login"),
    "oidc_issuer": ("https://id.example", "https://id.example", "https://id.example"),
    "oidc_client_id": ("shop", "shop", "shop"),
    "oidc_client_secret": ("s3cret", "s3cret", "s3cret"),
    "oidc_scope": ("openid", "openid", "openid"),
    "oidc_role_claim": ("realm_access.roles", "realm_access.roles", "realm_access.roles"),
    "oidc_roles": ("vendors=seller", {"vendors": "seller"}, {"vendors": "seller"}),
    "oidc_subject_claim": ("shop_id", "shop_id", "shop_id"),
    "oidc_locale_claim": ("lang", "lang", "lang"),
    "allowed_networks": (
        "127.0.0.0/8:9000,10.0.0.0/8",
        ["127.0.0.0/8:9000", "10.0.0.0/8"],
        ("127.0.0.0/8:9000", "10.0.0.0/8"),
    ),
    "metrics_networks": ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"], ("10.0.0.0/8", "::1")),
    "trusted_proxies": ("10.0.0.0/8", ["10.0.0.0/8"], as_proxies("10.0.0.0/8")),
    "demo": ("yes", True, True),
    "demo_exposed": ("yes", True, True),
    "apply_retries_s": ("1, 2.5", [1, 2.5], (1.0, 2.5)),
    "park_retries_s": ("1, 2.5", [1, 2.5], (1.0, 2.5)),
    "delivery_schedule_s": ("0 5 300", [0, 5, 300], (0.0, 5.0, 300.0)),
    "smtp_url": (
        "smtps://mail.example",
        "smtps://mail.example",
        SmtpServer(host="mail.example", port=465, security="tls"),
    ),
    "mail_sender": ("no-reply@addons.example", "no-reply@addons.example", "no-reply@addons.example"),
    "mail_schedule_s": ("0 60", [0, 60], (0.0, 60.0)),
    "mail_gather_s": ("120", 120, 120.0),
    "inspection_contact": ("abuse@addons.example", "abuse@addons.example", "abuse@addons.example"),
    "log_format": ("json", "json", "json"),
    "log_level": ("DEBUG", "DEBUG", "DEBUG"),
    "traces_url": ("https://t.example/v1/traces", "https://t.example/v1/traces", "https://t.example/v1/traces"),
    "sentry_dsn": ("https://k@sentry.example/1", "https://k@sentry.example/1", "https://k@sentry.example/1"),
    "business_days": ("LEGAL", "LEGAL", "LEGAL"),
    "holidays_country": ("BE", "BE", "BE"),
    "holidays_region": ("57", "57", "57"),
    "holidays_of": ("seller", "seller", "seller"),
    "closures_suspend_acknowledgement": ("no", "no", "no"),
    "closures_suspend_fix": ("yes", "yes", "yes"),
    "compatibility_judged_at": ("request", "request", "request"),
    "patch_versions": ("exact", "exact", "exact"),
    "brand_name": ("Ateliers", "Ateliers", "Ateliers"),
    "brand_logo": (str(PICTURE), str(PICTURE), as_brand_image(PICTURE)),
    "brand_logo_size": ("120x32", [120, 32], (120, 32)),
    "brand_logo_has_name": ("yes", True, True),
    "brand_icon": (LOGO_URL, LOGO_URL, BrandImage(url=LOGO_URL)),
    "light_colors": ("accent=#7B1FA2", {"accent": "#7B1FA2"}, {"accent": "#7b1fa2"}),
    "dark_colors": ("accent=#fff", {"accent": "#fff"}, {"accent": "#ffffff"}),
    "footer_text": (json.dumps(FOOTER), FOOTER, FOOTER),
    "footer_links": (json.dumps(LINKS), LINKS, as_footer_links(LINKS)),
    "buy_url": (
        BUY,
        BUY,
        UrlTemplate(text=BUY),
    ),
    "pack_buy_url": (BUY_PACK, BUY_PACK, UrlTemplate(text=BUY_PACK)),
    "product_image_url": (
        f"{SHOP}{{technical_name}}.webp",
        f"{SHOP}{{technical_name}}.webp",
        UrlTemplate(text=f"{SHOP}{{technical_name}}.webp"),
    ),
    "templates_folder": (str(TEMPLATES), str(TEMPLATES), TEMPLATES),
    "business_care_rates": (json.dumps(RATES_GIVEN), RATES_GIVEN, RATES_MEANT),
    "test_prefixes": ("demo, Recette.", ["demo.", "recette"], ("demo.", "recette.")),
    "prestashop_releases": ("/etc/releases.json", "/etc/releases.json", Path("/etc/releases.json")),
    **{name: ("7", 7, 7) for name, field in FIELDS.items() if field.type == "int"},
    "audit_days": ("365", 365, 365),
    **{name: ("1.5", 1.5, 1.5) for name, field in FIELDS.items() if field.type == "float"},
}
HMAC = {"header": "X-Sig", "encoding": "hex", "event_id": "body"}
WRONG_SCHEMES: list[dict[str, Any]] = [
    {"header": ""},
    {"encoding": ""},
    {"encoding": "base32"},
    {"event_id": ""},
    {"event_id": "header:"},
    {"event_id": "json:a..b"},
    {"event_id": "body:x"},
    {"algorithm": "md5"},
    {"signed": "{timestamp}"},
    {"signed": "{body}{body}"},
    {"signed": "{body}{day}"},
    {"signed": "{timestamp}.{body}"},
    {"signed": "{id}.{body}"},
    {"timestamp": "header:X-At"},
    {"signed": "{timestamp}.{body}", "timestamp": "item:t"},
    {"tolerance_s": 60},
    {"signed": "{timestamp}.{body}", "timestamp": "header:X-At", "tolerance_s": 7200},
    {"signed": "{timestamp}.{body}", "timestamp": "header:X-At", "tolerance_s": "soon"},
]
"""Half configured, or no scheme at all."""
# By name or by type: what it may not be.
BAD: dict[str, list[Any]] = {
    "int": ["", "-1", "1.5", "x", "1e3", "0x10", "99999999999", True, None, 1.5, [1]],
    "float": ["", "0", "-1", "x", "nan", "inf", "1e10", True, None, [1.0]],
    "bool": ["", "perhaps", "2", 2, None],
    "str": [7, None, True, ["a"]],
    "park_retries_s": ["", "x", "-1", "1 -2", "nan", "inf", [], ["x"], [True], [[1]], None, 7],
    "delivery_schedule_s": ["", "soon"],
    "apply_retries_s": ["", "soon"],
    "reference_zone": ["", "Paris", "Europe", "../etc/passwd", "x" * 300, "Europe/Paris\n", 2],
    "allowed_networks": ["localhost", "10.0.0.1/8", "10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:x"],
    "trusted_proxies": ["0", "17", "proxy.example", "10.0.0.1/8", 0, True],
    "public_url": ["", "addons.example", "ftp://addons.example", "https://", "https://a b", "https://é.example", 7],
    "smtp_url": ["mail.example", "smtp://user:secret@mail.example?tls=none", 7],
    "mail_sender": ["no-reply", "No Reply <no-reply@addons.example>", 7],
    "inspection_contact": ["abuse", "abuse@", "abuse@addons", "a b@addons.example", "mailto:a@addons.example", 7],
    "payload_days": ["4", "91"],
    "audit_days": ["29", "3651"],
    "metrics_networks": ["localhost", "10.0.0.1/8", "10.0.0.0/8:9000"],
    "inspection_days": ["0", "3651"],
    **{key: ["0", "366"] for key in ["acknowledgement_days", "fix_days", "reopening_days", "refund_choice_days"]},
    **{key: ["0", "3651"] for key in ["contest_days", "information_days"]},
    "refund_window_months": ["121"],
    "closure_days": ["3651"],
    "inspection_reuse_s": ["0", "3601", "soon"],
    "url_prefix": ["addons", "/add ons", "/a//b", "https://addons.example", 7],
    "webhook_secrets": ["x", "marketplace=x", "whsec_x", "whsec_eA==", f"a b={SECRET}", f"é={SECRET}", 7],
    "webhook_senders": [
        *("x", "[]", '{"shop": 7}', "{" * 9000, 7, ["shop"], {"a b": {"scheme": "github"}}, {7: {"scheme": "github"}}),
        *({"s": {"scheme": "svix"}}, {"s": {}}, {"s": {"scheme": "github", "heder": "X"}}, {"é" * 3: {}}),
        *({"s": {"scheme": "hmac", **HMAC, **wrong}} for wrong in WRONG_SCHEMES),
        *({"s": {"scheme": "stripe", **wrong}} for wrong in ({"signed": "{body}"}, {"item": ""}, {"header": "a b"})),
        *({"s": {"scheme": "github", **wrong}} for wrong in ({"mapping": "a b"}, {"mapping": 7}, {"topic": "body"})),
        *({"s": {"scheme": "basic"}}, {"s": {"scheme": "bearer", "event_id": "id"}}, {"s": {"scheme": ["hmac"]}}),
        {"s": {"scheme": "standard", "header": "X"}},
    ],
    "webhook_sender_secrets": ["x", f"a b={SENDER_SECRET}", "shop=short", {"shop": 7}, {"shop": [""]}, {"shop": ""}, 7],
    "brand_name": ["x" * 61, "two\nlines", 7],
    "brand_logo": [
        "logo.gif",
        "/nowhere/logo.svg",
        "http://cdn.example/a.png",
        "ftp://cdn.example/a.png",
        str(TEMPLATES),
        7,
    ],
    "brand_icon": ["https://a b/x.png", "https://u@cdn.example/x.png", "https://cdn.example;/x.png", "https://"],
    "brand_logo_size": ["", "120", "15x32", "241x32", "120x49", "axb", [120], ["a", "b"], 7],
    "light_colors": ["accent", "accent=red", "accent=#12345", "accnt=#123456", {"accent": 7}, 7],
    "dark_colors": ["accent=#7b1fa2;}", "accent=url(x)"],
    "footer_text": ["{", '{"en": "x"}', {"en": "x", "fr": "y", "de": "z"}, {"en": "x", "fr": ""}, "x" * 501, [], 7],
    "footer_links": [
        *("x", "{}", '[{"en": "x"}]', ["x"], [{**LINKS[0], "title": "x"}], LINKS * 13, 7, {"en": "x"}),
        *(
            [{**LINKS[0], "url": url}]
            for url in ("", "javascript:alert(1)", "http://a.example", "//a.example", "/a b", 7)
        ),
    ],
    "buy_url": [
        *(SHOP, "http://shop.example/{product_id}", "https://{product_id}.example/", "//shop.example/{product_id}"),
        *(f"{SHOP}{{product_id}}{end}" for end in ("{price}", "{", "}", "{}", "{{product_id}}", "'", " x", '"', "é")),
        *("https://u:p@shop.example/{product_id}", "https://shop.example:0/{product_id}", "{product_id}", 7),
    ],
    "pack_buy_url": [f"{SHOP}{{product_id}}"],
    "product_image_url": [f"{SHOP}{{currency}}/{{product_id}}", "data:image/png,{product_id}"],
    "templates_folder": ["/nowhere", str(PICTURE), str(PICTURE.parent), 7],
    "download_secret": ["x", "abc", "ab", 7],
    "database_pooler": ["", "session", "yes"],
    "log_format": ["", "xml"],
    "log_level": ["", "LOUD", "debug"],
    "business_days": ["", "mf", "weekdays"],
    "holidays_country": ["", "XX", "France"],
    "holidays_of": ["", "mine"],
    "oidc_issuer": ["id.example", "http://id.example", "https://", "https://[", "ftp://id.example", 7],
    "oidc_roles": ["vendors", "=seller", "vendors=", {"vendors": 7}, 7],
    "closures_suspend_fix": ["maybe"],
    "compatibility_judged_at": ["", "today"],
    "patch_versions": ["", "listing"],
    "business_care_rates": [
        *("", "{", "{}", "[]", "[7]", "40", 7, [], {}, [{}], [{"renewal_percent": 40}], [{**FIRST, "more": 1}]),
        [{**FIRST, "since": "2025-03-20"}],  # nothing before
        [FIRST, FIRST],  # twice from the beginning
        [FIRST, {**FIRST, "since": "2025-03-20"}, {**FIRST, "since": "2025-03-20"}],
        [FIRST, {**FIRST, "since": "2025-03-20"}, {**FIRST, "since": "2025-03-19"}],
        *([FIRST, {**FIRST, "since": since}] for since in ("", "20 March 2025", "2025-02-30", None, 7)),
        *([{**FIRST, "renewal_percent": wrong}] for wrong in (-1, 100.01, 101, "x", "", "nan", "inf", None, True, [])),
        *([{**FIRST, "reactivation_percent": wrong}] for wrong in (-0.5, "1e3", {})),
    ],
    "test_prefixes": ["a b! c", "..", "https://demo.", "*.", ["é."], ["demo.shop"], 7],
}
COUNTS = [
    "web_processes",
    "web_threads",
    "bodies_at_once",
    "database_pool_size",
    "max_body_bytes",
    "drain_batch",
    "cascade_chunk",
    "apply_attempts",
    "delivery_concurrency",
    "inspection_concurrency",
]
NAMES = sorted(FIELDS.keys() - {"instance"})


def read(folder: Path, *, environment: Any = None, host: Any = None, file: str | None = None) -> Settings:
    """Load with the settings given by their names, without the prefix."""
    if file is not None:
        (folder / "config.toml").write_text(file, encoding="utf-8")
        (folder / "config.toml").chmod(0o600)
    variables = {f"{PREFIX}{name.upper()}": value for name, value in (environment or {}).items()}
    from_host = {f"{PREFIX}{name.upper()}": value for name, value in (host or {}).items()}
    return load(from_host, {f"{PREFIX}INSTANCE": str(folder), **variables})


def refusal(folder: Path, **sources: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        read(folder, **sources)
    return str(error.value)


def toml(name: str, value: Any) -> str:
    """One line of a file. JSON writes texts, numbers, booleans and lists as TOML does."""
    return f"{name} = {toml_value(value)}"


def toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(toml(key, inner) for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value)


# --- defaults and sources


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    assert read(tmp_path) == Settings(instance=tmp_path)


def test_every_setting_is_tried_below() -> None:
    assert GOOD.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_from_the_environment_the_host_and_the_file_alike(tmp_path: Path, name: str) -> None:
    text, value, meant = GOOD[name]
    beside = BESIDE.get(name, {})
    assert getattr(read(tmp_path, environment={name: text}, host=beside), name) == meant
    assert getattr(read(tmp_path, host={name: text, **beside}), name) == meant
    assert getattr(read(tmp_path, host={name: value, **beside}), name) == meant
    assert getattr(read(tmp_path, file=toml(name, value), host=beside), name) == meant
    assert getattr(read(tmp_path, file=toml(name.upper(), value), host=beside), name) == meant


def test_the_environment_wins_over_the_host_and_the_host_over_the_file(tmp_path: Path) -> None:
    file = "drain_batch = 1\nweb_threads = 1\nlease_s = 1"
    settings = read(tmp_path, environment={"drain_batch": "3"}, host={"drain_batch": 2, "web_threads": 2}, file=file)
    assert (settings.drain_batch, settings.web_threads, settings.lease_s) == (3, 2, 1.0)


def test_what_does_not_begin_as_ours_is_not_ours(tmp_path: Path) -> None:
    load({"SECRET_KEY": 7, "DRAIN_BATCH": "x"}, {f"{PREFIX}INSTANCE": str(tmp_path), "DRAIN_BATCH": "x"})


def test_nothing_given_is_nothing(tmp_path: Path) -> None:
    settings = read(
        tmp_path, environment={"database_url": "", "redis_url": "", "secret_key": "", "webhook_secrets": ""}
    )
    assert (settings.database_url, settings.redis_url, settings.secret_key) == (None, None, None)
    assert settings.webhook_secrets == {}


# --- the instance folder


def test_the_instance_is_the_checkouts_own_folder_when_we_run_from_one() -> None:
    checkout = Path(__file__).resolve().parents[2]
    assert default_instance() == checkout / "instance"


def test_the_instance_may_be_named_by_the_host(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("drain_batch = 9")
    settings = load({f"{PREFIX}INSTANCE": tmp_path}, {})
    assert (settings.instance, settings.drain_batch) == (tmp_path, 9)


def test_a_relative_instance_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({}, {f"{PREFIX}INSTANCE": "here"}).instance == tmp_path / "here"


def test_the_file_cannot_say_where_it_is(tmp_path: Path) -> None:
    assert "INSTANCE" in refusal(tmp_path, file='instance = "/elsewhere"')


@pytest.mark.parametrize("file", ["drain_batch = ", "= 7", "drain_batch = 1\ndrain_batch = 2", "\0"])
def test_a_file_that_is_no_toml_stops_the_start(tmp_path: Path, file: str) -> None:
    assert "config.toml" in refusal(tmp_path, file=file)


# --- what is wrong


def bad_values(name: str) -> list[Any]:
    kind = str(FIELDS[name].type)
    return BAD.get(name, BAD.get(kind.removesuffix(" | None"), []))


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_value_stops_the_start_with_a_sentence_that_names_its_setting(tmp_path: Path, name: str) -> None:
    optional = str(FIELDS[name].type).endswith("| None")
    for value in bad_values(name):
        if optional and value in (None, ""):
            continue
        for where in ("environment", "host"):
            if where == "environment" and not isinstance(value, str):
                continue
            message = refusal(tmp_path, **{where: {name: value}})
            assert f"{PREFIX}{name.upper()} " in message, (value, message)
            assert message.endswith(".")


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize(("value", "good"), [("0", False), ("1", True)])
def test_of_some_things_there_must_be_one(tmp_path: Path, name: str, value: str, good: bool) -> None:
    if good:
        assert getattr(read(tmp_path, environment={name: value}), name) == 1
    else:
        assert "at least 1" in refusal(tmp_path, environment={name: value})


def test_rates_are_refused_in_a_sentence(tmp_path: Path) -> None:
    begins_late = [{**FIRST, "since": "2025-03-20"}]
    assert "the first row counts from the beginning" in refusal(tmp_path, host={"business_care_rates": begins_late})
    too_much = [{**FIRST, "renewal_percent": 400}]
    assert "a percentage of the listing's price, from 0 to 100" in refusal(
        tmp_path, host={"business_care_rates": too_much}
    )


def test_rates_in_a_file_have_the_days_of_toml(tmp_path: Path) -> None:
    file = """
        [[business_care_rates]]
        renewal_percent = 40
        reactivation_percent = 30
        [[business_care_rates]]
        since = 2027-01-01
        renewal_percent = 37.5
        reactivation_percent = 0
    """
    assert read(tmp_path, file=file).business_care_rates == RATES_MEANT


def test_the_rates_are_shown_as_they_are_set() -> None:
    assert as_rates(rates_as_json(RATES_MEANT)) == RATES_MEANT


def test_no_host_need_be_a_test_copy(tmp_path: Path) -> None:
    assert read(tmp_path, environment={"test_prefixes": ""}).test_prefixes == ()
    assert read(tmp_path, host={"test_prefixes": []}).test_prefixes == ()


def test_a_deadline_of_no_days_is_refused_in_a_sentence(tmp_path: Path) -> None:
    found = refusal(tmp_path, environment={"refund_choice_days": "0", "contest_days": "0"})
    assert f"{PREFIX}REFUND_CHOICE_DAYS must be 1 to 365 business days" in found
    assert f"{PREFIX}CONTEST_DAYS must be 1 to 3650 days" in found


@pytest.mark.parametrize("name", ["webhook_rate_per_minute", "failure_rate_per_minute", "api_rate_per_minute"])
def test_a_rate_of_zero_is_no_limit(tmp_path: Path, name: str) -> None:
    assert getattr(read(tmp_path, environment={name: "0"}), name) == 0


@pytest.mark.parametrize("source", ["environment", "host"])
@pytest.mark.parametrize(("name", "meant"), [("drain_bach", "DRAIN_BATCH"), ("databse_url", "DATABASE_URL")])
def test_a_setting_nobody_knows_stops_the_start_with_a_hint(tmp_path: Path, source: str, name: str, meant: str) -> None:
    message = refusal(tmp_path, **{source: {name: "7"}})
    assert f"{PREFIX}{name.upper()} is not a setting; did you mean {meant}" in message


def test_a_setting_like_no_other_gets_no_hint(tmp_path: Path) -> None:
    message = refusal(tmp_path, file="quuxle = 7")
    assert message == "config.toml: QUUXLE is not a setting."


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        environment={"drain_batch": "x"},
        host={"lease_s": 0, "webb_threads": 7},
        file="reference_zone = 'Mars'",
    )
    assert len(message.splitlines()) == 4
    for name in ("DRAIN_BATCH", "LEASE_S", "WEBB_THREADS", "REFERENCE_ZONE"):
        assert name in message


@given(name=st.sampled_from(NAMES), value=st.text(st.characters(exclude_characters="\0"), max_size=40))
def test_no_text_gives_anything_but_a_value_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    message = ""
    try:
        read(folder, environment={name: value})
    except ConfigurationError as error:
        message = str(error)
    assert message == "" or name.upper() in message


# --- secrets


def test_several_secrets_of_a_source_are_kept_in_their_order(tmp_path: Path) -> None:
    other = f"whsec_{KEY}"
    settings = read(
        tmp_path, environment={"webhook_secrets": f"marketplace={SECRET}, partner={other} marketplace={other}"}
    )
    assert settings.webhook_secrets == {"marketplace": (SECRET, other), "partner": (other,)}


def test_a_secret_alone_is_the_marketplaces(tmp_path: Path) -> None:
    assert read(tmp_path, environment={"webhook_secrets": SECRET}).webhook_secrets == {"marketplace": (SECRET,)}


@pytest.mark.parametrize(
    "written", [f"marketplace:{SECRET}", f"{SECRET}=marketplace", f"marketplace=={SECRET}", f"a={SECRET}x"]
)
def test_a_secret_written_wrongly_is_not_repeated_in_the_sentence(tmp_path: Path, written: str) -> None:
    message = refusal(tmp_path, environment={"webhook_secrets": written})
    assert SECRET.removeprefix("whsec_")[:10] not in message


@pytest.mark.parametrize(("length", "good"), [(64, True), (65, False)])
def test_a_sources_name_has_at_most_64_characters(tmp_path: Path, length: int, good: bool) -> None:
    given = {"webhook_secrets": f"{'a' * length}={SECRET}"}
    if good:
        read(tmp_path, environment=given)
    else:
        assert "64" in refusal(tmp_path, environment=given)


@pytest.mark.parametrize(("size", "good"), [(15, False), (16, True)])
def test_a_secret_holds_at_least_sixteen_bytes(tmp_path: Path, size: int, good: bool) -> None:
    given = {"webhook_secrets": "whsec_" + base64.b64encode(bytes(range(size))).decode()}
    if good:
        read(tmp_path, environment=given)
    else:
        assert "16 bytes" in refusal(tmp_path, environment=given)


DEMO_SECRETS = {
    "secret_key": f"{DEMO_MARK}abcdef",
    "webhook_secrets": "whsec_" + base64.b64encode(f"{DEMO_MARK}{'x' * 27}".encode()).decode(),
    "download_secret": (DEMO_MARK.encode() + b"x" * 16).hex(),
}


@pytest.mark.parametrize("name", DEMO_SECRETS)
def test_production_refuses_a_secret_that_was_made_for_the_demo(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, environment={name: DEMO_SECRETS[name]})
    assert name.upper() in message
    assert DEMO_SECRETS[name] not in message
    read(tmp_path, environment={name: DEMO_SECRETS[name], "demo": "true"})


def test_a_demo_secret_among_others_is_found(tmp_path: Path) -> None:
    both = f"marketplace={SECRET} marketplace={DEMO_SECRETS['webhook_secrets']}"
    assert "demo" in refusal(tmp_path, environment={"webhook_secrets": both})


# --- senders


@pytest.mark.parametrize(
    ("senders", "secrets", "sentence"),
    [
        ({"shop": {"scheme": "github"}}, {}, "WEBHOOK_SENDERS: shop has no secret in WEBHOOK_SENDER_SECRETS, "),
        ({}, {"shop": SENDER_SECRET}, "WEBHOOK_SENDER_SECRETS: shop is not in WEBHOOK_SENDERS"),
        ({"marketplace": {"scheme": "github"}}, {"marketplace": SENDER_SECRET}, "a source signs in one way"),
        ({"s": {"scheme": "standard"}}, {"s": SENDER_SECRET}, "a secret must be whsec_ and base64"),
        ({"s": {"scheme": "basic", "event_id": "body"}}, {"s": SENDER_SECRET}, "must be written user:password"),
        ({"s": {"scheme": "basic", "event_id": "body"}}, {"s": "somebody:short-one"}, "at least 16 characters"),
    ],
)
def test_a_sender_half_configured_stops_the_start_with_a_sentence(
    tmp_path: Path, senders: Any, secrets: Any, sentence: str
) -> None:
    given = {"webhook_senders": senders, "webhook_sender_secrets": secrets, "webhook_secrets": SECRET}
    message = refusal(tmp_path, host=given)
    assert sentence in message
    assert SENDER_SECRET not in message


def test_a_secret_of_a_sender_is_weighed_like_any_other(tmp_path: Path) -> None:
    given = {"webhook_senders": {"shop": {"scheme": "github"}}, "public_url": "https://addons.example"}
    for weak in ("a" * 20, "my-secret-password-1", f"{DEMO_MARK}abcdefghijklm"):
        message = refusal(tmp_path, host={**given, "webhook_sender_secrets": {"shop": weak}})
        assert "WEBHOOK_SENDER_SECRETS: a secret of shop " in message
        assert weak not in message


# --- the page about them


def test_every_setting_says_what_it_means() -> None:
    silent = [field.name for field in dataclasses.fields(Settings) if not field.metadata["meaning"].endswith(".")]
    assert silent == []


def test_the_page_about_settings_is_what_the_settings_say() -> None:
    written = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    assert written.read_text(encoding="utf-8") == page(), "write it anew: marketplace-hooks configuration"
