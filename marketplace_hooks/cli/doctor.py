"""Doctor: checks of an installation, each with what to do about it; those of its work are in `doctor_work.py`."""

from __future__ import annotations

import importlib.metadata
import sqlite3
from datetime import timedelta

from flask import current_app
from sqlalchemy.exc import DBAPIError

from ..config.public_holidays import public_holidays
from ..config.secret_strength import text_fault, weaknesses
from ..database import migrate as migrations
from ..database.trigram_index import has_trigrams
from ..database.wal_reset_bug import has_wal_reset_bug
from ..domain.support.deadlines import BusinessDayPolicy
from ..errors import HOW_TO_MIGRATE, EncryptionKeyLost, MailServerAway, MarketplaceHooksError
from ..services.business_care.renewal_run_state import read_run_state
from ..services.catalog.search_renewal import has_due
from ..services.core.deployment import UNTRUSTED_PROXY, read_fact
from ..services.core.runtime import Runtime
from ..services.core.stored_secrets import check_encryption_keys
from ..services.notifications.mail_queue import check_mail_server
from .doctor_clock import clock
from .doctor_templates import templates
from .doctor_work import backlog, check, endpoints, inbox, processes, redis
from .output import json_option, show_rows
from .root import current_runtime, hooks_group


@hooks_group.command("doctor")
@json_option
def doctor(as_json: bool) -> None:
    """Check configuration, database, Redis, workers, clock and mail; exit with 1 when something is wrong."""
    runtime = current_runtime()
    checks = [
        _configuration(runtime),
        _secrets(runtime),
        _downloads(runtime),
        _holidays(runtime),
        _database(runtime),
        _search(runtime),
        redis(runtime),
        *processes(runtime),
        clock(runtime),
        inbox(runtime),
        backlog(runtime),
        endpoints(runtime),
        _encryption(runtime),
        _renewals(runtime),
        _mail(runtime),
        _proxies(runtime),
        templates(),
    ]
    show_rows(checks, ("check", "state", "detail"), as_json=as_json, empty="")
    if any(one["state"] == "wrong" for one in checks):
        raise SystemExit(1)


def _configuration(runtime: Runtime) -> dict[str, str]:
    version = importlib.metadata.version("marketplace-hooks")
    names = [*runtime.settings.webhook_secrets, *runtime.settings.webhook_senders]
    if not names:
        return check("configuration", "wrong", "WEBHOOK_SECRETS is empty: every event is refused")
    sources = ", ".join(names)
    return check(
        "configuration", "ok", f"version {version}; events from {sources}; instance {runtime.settings.instance}"
    )


def _secrets(runtime: Runtime) -> dict[str, str]:
    """What loading the settings refuses is not here: the SECRET_KEY of a host, which is the host's own affair."""
    if runtime.settings.demo:
        return check("secrets", "warning", "made for a demo, where anyone can act as anyone")
    key = current_app.secret_key
    if key is None:
        return check("secrets", "warning", "SECRET_KEY is not set: pages with forms return 503")
    fault = text_fault(key if isinstance(key, str) else key.decode("latin-1"))
    if fault is not None:
        return check(
            "secrets", "warning", f"the application's SECRET_KEY {fault}: anyone who guesses it can forge forms"
        )
    for weakness in weaknesses(runtime.settings, secrets_in_file=True):
        return check(
            "secrets", "warning", f"acceptable while only this machine can reach the service; in production: {weakness}"
        )
    return check("secrets", "ok", "all are strong, and no file that contains them is readable by every account")


def _downloads(runtime: Runtime) -> dict[str, str]:
    if runtime.settings.download_secret is None:
        return check("downloads", "warning", "DOWNLOAD_SECRET is not set: every download returns 503")
    return check("downloads", "ok", "download links are signed")


def _holidays(runtime: Runtime) -> dict[str, str]:
    """Loading the settings has checked the calendar; here is what it holds, to be compared with one's own."""
    settings = runtime.settings
    calendar = " ".join(filter(None, (settings.holidays_country, settings.holidays_region)))
    if settings.business_days == BusinessDayPolicy.MF:
        return check("holidays", "ok", f"calendar {calendar}; not used by the policy MF")
    year = runtime.now().year
    count = len(public_holidays(settings.holidays_country, settings.holidays_region, [year]))
    whose = "each seller's own, else " if settings.holidays_of == "seller" else ""
    return check("holidays", "ok", f"{whose}calendar {calendar}: {count} public holidays in {year}")


