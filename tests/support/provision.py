"""Provisioning: installs the programs that the tests need and that are missing.

Run by `python3 run.py test` as a step of its own, so that an installation is seen and never hides inside a test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.remote.redis.embedded import find_server

from .binaries import (
    JAVASCRIPT,
    JAVASCRIPT_SOURCE,
    NO_CHROMIUM,
    NO_NODE,
    NO_PGBOUNCER,
    NO_PHP,
    NO_POSTGRES,
    NO_SYSTEMD,
    POSTGRES_USER,
    PROGRAMS,
    ProvisionError,
    find_chromium,
    find_javascript,
    find_node,
    find_pgbouncer,
    find_php,
    find_postgres,
    find_service,
)
from .checks import print_line

# Debian creates and starts a cluster with the package unless this file forbids it.
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")
NO_CLUSTER = "create_main_cluster = false\n"
# Another apt may be running on a machine that has just started.
APT_GET = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
INSTALL = [*APT_GET, "install", "--yes", "--no-install-recommends"]


def provide_postgres() -> str:
    """Make sure that the tests find PostgreSQL; return where. Raises `ProvisionError` where they cannot."""
    if os.environ.get("TEST_DATABASE_URL"):
        return "PostgreSQL: the server of TEST_DATABASE_URL"
    if find_postgres() is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise ProvisionError(NO_POSTGRES)
        install_postgres()
    folder = find_postgres()
    if folder is None:
        raise ProvisionError("PostgreSQL was installed, and its programs were not found afterwards.")
    if os.geteuid() == 0:
        provide_user()
    return f"PostgreSQL: a private cluster of {folder}"


def install_postgres() -> None:
    """Install Debian's package without letting it make or start a cluster of its own."""
    print_line("installing PostgreSQL with apt-get …")
    apt([*APT_GET, "update"])
    apt([*INSTALL, "postgresql-common"])
    forbid_default_cluster()
    apt([*INSTALL, "postgresql"])


def forbid_default_cluster() -> None:
    """Tell Debian's scripts to make no cluster, and leave the administrator's other settings as they are."""
    settings = CLUSTER_SETTINGS.read_text() if CLUSTER_SETTINGS.exists() else ""
    CLUSTER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    others = [line for line in settings.splitlines(keepends=True) if "create_main_cluster" not in line]
    CLUSTER_SETTINGS.write_text("".join(others) + NO_CLUSTER)


def provide_user() -> None:
    """PostgreSQL refuses root, and not every package brings the account that runs it."""
    try:
        pwd.getpwnam(POSTGRES_USER)
    except KeyError:
        run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", POSTGRES_USER])


def install(label: str, *packages: str, otherwise: str) -> None:
    """Install packages of Debian. Raises `ProvisionError` with the sentence `otherwise` where that is not possible."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ProvisionError(otherwise)
    print_line(f"installing {label} with apt-get …")
    apt([*APT_GET, "update"])
    apt([*INSTALL, *packages])


def apt(command: list[str], *, cwd: str | None = None) -> None:
    # Debian's packages must not ask questions.
    run(command, cwd=cwd, DEBIAN_FRONTEND="noninteractive", UCF_FORCE_CONFFOLD="1", LC_ALL="C.UTF-8")


def run(command: list[str], *, cwd: str | None = None, **environment: str) -> None:
    """Run a command, with its output in the error if it fails. Raises `ProvisionError` with its end."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise ProvisionError(f"{' '.join(command)} failed:\n{done.stdout.strip()[-1500:]}")


def provide_chromium() -> str:
    """Make sure that the tests find a browser; return which. Raises `ProvisionError`, a sentence, where they cannot."""
    if find_chromium() is None:
        if "TEST_CHROMIUM" in os.environ:
            raise ProvisionError(NO_CHROMIUM)
        install("Chromium", "chromium", "fonts-liberation", otherwise=NO_CHROMIUM)
    found = find_chromium()
    if found is None:
        raise ProvisionError("Chromium was installed, and its program was not found afterwards.")
    return f"Chromium: {found}"


