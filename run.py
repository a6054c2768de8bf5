#!/usr/bin/env python3
"""The two commands of the README: `python3 run.py` shows the demo, `python3 run.py test` checks everything.

Standard library only, and readable by older Pythons than we need, so that they can say so. It makes `.venv`,
installs exactly what `requirements.lock` names, and hands over.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HELP = """\
usage: python3 run.py [demo] [options of `marketplace-hooks up`]
       python3 run.py test [options of pytest]
       python3 run.py setup

  python3 run.py                        make the environment and show the demo marketplace
  python3 run.py --port 9000            the same on another port
  python3 run.py test                   every check: style, types, layers, tests on real servers
  python3 run.py test tests/domain -k pack   every check, but only these tests
  python3 run.py setup                  only make the environment, in .venv

The first run downloads packages (about a minute); later runs start at once.

The tests bring their own PostgreSQL and Redis-compatible server. PostgreSQL comes from this machine; as root on
Debian or Ubuntu it is installed where it is missing. To use servers of yours instead:
  TEST_DATABASE_URL=postgresql://user:secret@host/database   the user may create databases
  TEST_REDIS_URL=redis://host:6379/15                        this database is emptied
"""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMP = VENV / "installed.json"
OLDEST = (3, 11)
# Variables of the caller's environment that would change which code or which tests run.
IGNORED_PREFIXES = ("PYTHON", "PYTEST_", "VIRTUAL_ENV", "__PYVENV", "CONDA_PREFIX", "MYPYPATH")
IGNORED_PIP_VARIABLES = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_DEPS")


def main(arguments: list[str]) -> None:
    """Do what the command line says; ends by becoming the program that was asked for."""
    command, rest = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0][:1] != "-" else ("demo", arguments)
    if command == "help" or arguments[:1] in (["-h"], ["--help"]) or (command == "test" and "--help" in rest):
        print(HELP, end="")
        return
    if command not in ("demo", "test", "setup"):
        stop(f"there is no command {command!r}: see python3 run.py --help")
    use_a_python_that_is_new_enough()
    set_up()
    rest = rest[1:] if rest[:1] == ["--"] else rest
    if command == "demo":
        say(" ".join(["starting", "marketplace-hooks", "up", "--demo", *rest]))
        become([str(BIN / "marketplace-hooks"), "up", "--demo", *rest])
    elif command == "test":
        become([str(BIN / "python"), "-m", "tests.support.checks", *rest])


def become(command: list[str]) -> None:
    """Replace this process by the program, which then gets the signals and sets the exit status."""
    os.chdir(ROOT)
    os.execve(command[0], command, clean_environment())


def say(line: str) -> None:
    print(f"run.py: {line}", flush=True)


def stop(sentence: str) -> None:
    """End with a sentence for a person, not with a traceback."""
    raise SystemExit(f"run.py: {sentence}")


def use_a_python_that_is_new_enough() -> None:
    """Go on in a newer Python of this machine when we were started by an old one, or say what is missing."""
    if os.name != "posix":
        stop("this runs on Linux and macOS; on Windows, run it inside WSL.")
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        works = newer and subprocess.run([newer, "--version"], capture_output=True, check=False).returncode == 0
        if newer and works:
            say(f"{sys.executable} is Python {sys.version_info[0]}.{sys.version_info[1]}; going on with {newer}")
            os.execv(newer, [newer, *sys.argv])
    stop(
        f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, and this is {sys.version.split()[0]}. "
        "Install a newer one and start run.py with it: python3.12 run.py"
    )


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would make the same commit behave differently."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(IGNORED_PREFIXES)}
    for name in IGNORED_PIP_VARIABLES:
        environment.pop(name, None)
    return {
        **environment,
        "PATH": f"{BIN}:{environment.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(VENV),
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def set_up() -> None:
    """Install exactly what the lock names, and this checkout, into `.venv`, unless its stamp says that this is done."""
    expected = {
        "lock": hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest(),
        "project": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
        "python": sys.version,
        "place": str(VENV),  # scripts and the editable install name it: a moved checkout is set up again.
    }
    try:
        installed = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        installed = {}
    if installed == expected and runs([str(BIN / "python"), "-c", ""]):
        return
    STAMP.unlink(missing_ok=True)
    same_python = [str(BIN / "python"), "-c", f"import sys; sys.exit(sys.version != {sys.version!r})"]
    if installed.get("place", str(VENV)) != str(VENV) or not runs(same_python):
        make_venv()
    lock = ["--require-hashes", "--only-binary=:all:", "--requirement", "requirements.lock"]
    install("the packages of requirements.lock", *lock)
    # Built with the setuptools of the lock, not with one fetched for the occasion.
    install("this checkout", "--no-build-isolation", "--no-deps", "--editable", ".")
    STAMP.write_text(json.dumps(expected))


def runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, env=clean_environment(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Make an empty `.venv` of the Python that runs this file."""
    started_s = time.monotonic()
    command = [sys.executable, "-m", "venv", "--clear", *([] if has("ensurepip") else ["--without-pip"]), str(VENV)]
    if not has("venv") or not (has("ensurepip") or has("pip")):
        stop(
            f"this Python ({sys.executable}) cannot make environments: its module venv or ensurepip is missing. "
            "On Debian and Ubuntu: apt-get install python3-venv"
        )
    result = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        stop(f"{VENV} could not be made: {(result.stderr or result.stdout).strip()}")
    say(f"made .venv with Python {sys.version.split()[0]} in {time.monotonic() - started_s:.0f} s")


def has(module: str) -> bool:
    """Whether this Python can import a module: Debian packages `ensurepip` and `pip` separately."""
    return runs([sys.executable, "-c", f"import {module}"])


def pip() -> list[str]:
    """The command line of a pip that installs into `.venv`: its own, or this Python's where it has none."""
    own = [str(BIN / "python"), "-m", "pip"]
    return own if runs([*own, "--version"]) else [sys.executable, "-m", "pip", "--python", str(BIN / "python")]


def install(what: str, *arguments: str) -> None:
    say(f"installing {what} …")
    started_s = time.monotonic()
    result = subprocess.run(
        [*pip(), "install", "--quiet", "--progress-bar=off", *arguments],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        stop(f"{why_pip_failed(result.stderr)}\n\npip said:\n" + "\n".join(result.stderr.strip().splitlines()[-12:]))
    say(f"installed {what} in {time.monotonic() - started_s:.0f} s")


def why_pip_failed(output: str) -> str:
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in output:
        return "a downloaded package is not the one that requirements.lock names, and was not installed."
    if any(
        sign in output for sign in ("connection broken", "NewConnectionError", "ProxyError", "SSLError", "timed out")
    ):
        return "pip cannot reach a package index: check the network, the proxy, or pip's own configuration."
    if "No matching distribution" in output:
        return (
            "pip's package index has no ready-made package of what requirements.lock names for this machine "
            f"(Python {sys.version.split()[0]}, {os.uname().sysname} {os.uname().machine}), or cannot be reached."
        )
    return "pip could not install."


if __name__ == "__main__":
    main(sys.argv[1:])
