"""Load generator in its own process: prepares every request first, then only writes and reads sockets.

Reads its order as one line of JSON, prints `ready`, starts at the next line, and prints the result. With a
rate it posts at fixed instants whatever the server does, and measures from those instants: waiting for the
server counts.
"""

from __future__ import annotations

import json
import re
import secrets
import select
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

from marketplace_hooks.remote.signatures import signed_headers

from .stack import ROOT

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Order:
    """Post `count` unique signed events over `connections`, as fast as answers come, or at `rate_per_s`.

    With `queries`, send GET requests instead: `path` with each of these in turn, as the holder of the token `secret`.
    """

    port: int
    path: str
    secret: str
    count: int
    connections: int
    rate_per_s: float | None = None
    queries: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """The result of an order. Latencies are sorted by arrival; `own_cpu` is the generator's share of one core."""

    took_s: float
    statuses: dict[str, int]
    latencies_ms: list[float]
    own_cpu: float

    @property
    def rate_per_s(self) -> float:
        """Answers per second."""
        return sum(self.statuses.values()) / self.took_s


def post(order: Order) -> LoadResult:
    """Run the order in its own process. Raises when an answer was not 202, or not 200 to a query."""
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as generator:
        if generator.stdin is None or generator.stdout is None:
            raise RuntimeError("no pipes")
        print(json.dumps(asdict(order)), file=generator.stdin, flush=True)
        if generator.stdout.readline() != "ready\n":
            raise RuntimeError("the load generator did not start")
        print("go", file=generator.stdin, flush=True)
        answered = LoadResult(**json.loads(generator.stdout.readline()))
    if set(answered.statuses) != {"200" if order.queries else "202"}:
        raise RuntimeError(f"not everything was answered as it should be: {answered.statuses}")
    return answered


def queries_of(order: Order) -> deque[bytes]:
    """Every GET request as bytes."""
    rest = f" HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nAuthorization: Bearer {order.secret}\r\n\r\n"
    requests = [f"GET {order.path}?{query}{rest}".encode() for query in order.queries]
    return deque(islice(cycle(requests), order.count))


def requests_of(order: Order) -> deque[bytes]:
    """Every request as bytes."""
    if order.queries:
        return queries_of(order)
    now = datetime.now(UTC)
    made = deque[bytes]()
    run = secrets.token_hex(6)
    for number in range(order.count):
        body = json.dumps(
            {
                "type": "product.status_changed",
                "timestamp": "2026-03-02T09:00:00Z",
                "data": {
                    "product_id": f"mod-{number % 5000:05}",
                    "status": "offline_temporary" if number % 2 == 0 else "online",
                    "actor": "seller",
                    "reason": "A défaut was found in the last release; the fix is under way and will be there soon.",
                    "effective_at": None,
                    "version": number + 1,
                },
            },
            ensure_ascii=False,
        ).encode()
        headers = {
            "Host": f"127.0.0.1:{order.port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **signed_headers(f"evt_{run}_{number}", now, body, [order.secret]),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"POST {order.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return made


class Generator:
    """Keep-alive connections and one loop over them; a connection has one request under way at most."""

    def __init__(self, order: Order) -> None:
        self.unsent_requests = requests_of(order)
        self.interval_s = None if order.rate_per_s is None else 1 / order.rate_per_s
        self.left = order.count
        self.idle = [socket.create_connection(("127.0.0.1", order.port)) for _ in range(order.connections)]
        for connection in self.idle:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun: dict[socket.socket, float] = {}
        self.partial: dict[socket.socket, bytes] = {}
        self.statuses: Counter[str] = Counter()
        self.latencies_ms: list[float] = []

    def run(self) -> dict[str, Any]:
        """Post everything; the fields of `LoadResult`."""
        cpu_s = time.process_time()
        started_s = time.perf_counter()
        due_s = started_s
        while self.left:
            now_s = time.perf_counter()
            while self.unsent_requests and self.idle and (self.interval_s is None or due_s <= now_s):
                self._send(due_s if self.interval_s is not None else time.perf_counter())
                due_s += self.interval_s or 0.0
            timeout_s = None
            if self.interval_s is not None and self.unsent_requests and self.idle:
                timeout_s = max(0.0, due_s - time.perf_counter())
            for connection in select.select(list(self.begun), (), (), timeout_s)[0]:
                self._receive(connection)
        took_s = time.perf_counter() - started_s
        own_cpu = (time.process_time() - cpu_s) / took_s
        statuses = dict(self.statuses)  # dataclasses cannot copy a Counter.
        return asdict(LoadResult(took_s=took_s, statuses=statuses, latencies_ms=self.latencies_ms, own_cpu=own_cpu))

    def _send(self, begun_s: float) -> None:
        connection = self.idle.pop()
        connection.sendall(self.unsent_requests.popleft())
        self.begun[connection] = begun_s

    def _receive(self, connection: socket.socket) -> None:
        got = connection.recv(65_536)
        if not got:
            raise ConnectionError("the server closed a connection")
        answer = self.partial.pop(connection, b"") + got
        head, end, body = answer.partition(_HEAD_END)
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length.group(1))):
            self.partial[connection] = answer
            return
        self.latencies_ms.append((time.perf_counter() - self.begun.pop(connection)) * 1000)
        self.statuses[head[9:12].decode()] += 1
        self.left -= 1
        self.idle.append(connection)


def main() -> None:
    """Order in, `ready` out, `go` in, answer out."""
    generator = Generator(Order(**json.loads(sys.stdin.readline())))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(generator.run()), flush=True)


if __name__ == "__main__":
    main()