def _database(runtime: Runtime) -> dict[str, str]:
    kind = runtime.database.url.get_backend_name()
    try:
        if not migrations.is_current(runtime.database):
            return check("database", "wrong", f"{kind} is not up to date: {HOW_TO_MIGRATE}")
    except MarketplaceHooksError as error:
        return check("database", "wrong", f"{kind}: {error}")
    except DBAPIError as error:
        return check("database", "wrong", f"{kind}: {error.orig}")
    if runtime.database.is_sqlite and has_wal_reset_bug(sqlite3.sqlite_version_info):
        return check(
            "database",
            "warning",
            f"{kind}, schema up to date; SQLite {sqlite3.sqlite_version} has a rare bug that can lose a write when "
            "several processes write at once (https://sqlite.org/wal.html#walresetbug), unless your distribution "
            "has fixed it: use SQLite 3.51.3 or newer, or PostgreSQL",
        )
    pooler = ", behind a pooler: no session state is used" if runtime.database.is_pooled else ""
    return check("database", "ok", f"{kind}, schema up to date{pooler}")


def _search(runtime: Runtime) -> dict[str, str]:
    """PostgreSQL's pg_trgm is of use and not needed; entries that are due are written by a worker."""
    try:
        with runtime.database.read_session() as session:
            has_index = runtime.database.is_sqlite or has_trigrams(session)
            is_behind = has_due(session, runtime.now())
    except Exception as error:
        return check("search", "warning", f"cannot be checked: {type(error).__name__}")
    if not has_index:
        remedy = f"ask a superuser to run CREATE EXTENSION pg_trgm in this database, then {HOW_TO_MIGRATE}"
        return check(
            "search", "warning", f"without pg_trgm, search is slower and forgives fewer typing mistakes; {remedy}"
        )
    if is_behind:
        return check("search", "warning", "the index is being updated; some products cannot be found yet")
    return check("search", "ok", "every product is indexed")


def _encryption(runtime: Runtime) -> dict[str, str]:
    """Every endpoint's secret is opened: a lost or changed key is known before the next delivery."""
    try:
        count = check_encryption_keys(runtime.database, runtime.encryption)
    except EncryptionKeyLost as lost:
        return check("encryption", "wrong", f"{lost} Until then, deliveries wait; none is lost")
    except Exception as error:
        return check("encryption", "warning", f"cannot be checked: {type(error).__name__}")
    return check("encryption", "ok", f"{count} stored secrets can be read")


def _renewals(runtime: Runtime) -> dict[str, str]:
    """After a long pause renewals wait for an operator to release them (`rules.md` 11)."""
    try:
        with runtime.database.read_session() as session:
            run = read_run_state(session)
    except Exception as error:
        return check("renewals", "warning", f"cannot be read: {type(error).__name__}")
    if run.held_since is not None:
        detail = f"paused since {run.held_since:%Y-%m-%d %H:%M} UTC; check what is due, then release them: "
        return check("renewals", "wrong", f"{detail}`marketplace-hooks renewals show`, then `renewals release`")
    return check("renewals", "ok", f"last run {run.last_at:%Y-%m-%d %H:%M} UTC" if run.last_at else "not run yet")


def _mail(runtime: Runtime) -> dict[str, str]:
    """Without a mail server there is a warning; one that is configured and takes no mail is wrong."""
    server = runtime.settings.smtp_url
    if server is None:
        consequence = "no emails are sent, now or later; endpoints still receive every webhook"
        return check("mail", "warning", f"SMTP_URL is not set: {consequence}")
    address = f"{server.host}:{server.port}"
    try:
        check_mail_server(runtime.settings)
    except MailServerAway as away:
        return check("mail", "wrong", f"{address}: {away}. {_remedy(str(away))}; until then, emails wait; none is lost")
    return check("mail", "ok", f"{address} responds and accepts our emails")


def _remedy(error: str) -> str:
    """What to correct, judged by the kind of error that the mail client reports."""
    if "Authentication" in error:
        return "Correct the user name and password in SMTP_URL"
    if "SSL" in error or "NotSupported" in error:
        return "No secure connection is possible: correct the scheme and port in SMTP_URL, or the server's certificate"
    return "Correct the host and port in SMTP_URL, or allow this machine to connect to them"


def _proxies(runtime: Runtime) -> dict[str, str]:
    """Behind a proxy that is not trusted all clients have one address, and share its limits."""
    trusted = runtime.settings.trusted_proxies
    try:
        with runtime.database.read_session() as session:
            seen = read_fact(session, UNTRUSTED_PROXY)
    except Exception as error:
        return check("proxies", "warning", f"cannot be read: {type(error).__name__}")
    if seen is None or seen.recorded_at < runtime.now() - timedelta(days=1) or (trusted and trusted.has(seen.value)):
        return check("proxies", "ok", "clients are identified by their own addresses")
    detail = f"requests come through a proxy at {seen.value}, so all clients appear to have its address"
    return check("proxies", "warning", f"{detail}: set TRUSTED_PROXIES")
