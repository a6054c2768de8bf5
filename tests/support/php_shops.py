"""PrestaShop shops on a disk, served by PHP over small stand-ins of PrestaShop's classes, with the companion installed.

The companion is unpacked from the archive that is served, so that what is tested is what merchants install.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from marketplace_hooks.remote.companion_format import COMPANION, REQUEST_SIGNATURE_HEADER, sign_request

from .binaries import NO_PHP, ProvisionError, find_php
from .companion_archive import PUBLISHED
from .ports import free_port
from .source_tree import ROOT

STAND_IN = ROOT / "tests" / "companion" / "stand_in"
NONCE = "0123456789abcdef0123456789abcdef"
STARTED_WITHIN_S = 30.0
NOBODY = "http://127.0.0.1:9"
"""Where nobody answers: unless a test says otherwise, a shop cannot fetch PrestaShop's list of files."""


@dataclass
class PhpShop:
    """One shop: its folder, the settings and the table `module` of its database, and its addresses."""

    server: PhpServer
    name: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.server.folder / self.name

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/{self.name}/"

    @property
    def key(self) -> str:
        """The key that the companion's page shows."""
        return str(self._stored("configuration")["MARKETPLACE_COMPANION_KEY"])

    @property
    def settings(self) -> Any:
        """What the shop's table of settings holds."""
        return self._stored("configuration")

    def describe(self, **facts: Any) -> None:
        """Change what is true of the shop."""
        self.facts.update(facts)
        self._store("shop", self.facts)

    def set_configuration(self, name: str, value: str) -> None:
        """Set one of the shop's settings."""
        self._store("configuration", {**self.settings, name: value})

    def write(self, path: str, content: bytes | str) -> Path:
        """Write a file of the shop."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def add_module(
        self, name: str, version: str = "1.0.0", *, row: str | None = None, shops: tuple[int, ...] | None = (1,)
    ) -> None:
        """A module on the disk; in the database, as of version `row`, enabled for these shops, unless they are None."""
        self.write(f"modules/{name}/{name}.php", f"<?php\nclass {name} {{\n        $this->version = '{version}';\n}}\n")
        if shops is not None:
            rows = self._stored("modules", [])
            self._store("modules", [*rows, {"name": name, "version": row or version, "shops": shops}])

    def ask(self, *, nonce: str = NONCE, subject: str = "", key: str | None = None, **more: Any) -> requests.Response:
        """Ask for a report as the marketplace does; `more` are headers and parameters to send instead."""
        signature = sign_request(nonce, subject, self.key if key is None else key)
        where = {"fc": "module", "module": COMPANION, "controller": "report", "nonce": nonce, "subject": subject}
        headers = {REQUEST_SIGNATURE_HEADER: signature, **more.pop("headers", {})}
        query = urlencode({**where, **more.pop("query", {})})
        url = f"{self.url}index.php?{query}"
        return requests.request(more.pop("method", "GET"), url, headers=headers, allow_redirects=False, timeout=30)

    def report(self, subject: str = "") -> dict[str, Any]:
        """The report on a module."""
        answer = self.ask(subject=subject)
        assert answer.status_code == 200, (answer.text, self.server.complaints())
        content: dict[str, Any] = answer.json()
        return content

    def back_office(self, *, lang: str = "en", act: str = "configure", **form: str) -> str:
        """The companion's page in the back office, opened, or after one of its forms was sent."""
        query = urlencode({"token": "employee", "lang": lang, "act": act})
        url = f"{self.url}admin/index.php?{query}"
        answer = requests.post(url, data=form, timeout=60) if form else requests.get(url, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def _stored(self, name: str, default: Any = None) -> Any:
        file = self.server.folder / f"{self.name}.{name}.json"
        return json.loads(file.read_text()) if file.exists() else default

    def _store(self, name: str, content: Any) -> None:
        (self.server.folder / f"{self.name}.{name}.json").write_text(json.dumps(content))


@dataclass
class PhpServer:
    """The shops of a folder, and the PHP that serves them."""

    folder: Path
    port: int
    count: int = 0

    def open_shop(self, **facts: Any) -> PhpShop:
        """A shop of its own, with the companion installed."""
        self.count += 1
        shop = PhpShop(self, f"shop-{self.count}")
        shop.folder.mkdir()
        where = {"id": 1, "domain": f"127.0.0.1:{self.port}", "domain_ssl": f"127.0.0.1:{self.port}"}
        shop_row = {**where, "physical_uri": f"/{shop.name}/"}
        shop.describe(**{"version": "8.1.7", "maintenance": False, "api_url": NOBODY, "shop": shop_row, **facts})
        with zipfile.ZipFile(PUBLISHED) as archive:
            archive.extractall(shop.folder / "modules")
        assert shop.back_office(act="install") == "true"
        return shop

    def complaints(self) -> str:
        """What PHP had to complain of."""
        log = self.folder / "errors.log"
        return log.read_text() if log.exists() else ""


@contextlib.contextmanager
def php_server(folder: Path, **settings: str) -> Iterator[PhpServer]:
    """Serve a folder of shops until the end; `settings` are PHP's own. Raises `ProvisionError` without PHP."""
    php = find_php()
    if php is None:
        raise ProvisionError(NO_PHP)
    port = free_port()
    options = [part for name, value in settings.items() for part in ("-d", f"{name.replace('__', '.')}={value}")]
    command = [php, "-d", "html_errors=0", *options, "-S", f"127.0.0.1:{port}", str(STAND_IN / "router.php")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "SHOPS": str(folder)}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_it_answers(process, port)
            yield PhpServer(folder, port)
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    ends_at = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, "PHP ended at once"
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=10)
            return
        time.sleep(0.02)
    raise AssertionError("PHP does not answer")
