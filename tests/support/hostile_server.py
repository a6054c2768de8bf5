"""A real server on loopback that behaves as badly as a test asks, and remembers who spoke to it.

A behaviour is a function of one `Conversation`. It runs in a thread of its own for each connection and may do
to the socket what it likes; whatever the client does about it ends the conversation quietly.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Behaviour = Callable[["Conversation"], None]


@dataclass
class Request:
    """What a client sent: its first line, its headers as they came, its body."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for found, value in self.headers if found.lower() == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None


@dataclass
class Conversation:
    """One connection, as its behaviour sees it."""

    peer: socket.socket
    server: HostileServer

    def read(self) -> Request | None:
        """Read one request, or None when the client has gone."""
        seen = b""
        while b"\r\n\r\n" not in seen:
            received = self.peer.recv(65536)
            if not received:
                return None
            seen += received
        head, _, body = seen.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        pairs = [tuple(one.split(": ", 1)) for one in lines]
        request = Request(line, [(name, value) for name, value in pairs], body)
        length = int(request.header("Content-Length") or 0)
        while len(request.body) < length:
            request.body += self.peer.recv(65536)
        self.server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.peer.sendall(data)

    def send_for_ever(self, data: bytes, every_s: float = 0) -> None:
        """Send the same again and again, until the client or the server goes."""
        while not self.server.stopping.wait(every_s):
            self.send(data)

    def reset(self) -> None:
        """Close as a crashed machine would: RST in place of FIN."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peer.close()


@dataclass
class HostileServer:
    """Listens from `with` to its end. `requests` and `connections` are what reached it."""

    behave: Behaviour
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> HostileServer:
        self.stopping = threading.Event()
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(10)
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a conversation did not end"
        for peer in self._peers:
            peer.close()
        self._listener.close()

    def url(self, path: str = "/", name: str = "shop.test") -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{name}:{self.port}{path}"

    def _start(self, uow: Callable[[], None]) -> None:
        thread = threading.Thread(target=uow, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self.connections += 1
                self._peers.append(peer)
                self._start(lambda peer=peer: self._converse(peer))

    def _converse(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.tls is not None:
                peer = self.tls.wrap_socket(peer, server_side=True)
                self._peers.append(peer)
            self.behave(Conversation(peer, self))
            peer.shutdown(socket.SHUT_RDWR)
        peer.close()


def reply(status: int = 200, body: bytes = b"ok", *headers: tuple[str, str], length: int | None = None) -> bytes:
    """Write one answer; its Content-Length is the body's unless `length` tells a lie."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def answering(*replies: bytes) -> Behaviour:
    """Answer requests in turn, on however many connections, the last reply over and over."""
    left = list(replies)

    def behave(talk: Conversation) -> None:
        while talk.read() is not None:
            talk.send(left.pop(0) if len(left) > 1 else left[0])

    return behave


def after_a_request(then: Callable[[Conversation], None]) -> Behaviour:
    """Read one request, and only then misbehave."""

    def behave(talk: Conversation) -> None:
        if talk.read() is not None:
            then(talk)

    return behave


def once(data: bytes) -> Behaviour:
    """Read one request, say this and hang up."""
    return after_a_request(lambda talk: talk.send(data))
