"""Fake shops to inspect, in their own process, that answer after a fixed time."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from marketplace_hooks.demo.fake_shops.faults import SLOW_PAUSES
from marketplace_hooks.demo.fake_shops.server import FakeShop, Fault, Module, Server, Shop

from .stack import ROOT

MODULE = "shipping"


@contextlib.contextmanager
def shops(count: int, answer_s: float) -> Iterator[list[str]]:
    """`count` shops that answer every request after `answer_s`; yields their addresses."""
    command = [sys.executable, "-m", "benchmarks.fake_shops", str(count), str(answer_s)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        if serving.stdin is None or serving.stdout is None:
            raise RuntimeError("no pipes")
        try:
            yield json.loads(serving.stdout.readline())
        finally:
            serving.stdin.close()


def main() -> None:
    """Serve until standard input ends."""
    count = int(sys.argv[1])
    answer_s = float(sys.argv[2])
    shop = Shop(
        version="8.2.7",
        server=Server.NGINX,
        modules=[Module(name=MODULE, version="2.1.0")],
        fault=Fault.SLOW,
        pause_s=answer_s / SLOW_PAUSES,
    )
    with contextlib.ExitStack() as stack:
        sites = [stack.enter_context(FakeShop(shop).start()) for _ in range(count)]
        print(json.dumps([site.url for site in sites]), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
