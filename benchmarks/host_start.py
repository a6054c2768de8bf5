"""Start of a host: what our extension adds to it in CPU and memory, beside the same host without it.

    python -m benchmarks.host_start

Each figure is the median of fresh processes; the bare host, Flask with Flask-SQLAlchemy, runs in the same minute. The
first start of each, which compiles modules, is not counted.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile

RUNS = 7
BARE = """
import sys, time
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask("host")
app.config.update(
    SECRET_KEY="a secret of the host's",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{sys.argv[1]}/host.db",
    MARKETPLACE_HOOKS_INSTANCE=sys.argv[1],
)
db = SQLAlchemy(app)
"""
OURS = """
from marketplace_hooks import MarketplaceHooks

MarketplaceHooks(app, db=db)
"""
FIGURES = """
with open("/proc/self/status") as status:
    [kib] = [line.split()[1] for line in status if line.startswith("VmRSS:")]
print(time.process_time(), int(kib) / 1024)
"""


def start(program: str) -> tuple[float, float]:
    """CPU seconds and resident MiB of one fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", program, folder]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu_s, mib = map(float, output.split())
    return cpu_s, mib


def main() -> None:
    """Measure both in turn, and print both and their difference."""
    programs = {"bare host": BARE + FIGURES, "with marketplace_hooks": BARE + OURS + FIGURES}
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for run in range(RUNS + 1):
        for name, program in programs.items():
            figure = start(program)
            if run > 0:
                figures[name].append(figure)
    medians = {name: [statistics.median(one) for one in zip(*found, strict=True)] for name, found in figures.items()}
    for name, (cpu_s, mib) in medians.items():
        print(f"{name:<24}{cpu_s:8.2f} s CPU {mib:8.1f} MiB")
    (bare_s, bare_mib), (ours_s, ours_mib) = medians.values()
    print(f"{'added':<24}{ours_s - bare_s:8.2f} s CPU {ours_mib - bare_mib:8.1f} MiB")


if __name__ == "__main__":
    main()
