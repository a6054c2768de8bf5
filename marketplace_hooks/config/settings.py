"""Settings: every setting with its default, unit and meaning.

Each is a field of `Settings`, `PolicySettings` or `BrandSettings`, and described nowhere else. `loading.py` reads and
checks the values.
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
from .policy_settings import PolicySettings
from .senders import Sender, as_sender_secrets, as_senders
from .setting_field import setting as _setting
from .smtp_url import SmtpServer, as_smtp
from .trusted_proxies import TrustedProxies, as_proxies

EXTENSION = "marketplace_hooks"
"""Our key in a Flask app's `extensions`."""
PREFIX = "MARKETPLACE_HOOKS_"
DEMO_MARK = "demo-"
"""The beginning of secrets made for a demo (of the decoded bytes of a webhook secret): production refuses them."""


@dataclass(frozen=True, kw_only=True)
class Settings(PolicySettings, BrandSettings):
    """Every setting, typed. Made by `loading.load`, which checks them; `docs/configuration.md` is written from here."""

    instance: Path = _setting(Path("instance"), as_path, "Folder where this installation keeps its own files.")
    database_url: str | None = _setting(
        None,
        optional(as_text),
        "PostgreSQL or SQLite. Default: the host app's database, else SQLite in the instance folder.",
    )
    database_bind_key: str | None = _setting(
        None,
        optional(as_text),
        "The bind of the host's Flask-SQLAlchemy that contains our tables. Default: its default database.",
    )
    database_wait_s: float = _setting(
        5.0, as_seconds, "How long a web request waits for the database before it gets a 503."
    )
    database_pool_size: int = _setting(10, as_count, "Database connections that each process keeps open.")
    database_pool_overflow: int = _setting(10, as_integer, "Extra connections that it may open at peak times.")
    database_pooler: str = _setting(
        "auto",
        as_choice("auto", "transaction", "none"),
        "Whether PostgreSQL is behind a pooler such as PgBouncer in transaction mode; auto: detected.",
    )
    redis_url: str | None = _setting(
        None,
        optional(as_text),
        "Redis or Valkey, also over TLS or through Sentinel. Default: the embedded server that `up` starts.",
    )
    secret_key: str | None = _setting(
        None, optional(as_text), "Signs cookies and cursors. Default: the host app's SECRET_KEY."
    )
    webhook_secrets: Mapping[str, tuple[str, ...]] = _setting(
        {},
        as_secrets,
        "Who may post events: source=whsec_… pairs; several for one source during a rotation.",
    )
    webhook_senders: Mapping[str, Sender] = _setting(
        {}, as_senders, "Sources that sign differently or post their own payloads: docs/senders.md."
    )
    webhook_sender_secrets: Mapping[str, tuple[str, ...]] = _setting(
        {}, as_sender_secrets, "Their secrets: source=secret pairs; several for one source during a rotation."
    )
    encryption_keys: tuple[str, ...] = _setting(
        (), as_words, "Fernet keys that encrypt stored secrets: the first one encrypts, all of them decrypt."
    )
    download_secret: bytes | None = _setting(
        None, optional(as_key), "Signs download links; hexadecimal or base64. The file host needs the same secret."
    )
    public_url: str = _setting("http://127.0.0.1:8000", as_address, "The public address of this service.")
    url_prefix: str = _setting("", as_prefix, "Path of our pages and API inside a host app, such as /addons.")
    session_s: float = _setting(43_200.0, as_seconds, "How long a user who signed in here stays signed in, at most.")
    session_idle_s: float = _setting(7_200.0, as_seconds, "How long a user can be inactive before being signed out.")
    fresh_sign_in_s: float = _setting(
        900.0,
        as_seconds,
        "How recent a sign-in must be for an action that cannot be undone: docs/operate.md.",
    )
    sign_in_url: str | None = _setting(
        None, optional(as_text), "The host's own sign-in page; `next` is added, with the page to return to."
    )
    oidc_issuer: str | None = _setting(
        None, optional(as_issuer), "The OpenID Connect provider that users sign in with: docs/operate.md."
    )
    oidc_client_id: str | None = _setting(None, optional(as_text), "The client ID registered with the provider.")
    oidc_client_secret: str | None = _setting(None, optional(as_text), "The client secret. Default: a public client.")
    oidc_scope: str = _setting("openid profile", as_text, "The scopes requested from the provider.")
    oidc_role_claim: str = _setting("role", as_text, "The claim that contains the roles; dots address nested objects.")
    oidc_roles: Mapping[str, str] = _setting(
        {}, as_pairs, "Maps the provider's roles to ours, such as vendors=seller. Default: the same names."
    )
    oidc_subject_claim: str = _setting("sub", as_text, "The claim that contains the ID of the seller or customer.")
    oidc_locale_claim: str = _setting("locale", as_text, "The claim that contains the language.")
    reference_zone: ZoneInfo = _setting(ZoneInfo("Europe/Paris"), as_zone, "The time zone of every date and deadline.")
    allowed_networks: tuple[str, ...] = _setting(
        (), as_networks, "Private networks, as CIDR[:port], that outgoing requests may reach, over http too."
    )
    demo: bool = _setting(False, as_boolean, "Whether this is a demo; its secrets are refused in production.")
    demo_exposed: bool = _setting(
        False, as_boolean, "Whether other machines may open the demo and act as anyone: `up --demo --expose-demo`."
    )
    hsts_s: int = _setting(
        31_536_000, as_integer, "How long browsers must use https (HSTS) when PUBLIC_URL does; 0: no header."
    )
    web_processes: int = _setting(2, as_count, "Web server processes started by `up`.")
    web_threads: int = _setting(8, as_count, "Requests that each web process handles at the same time.")
    body_s: float = _setting(10.0, as_seconds, "How long a request body may take to arrive, per MiB, before a 408.")
    bodies_at_once: int = _setting(
        192, as_count, "Request bodies that each web process receives at once; beyond that, the slowest are dropped."
    )
    max_body_bytes: int = _setting(1_048_576, as_count, "Largest inbound event; a larger one gets a 413.")
    trusted_proxies: TrustedProxies | None = _setting(
        None,
        optional(as_proxies),
        "Proxies in front of the stand-alone service: how many, or their networks. Default: forwarded headers "
        "are ignored.",
    )
    metrics_networks: tuple[str, ...] = _setting(
        ("127.0.0.0/8", "::1"), as_addresses, "Networks or addresses that may read /metrics."
    )
    webhook_rate_per_minute: int = _setting(
        60_000, as_integer, "Verified events accepted from one source, per web process; 0: no limit."
    )
    failure_rate_per_minute: int = _setting(
        120,
        as_integer,
        "Refused signatures allowed from one client address, and as many refused tokens, per web process; 0: no limit.",
    )
    sign_in_rate_per_minute: int = _setting(20, as_integer, "Failed sign-ins per client address; 0: no limit.")
    api_rate_per_minute: int = _setting(
        1_200, as_integer, "API calls allowed for one token or address, per web process; 0: no limit."
    )
    check_rate_per_minute: int = _setting(
        30, as_integer, "Shop inspections allowed for one customer, through pages and API; 0: no limit."
    )
    messages_per_day: int = _setting(
        200, as_integer, "Requests, messages and other actions of one customer or seller in 24 hours; 0: no limit."
    )
    conversation_messages_per_day: int = _setting(40, as_integer, "The same in one conversation; 0: no limit.")
    lease_s: float = _setting(30.0, as_seconds, "How long an unresponsive worker keeps its work.")
    sweep_interval_s: float = _setting(30.0, as_seconds, "How often lost work is looked for and started again.")
    tick_interval_s: float = _setting(1.0, as_seconds, "How often the scheduler looks for work that is due.")
    scheduler_lock_s: float = _setting(15.0, as_seconds, "How long an unresponsive scheduler keeps its lock.")
    purge_interval_s: float = _setting(3_600.0, as_seconds, "How often the scheduler deletes expired data.")
    drain_batch: int = _setting(100, as_count, "Events applied in one transaction.")
    cascade_chunk: int = _setting(10_000, as_count, "Rows that follow-up steps change in one transaction.")
    apply_attempts: int = _setting(5, as_count, "Attempts at an event whose handler fails, before it needs attention.")
    apply_retries_s: tuple[float, ...] = _setting(
        (1.0, 10.0, 60.0, 600.0), as_durations, "Delay after each of these attempts; the last one repeats."
    )
    park_retries_s: tuple[float, ...] = _setting(
        # The first is soon: a child and a parent applied at the same moment do not see each other.
        (2.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0),
        as_durations,
        "Delays before an event that refers to unknown data is tried again, unless that data arrives first.",
    )
    delivery_schedule_s: tuple[float, ...] = _setting(
        (0.0, 5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0),
        as_durations,
        "Delay before each attempt of a delivery.",
    )
    delivery_concurrency: int = _setting(4, as_count, "Simultaneous attempts to one endpoint.")
    delivery_rate_per_s: float = _setting(50.0, as_seconds, "Attempts started per second to one endpoint.")
    delivery_connect_s: float = _setting(5.0, as_seconds, "How long connecting to an endpoint may take.")
    delivery_total_s: float = _setting(20.0, as_seconds, "How long one attempt may take in total.")
    smtp_url: SmtpServer | None = _setting(
        None, optional(as_smtp), "Mail server for our emails: smtp:// or smtps://. Default: no emails are sent."
    )
    smtp_timeout_s: float = _setting(10.0, as_seconds, "How long the mail server may take to respond.")
    mail_sender: str | None = _setting(
        None, optional(as_mailbox), "The sender of our emails. Default: no-reply@ the host of PUBLIC_URL."
    )
    mail_schedule_s: tuple[float, ...] = _setting(
        (0.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0),
        as_durations,
        "Delay before each attempt to send an email that the mail server defers.",
    )
    mail_gather_s: float = _setting(
        300.0,
        as_seconds,
        "After an email about a new message, how long further messages of the conversation are grouped into one email.",
    )
    inspection_deadline_s: float = _setting(20.0, as_seconds, "How long one inspection of a shop may take in total.")
    inspection_reuse_s: float = _setting(
        900.0,
        as_seconds_up_to(3_600),
        "How long the results of an inspection are reused for the same purchase; one hour at most.",
    )
    inspection_concurrency: int = _setting(8, as_count, "Simultaneous inspections in one worker.")
    inspection_credentials_s: float = _setting(
        86_400.0, as_seconds, "How long a shop's credentials are kept when no support request needs them."
    )
    inspection_days: int = _setting(
        180, as_days(1, 3_650), "Days after which inspection results are deleted, unless their request is open."
    )
    log_format: str = _setting(
        "console",
        as_choice("console", "json"),
        "Log format of the stand-alone service: text, or one JSON object per line.",
    )
    log_level: str = _setting(
        "INFO", as_choice("DEBUG", "INFO", "WARNING", "ERROR"), "Lowest level that the stand-alone service logs."
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
        None, optional(as_contact), "Where shop owners report problems with inspections: an email address or a page."
    )
    payload_days: int = _setting(
        90, as_days(5, 90), "Days after which the payloads of events are deleted; IDs and hashes are kept."
    )
    audit_days: int = _setting(730, as_days(30, 3_650), "Days after which audit log entries are deleted.")
    prestashop_releases: Path | None = _setting(
        None, optional(as_path), "A JSON file of PrestaShop versions in addition to those included in this package."
    )


FIELDS = {one.name: one for one in dataclasses.fields(Settings)}