def provide_pgbouncer() -> str:
    """Make sure that the tests find PgBouncer; return where. Raises `ProvisionError`, a sentence, where they cannot."""
    if find_pgbouncer() is None:
        install("PgBouncer", "pgbouncer", otherwise=NO_PGBOUNCER)
    found = find_pgbouncer()
    if found is None:
        raise ProvisionError("PgBouncer was installed, and its program was not found afterwards.")
    return f"PgBouncer: {found}"


def provide_service(name: str) -> str:
    """Make sure that the tests find the program of a service. Raises `ProvisionError` where they cannot.

    Debian's package is unpacked and not installed: installed, it would serve a port of this machine.
    """
    if find_service(name) is None and shutil.which("apt-get") is not None:
        print_line(f"unpacking {name} …")
        unpack(name)
    found = find_service(name)
    if found is None:
        raise ProvisionError(f"The tests need {name} and found none: install it (Debian: apt-get install {name}).")
    return f"{name}: {found}"


def unpack(package: str) -> None:
    """Download a package of Debian and unpack it below `PROGRAMS`."""
    with tempfile.TemporaryDirectory(prefix="mh-package-") as folder:
        Path(folder).chmod(0o755)  # apt downloads as a user of its own.
        if os.geteuid() == 0:
            apt([*APT_GET, "update"])
        apt([*APT_GET, "download", package], cwd=folder)
        (archive,) = Path(folder).glob("*.deb")
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        run(["dpkg-deb", "--extract", str(archive), str(PROGRAMS / package)])


def provide_systemd() -> str:
    """Make sure that the tests find `systemd-analyze`. Raises `ProvisionError` where they cannot."""
    if shutil.which("systemd-analyze") is None:
        install("systemd", "systemd", otherwise=NO_SYSTEMD)
    found = shutil.which("systemd-analyze")
    if found is None:
        raise ProvisionError(NO_SYSTEMD)
    return f"systemd: {found}"


def provide_php() -> str:
    """Make sure that the tests find PHP; return which. Raises `ProvisionError`, a sentence, where they cannot."""
    if find_php() is None:
        install("PHP", "php-cli", "php-xml", "php-curl", otherwise=NO_PHP)
    found = find_php()
    if found is None:
        raise ProvisionError("PHP was installed, and its program was not found afterwards.")
    return f"PHP: {found}"


def provide_javascript() -> str:
    """Make sure that the tests find the libraries of `tests/receivers`. Raises `ProvisionError` where they cannot."""
    if find_node() is None:
        install("Node.js", "nodejs", "npm", otherwise=NO_NODE)
    if find_javascript() is None:
        print_line("installing the JavaScript libraries of tests/receivers with npm …")
        install_javascript()
    return f"JavaScript libraries: {JAVASCRIPT}"


def install_javascript() -> None:
    """Install exactly what the lock names, by its hashes, and run no script of a package."""
    JAVASCRIPT.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(JAVASCRIPT_SOURCE / name, JAVASCRIPT / name)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=str(JAVASCRIPT))
    shutil.copyfile(JAVASCRIPT / "package-lock.json", JAVASCRIPT / "installed.lock")


def provide_redis() -> str:
    """Return which Redis-compatible server the tests use. Raises `ConfigurationError` when there is none."""
    if os.environ.get("TEST_REDIS_URL"):
        return "Redis: the server of TEST_REDIS_URL"
    return f"Redis: a private server of {find_server()}"


if __name__ == "__main__":
    try:
        print_line(provide_postgres())
        print_line(provide_pgbouncer())
        print_line(provide_redis())
        print_line(provide_chromium())
        print_line(provide_service("nginx"))
        print_line(provide_service("prometheus"))
        print_line(provide_systemd())
        print_line(provide_php())
        print_line(provide_javascript())
    except (ProvisionError, ConfigurationError) as problem:
        sys.exit(str(problem))
