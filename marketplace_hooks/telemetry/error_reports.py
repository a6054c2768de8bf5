"""Error reports: every line of the log that is an error goes to Sentry, where `SENTRY_DSN` names one.

Only the stand-alone service reports: a host reports by itself. A report is made anew from the few things that may leave
this machine: which error, where in the code, about which ids. No message of an error that may quote data, no local
variable, no request, no header and no person is in it.
"""

from __future__ import annotations

import atexit
import importlib.metadata
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .flushing import flush_with_job
from .log_context import current_ids, process_name

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport
    from sentry_sdk.types import Event, Hint

FLUSH_S = 2.0
_MEMBERS = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "server_name", "sdk")
_FRAME_MEMBERS = ("filename", "module", "function", "lineno", "in_app")
_OUR_LOGGERS = ("marketplace_hooks", "rq.")
_SPEAK_OF_CODE = {"AttributeError", "ImportError", "NameError", "NotImplementedError", "TypeError"}


def start_error_reports(dsn: str, *, transport: type[Transport] | None = None) -> None:
    """Report errors from now on. Raises `ConfigurationError` where the package is not installed or the DSN is none."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as missing:
        raise ConfigurationError(
            "SENTRY_DSN is set, and sentry-sdk is not installed: pip install 'marketplace-hooks[sentry]'."
        ) from missing
    try:
        sentry_sdk.init(
            dsn=dsn,
            release=f"marketplace-hooks@{importlib.metadata.version('marketplace-hooks')}",
            transport=transport,
            before_send=scrubbed,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR), DedupeIntegration()],
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            include_source_context=False,
            send_client_reports=False,
            max_breadcrumbs=0,
        )
    except BadDsn as bad:
        raise ConfigurationError("SENTRY_DSN is not the DSN of a Sentry project: https://KEY@HOST/PROJECT.") from bad
    flush_with_job(lambda: sentry_sdk.flush(timeout=FLUSH_S))
    atexit.register(sentry_sdk.flush, timeout=FLUSH_S)


def scrubbed(event: Event, hint: Hint) -> Event:
    """A report with nothing in it but what may leave this machine."""
    report: Any = {name: event[name] for name in _MEMBERS if name in event}  # type: ignore[literal-required]  # of its keys
    report["tags"] = {"process": process_name(), **{name: str(value) for name, value in current_ids().items()}}
    if str(event.get("logger", "")).startswith(_OUR_LOGGERS):
        report["logentry"] = {"message": str((event.get("logentry") or {}).get("message", ""))}
    errors = (event.get("exception") or {}).get("values") or []
    if errors:
        report["exception"] = {"values": [_scrubbed_error(one) for one in errors]}
    return report  # type: ignore[no-any-return]  # a mapping of Sentry's keys


def _scrubbed_error(error: Mapping[str, Any]) -> dict[str, Any]:
    module = str(error.get("module") or "")
    speaks = module.startswith("marketplace_hooks.") or (error.get("type") in _SPEAK_OF_CODE and not module)
    frames = (error.get("stacktrace") or {}).get("frames") or []
    scrubbed_frames = [{name: frame[name] for name in _FRAME_MEMBERS if name in frame} for frame in frames]
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": str(error.get("value")) if speaks else "",
        "mechanism": error.get("mechanism"),
        "stacktrace": {"frames": scrubbed_frames},
    }
