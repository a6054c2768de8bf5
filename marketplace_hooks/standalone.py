"""The stand-alone service: the Flask application of a process that serves nothing else, and the command line.

Everything is imported inside the functions, so that nothing is loaded before it is needed, and not under a running
garbage collector (`services/core/frozen_gc.py`).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .services.core.frozen_gc import frozen_gc
from .services.core.liveness import begin_signs

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from flask import Flask

    from .config.settings import Settings
    from .services.core.runtime import Runtime


MOST_FILES = 65_536


@frozen_gc()
def create_app() -> Flask:
    """The service as a web server, a worker or a command runs it: configured by the environment, and long-lived."""
    server = multiprocessing.parent_process()
    if server is None:
        return build_app()
    begin_signs()
    _live_as_its_process(server)
    from sqlalchemy.orm import configure_mappers

    from .telemetry.log_context import name_process
    from .web.request_gate import install_request_gate

    name_process("web")

    app = build_app()
    configure_mappers()  # once, before the first request, and frozen with the rest.
    install_request_gate(app)
    return app


def _live_as_its_process(server: BaseProcess) -> None:
    """In a process that a web server has started: stop when told so from the start, and end with the server.

    Else it would serve the port for ever, and no other server could: until it serves, it has the server's handlers of
    signals, which only note the signal. It may open as many files as the system allows: thousands of connections may be
    idle, and the usual limit of 1,024 is for programs that use `select`.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES if most == resource.RLIM_INFINITY else most, most))

    def end_with_server() -> None:
        server.join()
        os._exit(1)

    threading.Thread(target=end_with_server, name="end-with-server", daemon=True).start()


def build_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The service as an application. `config` holds settings by their full names, as a host app's `config` would.

    Raises `ConfigurationError`, with a sentence that says what to change.
    """
    from flask import Flask

    from .config.loading import load
    from .config.settings import EXTENSION, PREFIX
    from .extension import MarketplaceHooks
    from .host_database import add_service_database
    from .web.api import PREFIX as API_PREFIX
    from .web.demo_hosts import install_demo_hosts
    from .web.error_pages import register_error_pages
    from .web.fast_path import install_fast_path
    from .web.forwarded import install_forwarded_headers
    from .web.identity.sessions import secure_session_cookie
    from .web.public_prefix import install_public_prefix
    from .web.request_spans import install_request_spans
    from .web.response_headers import secure_every_response
    from .web.robots import install_robots

    app = Flask("marketplace_hooks", static_folder=None, template_folder=None)
    app.config.update(config or {})
    settings = load(app.config)
    app.template_folder = None if settings.templates_folder is None else str(settings.templates_folder)
    _start_telemetry(settings)
    app.config["SECRET_KEY"] = app.config.get("SECRET_KEY") or settings.secret_key
    app.config.setdefault(f"{PREFIX}INSTANCE", str(settings.instance))
    secure_session_cookie(app, settings)
    MarketplaceHooks(app)
    add_service_database(app, app.extensions[EXTENSION].runtime.database.url)
    install_robots(app)
    install_request_spans(app)
    install_fast_path(app, prefix=settings.url_prefix, api=API_PREFIX)
    install_public_prefix(app, settings)
    install_demo_hosts(app, settings)
    install_forwarded_headers(app)
    secure_every_response(app, settings)
    register_error_pages(app)  # alone in the app, every error page is ours; inside a host only those of our pages.
    return app


def _start_telemetry(settings: Settings) -> None:
    """Write the log as the settings say, report errors, and send traces. Raises `ConfigurationError`."""
    from .errors import ConfigurationError
    from .telemetry.log_output import configure_logs

    configure_logs(settings.log_format, settings.log_level)
    if settings.sentry_dsn is not None:
        from .telemetry.error_reports import start_error_reports

        start_error_reports(settings.sentry_dsn)
    if settings.traces_url is not None:
        try:
            from .telemetry.trace_export import start_traces
        except ImportError as missing:
            raise ConfigurationError(
                "TRACES_URL is set, and OpenTelemetry is not installed: pip install 'marketplace-hooks[otel]'."
            ) from missing
        start_traces(settings.traces_url)


def load_runtime() -> Runtime:
    """The runtime of a process that serves no web requests, configured by the environment.

    Raises `ConfigurationError`, with a sentence that says what to change.
    """
    from .config.loading import load
    from .events.mappings import check_mappings
    from .services.core.runtime import make_runtime
    from .web.mail.rendering import render_mail

    settings = load()
    check_mappings(settings.webhook_senders)
    _start_telemetry(settings)
    return make_runtime(settings, mail_renderer=render_mail)


def main() -> None:
    """`marketplace-hooks`: the same commands as `flask hooks`, in the stand-alone application."""
    with frozen_gc():
        from .cli import run
    run(create_app)
