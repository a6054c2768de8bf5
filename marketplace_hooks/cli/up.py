"""Launcher of the whole service: migrations, Redis, web server, workers and scheduler, with one log and one stop."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from ..config.loading import default_instance, load
from ..config.parsers import is_secure_or_local
from ..config.settings import DEMO_MARK, PREFIX, Settings
from ..database import migrate
from ..errors import ConfigurationError, Unavailable
from ..remote.redis.embedded import EmbeddedRedis, start_embedded_redis
from ..services.core.pidfile import Running, announce, claim, find_running, remove_pidfile
from ..services.core.runtime import make_runtime
from .demo_loader import load_demo, what_to_try
from .demo_story import play_story, subscribe_receiver
from .root import hooks_group
from .supervisor import STOP_WITHIN_S, Child, Supervisor, log_line, write_lines_as
from .web import refuse_exposed_demo, web_server_command
from .workers import WORKER_LANE

READY_WITHIN_S = 60.0
PORT_FREE_WITHIN_S = 2.0
PORT_OF_ORPHANS_S = STOP_WITHIN_S + 5.0
RETRY_REDIS_S = 30.0
"""How long to wait before an embedded Redis that could not be started is tried again."""


@hooks_group.command("up", with_appcontext=False)
@click.option("--demo", is_flag=True, help="Load a demo marketplace, with secrets made for it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option("--expose-demo", is_flag=True, help="Let other machines open the demo, and act as anyone in it.")
def up(demo: bool, host: str, port: int, workers: int, expose_demo: bool) -> None:
    """Run everything on this machine until Ctrl-C or SIGTERM.

    \b
    marketplace-hooks up --demo
    MARKETPLACE_HOOKS_DATABASE_URL=postgresql://… MARKETPLACE_HOOKS_REDIS_URL=redis://… marketplace-hooks up --workers 8
    """
    if demo:
        prepare_demo()
    settings = load()
    if settings.demo and not demo:
        raise ConfigurationError(
            f"{settings.instance} was made by `up --demo`. Start it with --demo, or name another INSTANCE."
        )
    if expose_demo:
        settings = replace(settings, demo_exposed=True)
    refuse_exposed_demo(settings, host)
    if not settings.demo and _is_default(settings) and not is_secure_or_local(_url(host, port)):
        raise ConfigurationError(f"{host} serves other machines: set PUBLIC_URL to the https address that they use.")
    lock = claim(settings.instance)
    if lock is None:
        running = find_running(settings.instance)
        where = f" at {running.url} (process {running.pid})" if running else ""
        raise ConfigurationError(f"`up` is already running for {settings.instance}{where}.")
    with lock:
        _run(settings, host=host, port=port, workers=workers)


def _run(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Start everything, keep it running until the shutdown is requested, and stop it."""
    write_lines_as(settings.log_format)
    supervisor = Supervisor(frozen_after_s=settings.lease_s)  # what an earlier `up` left may hold the port.
    _refuse_busy_port(host, port, supervisor)
    supervisor.listen()
    url = _url(host, port)
    runtime = make_runtime(settings)
    log_line("up", f"migrating {runtime.database.url}")
    migrate.upgrade(runtime.database)
    runtime.database.dispose()
    redis = _redis(settings)
    try:
        environment = _environment(settings, redis, url)
        announce(settings.instance, Running(url=url, redis_url=redis.url if redis else None, pid=os.getpid()))
        for child in _children(settings, environment, host, port, workers=workers, demo=settings.demo):
            supervisor.add(child)
        if _wait_for_web(supervisor, host, port):
            _welcome(settings, url, supervisor)
        elif not supervisor.is_stopping:
            consequence = "; the demo was not loaded: stop this with Ctrl-C and start it again" if settings.demo else ""
            log_line("up", f"the web server did not answer within {READY_WITHIN_S:.0f} s{consequence}")
        supervisor.run(RedisGuard(redis).check)
    finally:
        supervisor.shut_down()
        remove_pidfile(settings.instance)
        if redis is not None:
            redis.close()
        log_line("up", "stopped")


def _welcome(settings: Settings, url: str, supervisor: Supervisor) -> None:
    """Say where to look, once the web server answers; before that, load the demo."""
    if not settings.demo:
        log_line("up", f"open {url}")
        return
    subscribe_receiver(settings, url)
    load_demo(settings, url, lambda text: log_line("demo", text), lambda: supervisor.is_stopping)
    click.echo("\n".join(["", *what_to_try(settings, url), ""]))
    arguments = settings, lambda: supervisor.is_stopping
    threading.Thread(target=play_story, args=arguments, name="story", daemon=True).start()


