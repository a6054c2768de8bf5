"""Three merchant sites on loopback for the demo to inspect: PrestaShop 1.7, 8 and 9.

`python -m marketplace_hooks.demo.fake_shops.serve FIRST_PORT` serves them on three ports, until SIGTERM.
"""

from __future__ import annotations

import sys

from ...remote.stop_request import StopRequest
from .model import Module, Shop
from .server import FakeShop

VERSIONS = ("1.7.8.11", "8.2.1", "9.0.0")


def demo_shops() -> list[Shop]:
    """One shop for each version, with the demo's modules; the 9 also has an Admin API."""
    modules = (Module(name="nubeonepage", version="2.3.1"), Module(name="ps_emailsubscription", version="2.8.0"))
    return [Shop(version=version, modules=modules) for version in VERSIONS]


def main() -> None:
    """Serve them until the end is asked for."""
    stopping = StopRequest()
    stopping.listen()
    shops = [FakeShop(shop, port=int(sys.argv[1]) + number).start() for number, shop in enumerate(demo_shops())]
    stopping.wait()
    for shop in shops:
        shop.stop()


if __name__ == "__main__":
    main()
