"""HTTP transport: connections to the one address that was checked, with a deadline for every operation.

urllib3 times out between two bytes, not in all. Here every operation on the socket is given what is left until the
deadline, so that a peer who drips a byte a second (of its TLS handshake, its headers or its body) gains nothing; and
connections open only to the address already checked.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import certifi
from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Retry

from ...errors import OutboundRefused

# Servers forget idle connections after 2 s at the least (gunicorn's default). One of ours that idles longer
# is not used again, so that a delivery does not fail because its connection was being closed.
_LONGEST_IDLE_S = 1.5

_POOLS = 64
_IDLE_PER_POOL = 8


class WireExhausted(OSError):
    """The peer sent more than this exchange may read."""


@dataclass(kw_only=True, slots=True)
class Exchange:
    """One request to one checked address, and what is left of its budget. Instants are `time.monotonic`'s.

    `began` is when the caller asked, redirects and look-ups included. `ours` is true when the address lies in
    a network the operator allowed. `sending` becomes true when the request begins to leave: before that,
    another address of the name may be tried instead.
    """

    scheme: str
    address: str
    port: int
    server_name: str
    host_header: str
    ours: bool
    began: float
    connect_by: float
    deadline: float
    wire_bytes_left: int
    sending: bool = False

    def left_s(self) -> float:
        return _until(self.deadline)

    def connect_left_s(self) -> float:
        return _until(min(self.connect_by, self.deadline))

    def count(self, received: int) -> None:
        self.wire_bytes_left -= received
        if self.wire_bytes_left < 0:
            raise WireExhausted("The peer sent more than it may.")


def _until(instant: float) -> float:
    left = instant - time.monotonic()
    if left <= 0:
        raise TimeoutError("The time for this exchange is over.")
    return left


# An exchange lives in the thread that asked for it, from look-up to last byte. Pooled sockets outlive
# exchanges and wander between threads; each operation looks here for the exchange it serves, since
# urllib3 has no place to carry one down to the socket.
_current = threading.local()


@contextmanager
def exchanging(exchange: Exchange) -> Iterator[None]:
    """Let every socket this thread uses inside the block serve `exchange`."""
    _current.exchange = exchange
    try:
        yield
    finally:
        del _current.exchange


def _exchange() -> Exchange:
    exchange: Exchange = _current.exchange
    return exchange


class TimedSocket(socket.socket):
    """A TCP socket whose every operation ends at the deadline of the exchange it serves."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_exchange().left_s())
        received = super().recv_into(*args, **kwargs)
        _exchange().count(received)
        return received

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        # One timeout holds for the whole of sendall, not for each part (Python docs, socket.sendall).
        _exchange().sending = True
        self.settimeout(_exchange().left_s())
        super().sendall(*args, **kwargs)


class TimedTLSSocket(ssl.SSLSocket):
    """The same inside TLS. OpenSSL's reads, writes and handshakes each hold one timeout in all."""

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(_exchange().left_s())
        super().do_handshake(block)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_exchange().left_s())
        received = super().recv_into(*args, **kwargs)
        _exchange().count(received)
        return received

    def send(self, *args: Any, **kwargs: Any) -> int:  # SSLSocket.sendall is a loop of these.
        _exchange().sending = True
        self.settimeout(_exchange().left_s())
        return super().send(*args, **kwargs)


@lru_cache(maxsize=8)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Trust the public authorities, and those of `ca_file`, read once per process, beside them.

    Built by hand: `create_default_context` obeys SSLKEYLOGFILE from the environment. Nothing changes it
    afterwards, because threads share it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = TimedTLSSocket
    return context


def _check_again(address: str) -> None:
    """Refuse to connect to what the standard library calls private: a second opinion, beside our own table.

    It knows no allowed networks, so addresses inside one are passed over.
    """
    checked = ip_address(address)
    if not _exchange().ours and (checked.is_multicast or not checked.is_global):
        raise OutboundRefused("This address is not public.", code="address_not_public")


class _CheckedConnection(HTTPConnection):
    """A connection to the checked address: `host` is an address, and nothing here looks names up."""

    _idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        _check_again(self.host)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        connection = TimedSocket(family, socket.SOCK_STREAM)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_exchange().connect_left_s())
            connection.connect((self.host, self.port))
        except TimeoutError as late:
            connection.close()
            raise ConnectTimeoutError(self, "The address did not answer in time.") from late
        except OSError as failure:
            connection.close()
            raise NewConnectionError(self, f"The address cannot be reached: {failure}") from failure
        return connection

    def getresponse(self) -> Any:
        connection = self.sock
        try:
            response = super().getresponse()
        except BaseException:
            # What http.client had begun to read may still hold the socket open; this closes it for good.
            socket.close(connection.detach())
            raise
        self._idle_since = time.monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._idle_since < _LONGEST_IDLE_S


class _CheckedTLSConnection(_CheckedConnection, HTTPSConnection):
    def connect(self) -> None:
        # urllib3's own connect() alters the shared context on every connection, which races between threads,
        # and knows proxies. The certificate is checked by OpenSSL, against the name.
        assert self.ssl_context is not None  # noqa: S101  # for the type checker: the pool always gives it.
        connection = self._new_conn()
        try:
            self.sock = self.ssl_context.wrap_socket(connection, server_hostname=self.server_hostname)
        except BaseException:
            connection.close()
            raise
        self.is_verified = True


class _CheckedPool(HTTPConnectionPool):
    ConnectionCls = _CheckedConnection


class _CheckedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTLSConnection


class CheckedPools(PoolManager):
    """Connections to checked addresses, kept per address, port and server name."""

    def __init__(self, context: ssl.SSLContext, *, timeout_s: float) -> None:
        super().__init__(_POOLS, maxsize=_IDLE_PER_POOL, timeout=timeout_s, retries=Retry(False))
        self.pool_classes_by_scheme = {"http": _CheckedPool, "https": _CheckedTLSPool}
        self._context = context

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None, exchange: Exchange
    ) -> BaseHTTPResponse:
        """Send one request, once, to the exchange's address; a redirect is an answer. The body is yet to be read."""
        tls = {"ssl_context": self._context, "server_hostname": exchange.server_name}
        pool = self.connection_from_host(
            exchange.address, exchange.port, exchange.scheme, pool_kwargs=tls if exchange.scheme == "https" else None
        )
        return pool.urlopen(
            method,
            path,
            body=body,
            headers={**headers, "Host": exchange.host_header},
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
