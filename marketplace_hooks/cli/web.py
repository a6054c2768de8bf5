"""Web server: the command that serves webhooks, API and pages, and nothing else."""

from __future__ import annotations

import importlib.util
import os
import resource
import sys

import click

from ..config.loading import load
from ..config.parsers import is_loopback
from ..config.settings import Settings
from ..errors import ConfigurationError, missing_extra
from .root import hooks_group

CONNECTIONS = 4_096
"""Open at once at each web process, idle ones too; more wait to be accepted."""
OTHER_FILES = 256
"""So many files of a web process are no connections of clients."""
EXTRA_THREADS = 64
"""So that a prompt body finds one while a crowd of slow ones is being ended."""


@hooks_group.command("web", with_appcontext=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def web(host: str, port: int) -> None:
    """Serve webhooks, API and pages, behind a proxy that handles TLS. Workers and the scheduler run separately.

    A socket that systemd passes on is served instead of the host and port.
    """
    settings = load()
    refuse_exposed_demo(settings, host)
    command = web_server_command(settings, host, port)
    os.execv(command[0], command)  # noqa: S606 - our own command, without a shell


def refuse_exposed_demo(settings: Settings, host: str) -> None:
    """Raises `ConfigurationError` for a demo on an address that other machines reach, unless that is wanted."""
    if settings.demo and not settings.demo_exposed and not is_loopback(host):
        raise ConfigurationError(
            f"The demo would be open on {host}: anyone who can reach it could act as anyone, operators included. "
            "Serve it on 127.0.0.1, or add --expose-demo if you want that."
        )


def web_server_command(settings: Settings, host: str, port: int) -> list[str]:
    """The command line of the web server: so many processes and threads as the settings say.

    Most threads only wait for bodies (`web/request_gate.py`), and are there only while bodies arrive.
    """
    if importlib.util.find_spec("granian") is None:
        raise ConfigurationError(missing_extra("The web server", "server"))
    threads = settings.web_threads + settings.bodies_at_once + EXTRA_THREADS
    # It warns of so many threads at each start, and of nothing else.
    command = [sys.executable, "-m", "marketplace_hooks.granian_server", "--interface", "wsgi", "--factory", "--no-ws"]
    command += ["--http", "1", "--log-level", "error"]
    command += [
        "--respawn-failed-workers",
        "--backpressure",
        str(_most_connections()),
        "--host",
        host,
        "--port",
        str(port),
    ]
    command += ["--workers-kill-timeout", "15"]  # one that does not stop would serve the port for ever.
    command += ["--workers", str(settings.web_processes), "--blocking-threads", str(threads)]
    return [*command, "marketplace_hooks.standalone:create_app"]


def _most_connections() -> int:
    """Fewer where the system allows few open files: each that is looked at is a file twice (`web/slow_connections`)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if most == resource.RLIM_INFINITY else max(1, min(CONNECTIONS, (most - OTHER_FILES) // 2))
