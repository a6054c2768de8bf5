"""Receiver of the benchmark of deliveries: answers every request with 204 at once, or takes it and never answers.

`python -m benchmarks.receiver` prints its port, and serves until it is stopped.
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
HANGS = "--hangs"


class Receiving(asyncio.Protocol):
    """One connection, which is kept. A request ends where its `Content-Length` says."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing received."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self.received += data
        while (head_ends := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:head_ends].lower() + b"\r\n"
            after_name = head.partition(b"content-length:")[2]
            ends = head_ends + 4 + int(after_name.partition(b"\r\n")[0] or b"0")
            if len(self.received) < ends:
                return
            self.received = self.received[ends:]
            self.transport.write(ANSWER)


class Hanging(asyncio.Protocol):
    """One connection that is never answered."""


async def serve(protocol: type[asyncio.Protocol]) -> None:
    """Serve on a free loopback port."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Hanging if HANGS in sys.argv else Receiving))
