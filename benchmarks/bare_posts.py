"""Floor of the benchmark of deliveries: posts signed bodies to a URL one after the other, by a bare `requests.Session`.

`python -m benchmarks.bare_posts URL FILE` reads the bodies of FILE, one a line, and prints `ready`. It posts as many as
a line of its input says, prints `done`, and waits for the next line.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import requests

from marketplace_hooks.remote.signatures import new_secret, signed_headers


def main() -> None:
    """Serve the lines of standard input."""
    url, file = sys.argv[1:]
    secret = new_secret()
    bodies = cycle(Path(file).read_bytes().splitlines())
    session = requests.Session()
    print("ready", flush=True)
    for line in sys.stdin:
        for body in islice(bodies, int(line)):
            headers = signed_headers("evt_019ac0ffee00", datetime.now(UTC), body, (secret,))
            answer = session.post(url, data=body, headers={"content-type": "application/json", **headers}, timeout=20)
            answer.raise_for_status()
        print("done", flush=True)


if __name__ == "__main__":
    main()
