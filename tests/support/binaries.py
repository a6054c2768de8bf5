"""Programs on this machine that the tests need: PostgreSQL, Chromium, PHP, Node.js …, and who may run PostgreSQL.

Standard library only: the provisioning step looks for the same programs before any test runs.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

NO_POSTGRES = (
    "The tests need PostgreSQL and found none: install it (Debian: apt-get install postgresql; "
    "macOS: brew install postgresql), or set TEST_DATABASE_URL to a server where the user may create databases."
)
POSTGRES_USER = "postgres"
NO_PGBOUNCER = "The tests need PgBouncer and found none: install it (Debian: apt-get install pgbouncer; macOS: brew)."
NO_CHROMIUM = (
    "The tests need Chromium and found none: install it (Debian: apt-get install chromium), or set TEST_CHROMIUM to "
    "the path of a Chromium or Chrome."
)
PROGRAMS = Path(sys.prefix) / "share" / "test-programs"
"""Where programs are unpacked that tests start and that must not be installed as services of this machine."""
NO_SYSTEMD = "The tests need systemd-analyze and found none: install it (Debian: apt-get install systemd)."
NO_PHP = (
    "The tests need PHP on the command line with SimpleXML and curl, and found none: install it (Debian: apt-get "
    "install php-cli php-xml php-curl; macOS: brew install php)."
)
NO_NODE = (
    "The tests need Node.js with npm and found none: install them (Debian: apt-get install nodejs npm; macOS: brew)."
)
NO_JAVASCRIPT = (
    "The tests need the JavaScript libraries of tests/receivers, and they are not installed: run "
    "`python3 -m tests.support.provision` in the environment of the tests, which fetches them with npm."
)
JAVASCRIPT_SOURCE = Path(__file__).parents[1] / "receivers"
JAVASCRIPT = PROGRAMS / "receivers"
"""Where `npm` installs what `tests/receivers/package-lock.json` names."""
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class ProvisionError(RuntimeError):
    """A server or program that a test needs is not available. The message says what to do."""


def find_postgres() -> Path | None:
    """The folder that holds both `initdb` and `postgres`, the newest version first; None when there is none."""
    for folder in [*_debian_folders(), *_path_folders()]:
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            return folder
    return None


def find_pgbouncer() -> str | None:
    """The program of PgBouncer; None when there is none. Debian keeps it off an ordinary user's path."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


def find_chromium() -> Path | None:
    """The browser of `TEST_CHROMIUM`, else of this machine; None when there is none."""
    named = [os.environ["TEST_CHROMIUM"]] if "TEST_CHROMIUM" in os.environ else list(CHROMIUMS)
    found = next((path for path in map(shutil.which, named) if path), None)
    return Path(found) if found else None


def find_php() -> str | None:
    """PHP's command line, when it has what the companion's tests use; None when there is none."""
    php = shutil.which("php")
    if php is None:
        return None
    modules = subprocess.run([php, "-m"], capture_output=True, text=True, check=False).stdout.split()
    return php if {"SimpleXML", "curl"} <= set(modules) else None


def find_node() -> str | None:
    """Node.js, when npm is there too; None when there is none."""
    return shutil.which("node") if shutil.which("npm") else None


def find_javascript() -> Path | None:
    """The folder with the JavaScript libraries, when they are those of the lock; None when they are not."""
    lock = JAVASCRIPT_SOURCE / "package-lock.json"
    installed = JAVASCRIPT / "installed.lock"
    return JAVASCRIPT if installed.exists() and installed.read_bytes() == lock.read_bytes() else None


def find_service(name: str) -> Path | None:
    """The program of a service: of this machine, or as the provisioning step unpacked it; None when there is none."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    unpacked = (PROGRAMS / name / folder / name for folder in ("usr/sbin", "usr/bin"))
    return Path(found) if found else next((path for path in unpacked if path.exists()), None)


def postgres_account() -> pwd.struct_passwd | None:
    """The account that runs PostgreSQL, which refuses root; None when this process is not root and needs no other.

    Raises `ProvisionError` when we are root and the account is missing.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(POSTGRES_USER)
    except KeyError:
        raise ProvisionError(
            "PostgreSQL does not run as root, and there is no user postgres: run `python3 run.py test` once, "
            "which creates it, or set TEST_DATABASE_URL."
        ) from None


def _debian_folders() -> list[Path]:
    """Debian keeps `initdb` off the path, in one folder per major version."""

    def version(folder: Path) -> int:
        found = re.fullmatch(r"\d+", folder.parent.name)
        return int(found.group()) if found else 0

    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)


def _path_folders() -> list[Path]:
    found = shutil.which("initdb")
    return [Path(found).parent, Path(found).resolve().parent] if found else []
