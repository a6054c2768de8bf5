"""Servers beside the demo, on loopback: its customers' shops, a host of downloads, and a receiver of events.

`python -m marketplace_hooks.demo.fake_shops.serve FIRST_PORT` serves them from that port on, until SIGTERM.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from ...remote.stop_request import StopRequest
from ..merchant_shops import SHOPS, demo_shops
from .background_server import BackgroundServer
from .file_host import FileHost
from .model import Shop
from .receiver import Receiver
from .server import FakeShop

FILE_HOST = len(SHOPS)
"""The host of downloads is on the first port and so many."""
RECEIVER = FILE_HOST + 1


def main() -> None:
    """Serve them until the end is asked for."""
    stopping = StopRequest()
    stopping.listen()
    first_port = int(sys.argv[1])
    makers: list[Callable[[int], FakeShop | BackgroundServer]] = [
        *(partial(_shop, shop) for shop in demo_shops()),
        lambda port: FileHost(port=port),
        lambda port: Receiver(port=port),
    ]
    served = [one for number, make in enumerate(makers) if (one := _served(make, first_port + number)) is not None]
    stopping.wait()
    for one in served:
        one.stop()


def _shop(shop: Shop, port: int) -> FakeShop:
    return FakeShop(shop, port=port)


def _served(make: Callable[[int], FakeShop | BackgroundServer], port: int) -> FakeShop | BackgroundServer | None:
    """What is served on a port; None where another program has it: the others are served all the same."""
    try:
        return make(port).start()
    except OSError as error:
        print(f"port {port} cannot be served: {error.strerror}", flush=True)  # noqa: T201 - the log of `up`
        return None


if __name__ == "__main__":
    main()
