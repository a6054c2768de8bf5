"""`docs/production.md` followed as it is printed, from the first command to the last, in a folder of its own.

Real are Python, pip, OpenSSL, the database, Redis, nginx and every process of the service. Stand-ins take the place of
what would change this machine: packages, accounts, the service manager and the certificate authority (`stand_ins.py`).
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from ..support.binaries import find_postgres, find_service
from ..support.followed_page import copy_tree
from ..support.ports import free_port
from ..support.postgres import Postgres
from ..support.redis import RedisServer
from ..support.source_tree import ROOT

GUIDE = ROOT / "docs" / "production.md"
STAND_INS = Path(__file__).with_name("stand_ins.py")
REPLACED = ("apt-get", "useradd", "su", "pg_conftool", "systemd-run", "systemctl", "certbot", "nginx", "curl")
NGINX = """
pid {root}/nginx.pid;
error_log {root}/nginx-error.log;
user root;
events {{}}
http {{
    access_log off;
    client_body_temp_path {root}/bodies;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/etc/nginx/conf.d/*.conf;
}}
daemon off;
master_process off;
"""


class Machine:
    """A folder that is the root of the machine of the guide, with a checkout in it."""

    def __init__(self, root: Path, postgres: Postgres, redis: RedisServer) -> None:
        self.root = root
        self.port = free_port(3)
        self.checkout = copy_tree(root / "checkout")
        server = make_url(postgres.url_for("postgres", tcp=True))
        # Longer names first: /etc/ stands in none of the others.
        self.replaced = {
            "listen 80;": f"listen 127.0.0.1:{self.port + 1};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            "/opt/marketplace-hooks": f"{root}/opt/marketplace-hooks",
            "/var/lib/marketplace-hooks": f"{root}/var/lib/marketplace-hooks",
            "/var/www/html": f"{root}/var/www/html",
            "/usr/local/sbin": f"{root}/usr/local/sbin",
            "127.0.0.1:8000": f"127.0.0.1:{self.port + 2}",
            "redis://127.0.0.1:6379/0": redis.url,
            "@127.0.0.1/marketplace_hooks": f"@127.0.0.1:{server.port}/marketplace_hooks",
        }
        for path in (self.checkout / "deploy").rglob("*"):
            if path.is_file() and path.suffix != ".lock":
                path.write_text(self.on_this_machine(path.read_text(encoding="utf-8")), encoding="utf-8")
        (root / "etc/nginx/conf.d").mkdir(parents=True)
        (root / "etc/systemd/system").mkdir(parents=True)
        (root / "usr/local/sbin").mkdir(parents=True)
        (root / "etc/nginx/nginx.conf").write_text(NGINX.format(root=root), encoding="utf-8")
        self.environment = self._environment(postgres, str(server.username), str(server.password))

    def on_this_machine(self, text: str) -> str:
        """A printed text with this machine's folders and ports."""
        for printed, actual in self.replaced.items():
            text = text.replace(printed, actual)
        return re.sub(r"(?<![\w/])/etc/", f"{self.root}/etc/", text)

    def run(self, script: str) -> str:
        """Run commands as one shell would; return what they printed. Fails when one of them does."""
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{self.on_this_machine(script)}"],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        logs = [f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in self.root.glob("*.log")]
        assert done.returncode == 0, "\n".join([done.stdout[-3000:], done.stderr[-3000:], *logs])
        return done.stdout

    def close(self) -> None:
        """Stop every service that the guide started."""
        pids = [int(path.read_text()) for path in self.root.glob("*.pid")]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)

    def _environment(self, postgres: Postgres, user: str, password: str) -> dict[str, str]:
        programs = self.root / "programs"
        programs.mkdir()
        for name in REPLACED:
            (programs / name).write_text(
                f"#!{sys.executable}\n{STAND_INS.read_text(encoding='utf-8')}", encoding="utf-8"
            )
            (programs / name).chmod(0o755)
        port = make_url(postgres.url_for("postgres", tcp=True)).port
        ahead = [programs, self.root / "usr/local/sbin", find_postgres()]
        path = os.pathsep.join([*map(str, ahead), os.environ["PATH"]])
        ours = {"GUIDE_ROOT": str(self.root), "GUIDE_NGINX": str(find_service("nginx")), "GUIDE_PORT": str(self.port)}
        database = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": user, "PGPASSWORD": password}
        ours["PIP_NO_COMPILE"] = "1"  # what is imported is compiled then, and most of it never is.
        foreign = ("MARKETPLACE_HOOKS_", "PYTHON", "VIRTUAL_ENV")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {**inherited, **ours, **database, "PATH": path}


@pytest.fixture
def machine(tmp_path: Path, restartable_postgres: Postgres, private_redis: RedisServer) -> Iterator[Machine]:
    made = Machine(tmp_path, restartable_postgres, private_redis)
    yield made
    made.close()


def printed_commands() -> list[str]:
    """The blocks of commands of the guide, in their order; the last one is for a later day."""
    return re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@contextmanager
def answers_meanwhile(machine: Machine) -> Iterator[Counter[int]]:
    """How often nginx answers with each status while the block runs."""
    statuses: Counter[int] = Counter()
    is_over = threading.Event()
    context = ssl._create_unverified_context()

    def ask() -> None:
        while not is_over.wait(0.05):
            with closing(http.client.HTTPSConnection("127.0.0.1", machine.port, timeout=60, context=context)) as asked:
                asked.request("GET", "/healthz", headers={"Host": "hooks.example.com"})
                statuses[asked.getresponse().status] += 1

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(ask)
        try:
            yield statuses
        finally:
            is_over.set()
        running.result()


def test_the_guide_leads_to_a_service_that_doctor_finds_healthy(machine: Machine) -> None:
    *install, check, upgrade = printed_commands()
    output = machine.run("\n".join([*install, check]))
    assert re.search(r"token +\S{20,}", output), output
    assert (machine.root / "etc/marketplace-hooks/environment").stat().st_mode & 0o777 == 0o600
    # A later day, in a new shell: the upgrade, of the installation as it stands. Another process serves afterwards.
    web = machine.root / "marketplace-hooks-web.pid"
    before = web.read_text()
    with answers_meanwhile(machine) as statuses:
        machine.run(f"{upgrade}\ncurl --fail https://hooks.example.com/readyz")
    assert web.read_text() != before
    assert set(statuses) == {200}
