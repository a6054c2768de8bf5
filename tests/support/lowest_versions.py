"""The oldest versions that `pyproject.toml` accepts: installed into an environment of their own, and tried.

    python -m tests.support.lowest_versions [PYTHON …]

For each interpreter (default: this one) the lowest version of every declared dependency is resolved by `uv`, which must
be on the path, and a selection of the tests runs with it, on both databases. Nothing of the suite runs this: it
downloads, and takes minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRIED = (
    "tests/test_embedding.py",
    "tests/test_host_transaction.py",
    "tests/test_public_python.py",
    "tests/config",
    "tests/database/test_failures.py",
    "tests/remote/redis",
    "tests/services/support/test_moves.py",
    "tests/web/api/test_document.py",
    "tests/web/api/test_statuses.py",
    "tests/web/case_file",
    "tests/web/sign_in/test_openid.py",
    "tests/web/test_webhooks.py",
)
"""Doors of every kind: webhooks, API, pages, commands, Python, PDF, Redis, sign-in."""


def try_lowest(python: str, folder: Path) -> int:
    """Resolve, install and try; the exit status of the tests."""
    lock = folder / "lowest.txt"
    environment = folder / "environment"
    resolve = ["uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct", "--python-version"]
    extras = ["--extra", "all", "--extra", "dev"]
    subprocess.run([*resolve, version_of(python), *extras, "pyproject.toml", "-o", lock], cwd=ROOT, check=True)
    subprocess.run(["uv", "venv", "--quiet", "--python", python, environment], check=True)
    interpreter = environment / "bin" / "python"
    install = ["uv", "pip", "install", "--quiet", "--python", interpreter]
    subprocess.run([*install, "--requirement", lock], cwd=ROOT, check=True)
    subprocess.run([*install, "--no-deps", ROOT], check=True)
    return subprocess.run([interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TRIED], cwd=ROOT).returncode


def version_of(python: str) -> str:
    """Major and minor of an interpreter."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def main(pythons: list[str]) -> int:
    """Try each interpreter; the number of those that failed."""
    failed = 0
    for python in pythons or [sys.executable]:
        with tempfile.TemporaryDirectory(prefix="lowest-") as folder:
            failed += try_lowest(python, Path(folder)) != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
