"""Settings: every setting with its default, unit and meaning.

Each is a field of `Settings` or `BrandSettings`, and described nowhere else. `loading.py` reads and checks the values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from .brand_settings import BrandSettings
from .parsers import (
    as_address,
    as_addresses,
    as_boolean,
    as_choice,
    as_contact,
    as_count,
    as_days,
    as_durations,
    as_integer,
    as_issuer,
    as_key,
    as_mailbox,
    as_networks,
    as_pairs,
    as_path,
    as_prefix,
    as_seconds,
    as_seconds_up_to,
    as_secrets,
    as_text,
    as_words,
    as_zone,
    optional,
)
from .public_holidays import as_country
from .senders import Sender, as_sender_secrets, as_senders
from .setting_field import setting as _setting
from .smtp_url import SmtpServer, as_smtp
from .trusted_proxies import TrustedProxies, as_proxies

EXTENSION = "marketplace_hooks"
"""Our key in a Flask app's `extensions`."""
PREFIX = "MARKETPLACE_HOOKS_"
DEMO_MARK = "demo-"
"""The beginning of secrets made for a demo (of the decoded bytes of a webhook secret): production refuses them."""


_suspends = as_choice("yes", "no", "declared_before_request")


@dataclass(frozen=True, kw_only=True)
class Settings(BrandSettings):
    """Every setting, typed. Made by `loading.load`, which checks them; `docs/configuration.md` is written from here."""

    instance: Path = _setting(Path("instance"), as_path, "Folder for what this installation keeps for itself.")
    database_url: str | None = _setting(
        None,
        optional(as_text),
        "PostgreSQL or SQLite. Default: the host app's, else SQLite in the instance folder.",
    )
    database_bind_key: str | None = _setting(
        None,
        optional(as_text),
        "The bind of the host's Flask-SQLAlchemy that holds our tables. Default: its default database.",
    )
    database_wait_s: float = _setting(
        5.0, as_seconds, "How long a web request waits for the database before it is answered 503."
    )
    database_pool_size: int = _setting(10, as_count, "Database connections that one process keeps open.")
    database_pool_overflow: int = _setting(10, as_integer, "Those that it opens beside them for a while.")
    database_pooler: str = _setting(
        "auto",
        as_choice("auto", "transaction", "none"),
        "Whether a pooler such as PgBouncer in transaction mode stands before PostgreSQL; auto: found out.",
    )
    redis_url: str | None = _setting(
        None,
        optional(as_text),
        "Redis or Valkey, by TLS or Sentinel too. Default: the embedded server that `up` starts.",
    )
    secret_key: str | None = _setting(
        None, optional(as_text), "Signs cookies and cursors. Default: the host app's SECRET_KEY."
    )
    webhook_secrets: Mapping[str, tuple[str, ...]] = _setting(
        {},
        as_secrets,
        "Who may post events: source=whsec_… pairs, several for one source while rotating.",
    )
    webhook_senders: Mapping[str, Sender] = _setting(
        {}, as_senders, "Sources that sign otherwise, or post payloads of their own: docs/senders.md."
    )
    webhook_sender_secrets: Mapping[str, tuple[str, ...]] = _setting(
        {}, as_sender_secrets, "Their secrets: source=secret pairs, several for one source while rotating."
    )
    encryption_keys: tuple[str, ...] = _setting(
        (), as_words, "Fernet keys for secrets at rest; the first encrypts, all decrypt."
    )
    download_secret: bytes | None = _setting(
        None, optional(as_key), "Signs links to releases, hexadecimal or base64; the file host has it too."
    )
    public_url: str = _setting("http://127.0.0.1:8000", as_address, "How the outside reaches this service.")
    url_prefix: str = _setting("", as_prefix, "Where our pages and API begin inside a host app, such as /addons.")
    session_s: float = _setting(43_200.0, as_seconds, "How long somebody who signed in here stays signed in at most.")
    session_idle_s: float = _setting(7_200.0, as_seconds, "After how long without a page they are signed out.")
    fresh_sign_in_s: float = _setting(
        900.0,
        as_seconds,
        "How recent a sign-in must be for what cannot be undone: docs/operate.md.",
    )
    sign_in_url: str | None = _setting(
        None, optional(as_text), "Where a host's own people sign in; `next` is added, with the page to come back to."
    )
    oidc_issuer: str | None = _setting(
        None, optional(as_issuer), "The OpenID Connect provider where people sign in: docs/operate.md."
    )
    oidc_client_id: str | None = _setting(None, optional(as_text), "Our registration with the provider.")
    oidc_client_secret: str | None = _setting(None, optional(as_text), "Its secret. Default: a public client.")
    oidc_scope: str = _setting("openid profile", as_text, "What the provider is asked to tell.")
    oidc_role_claim: str = _setting("role", as_text, "Which claim holds the role or roles; dots lead into objects.")
    oidc_roles: Mapping[str, str] = _setting(
        {}, as_pairs, "What the claim's words mean, theirs=ours: vendors=seller. Default: our words."
    )
    oidc_subject_claim: str = _setting("sub", as_text, "Which claim holds the seller's or the customer's id.")
    oidc_locale_claim: str = _setting("locale", as_text, "Which claim holds the language.")
    reference_zone: ZoneInfo = _setting(ZoneInfo("Europe/Paris"), as_zone, "The civil days of every rule.")
    allowed_networks: tuple[str, ...] = _setting(
        (), as_networks, "CIDR[:port] that outgoing requests may reach although not public, http included."
    )
    demo: bool = _setting(False, as_boolean, "This installation shows the demo; its secrets are not for production.")
    demo_exposed: bool = _setting(
        False, as_boolean, "Other machines may open the demo, and be anybody in it: `up --demo --expose-demo`."
    )
    hsts_s: int = _setting(
        31_536_000, as_integer, "How long browsers insist on TLS, where PUBLIC_URL is https (HSTS); 0: nothing is said."
    )
    web_processes: int = _setting(2, as_count, "Web server processes started by `up`.")
    web_threads: int = _setting(8, as_count, "Requests that each web process works on at a time.")
    body_s: float = _setting(
        10.0, as_seconds, "How long the body of a request may take to arrive, for each MiB of it; then it is a 408."
    )
    bodies_at_once: int = _setting(
        192, as_count, "Bodies that each web process takes in at a time; of more, those that take longest are ended."
    )
    max_body_bytes: int = _setting(1_048_576, as_count, "A larger inbound event is refused with 413.")
    trusted_proxies: TrustedProxies | None = _setting(
        None,
        optional(as_proxies),
        "Proxies before the stand-alone service: how many, or their networks. Default: forwarded headers are not read.",
    )
    metrics_networks: tuple[str, ...] = _setting(
        ("127.0.0.0/8", "::1"), as_addresses, "Who may read /metrics: networks or addresses."
    )
    webhook_rate_per_minute: int = _setting(
        60_000, as_integer, "Verified events that one source may post, for each web process; 0: no limit."
    )
    failure_rate_per_minute: int = _setting(
        120,
        as_integer,
        "Refused signatures of one client address, and as many refused tokens, for each web process; 0: no limit.",
    )
    sign_in_rate_per_minute: int = _setting(20, as_integer, "Failed sign-ins of one client address; 0: no limit.")
    api_rate_per_minute: int = _setting(
        1_200, as_integer, "API calls of one token or address, for each web process; 0: no limit."
    )
    check_rate_per_minute: int = _setting(
        30, as_integer, "Inspections of shops for one customer, by pages and API; 0: no limit."
    )
    messages_per_day: int = _setting(
        200, as_integer, "Requests, messages and other moves of one customer or seller in 24 hours; 0: no limit."
    )
    conversation_messages_per_day: int = _setting(40, as_integer, "Those of them in one conversation; 0: no limit.")
    lease_s: float = _setting(30.0, as_seconds, "How long a silent worker keeps what it claimed.")
    sweep_interval_s: float = _setting(30.0, as_seconds, "How soon forgotten work is begun, by whomever.")
    tick_interval_s: float = _setting(1.0, as_seconds, "How often the scheduler looks for what has become due.")
    scheduler_lock_s: float = _setting(15.0, as_seconds, "How long a silent scheduler keeps its lock.")
    purge_interval_s: float = _setting(3_600.0, as_seconds, "How often the scheduler purges what is old.")
    drain_batch: int = _setting(100, as_count, "Events applied in one transaction.")
    cascade_chunk: int = _setting(10_000, as_count, "Rows that a cascade changes in one transaction.")
    apply_attempts: int = _setting(5, as_count, "Tries of an event whose handler failed before a person must look.")
    apply_retries_s: tuple[float, ...] = _setting(
        (1.0, 10.0, 60.0, 600.0), as_durations, "How long such an event rests after each try; the last one repeats."
    )
    park_retries_s: tuple[float, ...] = _setting(
        # The first is soon: a child and a parent applied at the same moment do not see each other.
        (2.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0),
        as_durations,
        "When an event whose parent is unknown is tried again, unless the parent comes first.",
    )
    delivery_schedule_s: tuple[float, ...] = _setting(
        (0.0, 5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0),
        as_durations,
        "Pauses before each attempt of a delivery.",
    )
    delivery_concurrency: int = _setting(4, as_count, "Attempts under way at once to one endpoint.")
    delivery_rate_per_s: float = _setting(50.0, as_seconds, "Attempts started each second to one endpoint.")
    delivery_connect_s: float = _setting(5.0, as_seconds, "How long connecting to an endpoint may take.")
    delivery_total_s: float = _setting(20.0, as_seconds, "How long one attempt may take in all.")
    smtp_url: SmtpServer | None = _setting(
        None, optional(as_smtp), "The mail server that takes our e-mail: smtp:// or smtps://. None: nobody is mailed."
    )
    smtp_timeout_s: float = _setting(10.0, as_seconds, "How long each answer of the mail server may take.")
    mail_sender: str | None = _setting(
        None, optional(as_mailbox), "Whom our e-mail is from. Default: no-reply@ and the host of PUBLIC_URL."
    )
    mail_schedule_s: tuple[float, ...] = _setting(
        (0.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0),
        as_durations,
        "Pauses before each attempt to mail, where the server defers it.",
    )
    mail_gather_s: float = _setting(
        300.0,
        as_seconds,
        "After a mail about a new message of a conversation, how long further ones wait to be one mail together.",
    )
    inspection_deadline_s: float = _setting(20.0, as_seconds, "How long one inspection of a site may take in all.")
    inspection_reuse_s: float = _setting(
        900.0,
        as_seconds_up_to(3_600),
        "How long what an inspection found is used again for the same purchase; an hour at most.",
    )
    inspection_concurrency: int = _setting(8, as_count, "Inspections under way at once in one worker.")
    inspection_credentials_s: float = _setting(
        86_400.0, as_seconds, "How long a site's credentials are kept when no request for support needs them."
    )
    inspection_days: int = _setting(
        180, as_days(1, 3_650), "Days after which what an inspection found is purged; never while its request is open."
    )
    log_format: str = _setting(
        "console",
        as_choice("console", "json"),
        "How the stand-alone service writes its log: text, or a JSON object on each line.",
    )
    log_level: str = _setting(
        "INFO", as_choice("DEBUG", "INFO", "WARNING", "ERROR"), "What its own lines must be to be written, at least."
    )
    traces_url: str | None = _setting(
        None,
        optional(as_address),
        "Where the stand-alone service sends traces, by OTLP over HTTP (extra `otel`): http://collector:4318/v1/traces.",
    )
    sentry_dsn: str | None = _setting(
        None, optional(as_text), "Where the stand-alone service reports errors, by Sentry (extra `sentry`)."
    )
    inspection_contact: str | None = _setting(
        None, optional(as_contact), "Where a shop’s owner complains of inspections: an e-mail address or a page."
    )
    payload_days: int = _setting(
        90, as_days(5, 90), "Days after which the payloads of events are purged; ids and hashes stay."
    )
    audit_days: int = _setting(730, as_days(30, 3_650), "Days after which entries of the audit log are purged.")
    business_days: str = _setting("MF", as_choice("MF", "MF_ROLL", "LEGAL"), "Which days count: docs/support.md.")
    holidays_country: str = _setting("FR", as_country, "Whose public holidays MF_ROLL and LEGAL mind (ISO 3166-1).")
    holidays_region: str | None = _setting(
        None,
        optional(as_text),
        "The region of that country: 57 (Moselle), 6AE (Alsace), 974 (La Réunion). Default: none.",
    )
    holidays_of: str = _setting(
        "reference",
        as_choice("reference", "seller"),
        "Whose holidays count: the reference country's and region's, or those of each seller's own.",
    )
    acknowledgement_days: int = _setting(1, as_integer, "Business days that a seller has to answer in person.")
    fix_days: int = _setting(30, as_integer, "Business days that a seller has to fix an anomaly.")
    reopening_days: int = _setting(10, as_integer, "Business days in which a customer may say: not fixed.")
    contest_days: int = _setting(30, as_integer, "Days in which a customer may contest a refusal.")
    information_days: int = _setting(14, as_integer, "Days that a request waits for what is missing.")
    refund_choice_days: int = _setting(2, as_integer, "Business days in which a customer may prefer the fix.")
    refund_window_months: int = _setting(6, as_integer, "Months from the purchase in which the platform refunds.")
    closures_suspend_acknowledgement: str = _setting(
        "declared_before_request", _suspends, "Which closures suspend the acknowledgement clock."
    )
    closures_suspend_fix: str = _setting("no", _suspends, "Which closures suspend the fix clock.")
    closure_days: int = _setting(
        90, as_integer, "Days that a closure suspends at most, counted from its first day; 0: no limit."
    )
    prestashop_releases: Path | None = _setting(
        None, optional(as_path), "A JSON file of PrestaShop versions beyond those that ship with this package."
    )


FIELDS = {one.name: one for one in dataclasses.fields(Settings)}
