"""A real PgBouncer in transaction mode before the PostgreSQL of the tests."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from marketplace_hooks.remote.redis.embedded import dying_with_its_parent

from .binaries import NO_PGBOUNCER, ProvisionError, find_pgbouncer, postgres_account
from .ports import free_port, takes_connections

START_WITHIN_S = 20.0
POOL_SIZE = 4
"""Sessions with the server: fewer than clients, so that they are passed around."""


@contextlib.contextmanager
def pgbouncer(url: str, folder: Path, *, ignored: str = "extra_float_digits") -> Iterator[str]:
    """Run a PgBouncer for the database at `url`; yields the URL of the same database through it.

    `ignored` names the start-up parameters that it accepts and forgets.
    """
    program = find_pgbouncer()
    if program is None:
        raise ProvisionError(NO_PGBOUNCER)
    server = make_url(url)
    port = free_port()
    # The pooler runs as its own account and reads its configuration before it becomes so.
    log = folder / "pgbouncer.log"
    process = _start(program, _configure(folder, url, port, ignored), log)
    try:
        give_up_s = time.monotonic() + START_WITHIN_S
        while not takes_connections(port):
            if process.poll() is not None or time.monotonic() > give_up_s:
                raise ProvisionError(f"PgBouncer did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.02)
        pooled = server.set(host="127.0.0.1", port=port, username="pooled", password=None, query={})
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait()


def _configure(folder: Path, url: str, port: int, ignored: str) -> Path:
    server = make_url(url)
    target = {
        "host": server.host or server.query["host"],
        "port": server.port or server.query["port"],
        "user": server.username,
        **({"password": server.password} if server.password else {}),
    }
    account = postgres_account()
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        "ignore_startup_parameters": ignored,
        **({"user": account.pw_name} if account else {}),
    }
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n{server.database} = {' '.join(f'{name}={value}' for name, value in target.items())}\n"
        f"[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
    )
    return configuration


def _start(program: str, configuration: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [*dying_with_its_parent("TERM"), program, str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C goes to pytest, which then stops it.
        )
