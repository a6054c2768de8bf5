"""Redis as deployments have it: behind TLS, and found through a Sentinel."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from marketplace_hooks.remote.redis.embedded import dying_with_its_parent, find_server

from .binaries import ProvisionError
from .ports import free_port, takes_connections

MASTER = "marketplace"
START_WITHIN_S = 20.0


@contextlib.contextmanager
def redis_behind_tls(socket_path: Path, context: ssl.SSLContext) -> Iterator[int]:
    """A loopback port that speaks TLS for the server at a Unix socket; not every build has TLS of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=_accept, args=(listener, context, socket_path), daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listener: socket.socket, context: ssl.SSLContext, socket_path: Path) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(plain, context, socket_path), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, socket_path: Path) -> None:
    """Pass the answers on, one after the other, as a client without pipelines awaits them."""
    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(socket_path))
            while request := client.recv(65_536):
                server.sendall(request)
                client.sendall(server.recv(65_536))


@contextlib.contextmanager
def redis_with_sentinel(folder: Path) -> Iterator[int]:
    """A master called `MASTER` and one sentinel that knows it; yields the port of the sentinel."""
    master = free_port(2)
    sentinel = master + 1
    binary = str(find_server())
    configuration = folder / "sentinel.conf"  # which the sentinel rewrites.
    configuration.write_text(
        f"port {sentinel}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {MASTER} 127.0.0.1 {master} 1\n"
    )
    data = ["--port", str(master), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (
        _running([binary, *data], master, folder / "master.log"),
        _running([binary, str(configuration), "--sentinel"], sentinel, folder / "sentinel.log"),
    ):
        yield sentinel


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*dying_with_its_parent("TERM"), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        give_up_s = time.monotonic() + START_WITHIN_S
        while not takes_connections(port):
            if process.poll() is not None or time.monotonic() > give_up_s:
                raise ProvisionError(f"{command[0]} did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()