def _children(
    settings: Settings, environment: dict[str, str], host: str, port: int, *, workers: int, demo: bool
) -> Iterator[Child]:
    """Every process beside Redis, in the order in which they start; they stop in the opposite order."""
    command = [sys.executable, "-m", "marketplace_hooks"]
    yield Child(name="web", command=web_server_command(settings, host, port), environment=environment)
    for number in range(workers):
        lane = {**environment, WORKER_LANE: f"{number}/{workers}"}
        yield Child(name=f"worker {number + 1}", command=[*command, "worker"], environment=lane)
    yield Child(name="scheduler", command=[*command, "scheduler"], environment=environment)
    if demo:
        shops = [sys.executable, "-m", "marketplace_hooks.demo.fake_shops.serve", str(port + 1)]
        yield Child(name="shops", command=shops, environment=environment)


def prepare_demo() -> None:
    """Write a configuration with secrets marked as a demo's into the instance folder, unless it has one.

    Raises `ConfigurationError` when the folder belongs to a real installation.
    """
    instance = Path(os.environ.get(f"{PREFIX}INSTANCE") or default_instance())
    path = instance / "config.toml"
    if path.exists():
        if not load().demo:
            raise ConfigurationError(
                f"{path} is a real configuration, and the demo would write into its database. "
                f"Name another folder: {PREFIX}INSTANCE=/tmp/demo marketplace-hooks up --demo"
            )
        return
    instance.mkdir(parents=True, exist_ok=True)
    key, download_key = (base64.b64encode(DEMO_MARK.encode() + secrets.token_bytes(27)).decode() for _ in range(2))
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(
        "# Made by `marketplace-hooks up --demo`. Production refuses these secrets.\n"
        "demo = true\n"
        f'secret_key = "{DEMO_MARK}{secrets.token_urlsafe(32)}"\n'
        f'webhook_secrets = "marketplace=whsec_{key}"\n'
        f'download_secret = "{download_key}"\n'
        "cascade_chunk = 250 # small, so that progress can be seen\n"
        'allowed_networks = "127.0.0.0/8"\n'
    )
    draft.replace(path)


def _refuse_busy_port(host: str, port: int, supervisor: Supervisor) -> None:
    """Raise `ConfigurationError` when another process holds the port, also after the time that one needs to end.

    What an `up` that was killed has left ends what it is at, and is ended when that takes too long.
    """
    begun_s = alone_since_s = time.monotonic()
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((host, port))
                return
            except OSError as error:
                if supervisor.end_orphans():
                    alone_since_s = time.monotonic()
                give_up_s = min(begun_s + PORT_OF_ORPHANS_S, alone_since_s + PORT_FREE_WITHIN_S)
                if time.monotonic() > give_up_s:
                    raise ConfigurationError(
                        f"{host}:{port} cannot be served: {error.strerror}. Choose another --port."
                    ) from error
        time.sleep(0.1)


def _redis(settings: Settings) -> EmbeddedRedis | None:
    if settings.redis_url:
        return None
    redis = start_embedded_redis()
    log_line("up", f"started {redis.binary.name} for this instance ({redis.socket_path})")
    return redis


class RedisGuard:
    """Starts the embedded Redis again when it has died. Where that fails, everything else goes on without it."""

    def __init__(self, redis: EmbeddedRedis | None) -> None:
        self._redis = redis
        self._next_try_s = 0.0

    def check(self) -> None:
        """Start it if it has died, unless that was tried a moment ago."""
        if self._redis is None or self._redis.is_running or time.monotonic() < self._next_try_s:
            return
        log_line("redis", "died and is being restarted; the next sweep picks up any work that was lost")
        try:
            self._redis.start()
        except (Unavailable, OSError) as error:
            self._next_try_s = time.monotonic() + RETRY_REDIS_S
            log_line("redis", f"cannot be started, and the scheduler does the work meanwhile: {error}")


def _environment(settings: Settings, redis: EmbeddedRedis | None, url: str) -> dict[str, str]:
    environment = {f"{PREFIX}INSTANCE": str(settings.instance), "PYTHONUNBUFFERED": "1"}
    if settings.demo_exposed:
        environment[f"{PREFIX}DEMO_EXPOSED"] = "true"
    if redis is not None:
        environment[f"{PREFIX}REDIS_URL"] = redis.url
    if _is_default(settings):
        environment[f"{PREFIX}PUBLIC_URL"] = url
    return environment


def _url(host: str, port: int) -> str:
    """The address of what is served on this host and port, for this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return f"http://127.0.0.1:{port}"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _is_default(settings: Settings) -> bool:
    return settings.public_url == Settings().public_url


def _wait_for_web(supervisor: Supervisor, host: str, port: int) -> bool:
    """Wait until the web server accepts connections; False when it does not in time, or the shutdown is requested."""
    give_up_s = time.monotonic() + READY_WITHIN_S
    address = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    while time.monotonic() < give_up_s and not supervisor.is_stopping:
        try:
            with socket.create_connection((address, port), 1):
                return True
        except OSError:
            time.sleep(0.05)
    return False
