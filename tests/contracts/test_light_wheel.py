"""The wheel with the dependencies that it declares and no extra: it runs the host of `docs/embed.md`.

The packages are those of our environment, linked into a new one by name: no index is asked.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..support.marketplace import SECRET, sample
from ..support.source_tree import ROOT
from .test_wheel import new_environment, wheel

__all__ = ["wheel"]  # a fixture of the test.
OF_EXTRAS = ("authlib", "granian", "opentelemetry", "psycopg", "requests", "rich", "sentry_sdk", "structlog")
APP = """
import os
from documented_host import create_app
app = create_app({
    "SECRET_KEY": "a secret of the host's",
    "SQLALCHEMY_DATABASE_URI": "sqlite:///" + os.environ["HOST_DATABASE"],
    "MARKETPLACE_HOOKS_INSTANCE": os.environ["HOST_INSTANCE"],
    "MARKETPLACE_HOOKS_WEBHOOK_SECRETS": "marketplace=" + os.environ["HOST_SECRET"],
})
"""
EVENTS = """
import importlib.util, json, sys
from app import app
from marketplace_hooks.testing import apply_all, sign_event
client = app.test_client()
for type_, data in json.loads(sys.argv[1]):
    headers, body = sign_event(app, type_, data)
    assert client.post("/addons/webhooks/marketplace", data=body, headers=headers).status_code == 202
apply_all(app)
pages = ["/", "/addons/", "/addons/products/" + sys.argv[2], "/addons/api/v1/products", "/addons/api/v1/openapi.json"]
found = [name for name in sys.argv[3].split() if importlib.util.find_spec(name)]
print(json.dumps([[client.get(page).status_code for page in pages], found]))
"""


def requirements(lines: list[str], extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """Those that apply here, without any extra or with these."""
    for line in lines:
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield one


def all_needed(wheel: Path) -> dict[str, importlib.metadata.Distribution]:
    """The distributions that a plain `pip install` of the wheel would bring, by name."""
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    declared = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist") or []
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(requirements(declared))
    while waiting:
        needed = waiting.pop()
        name = canonicalize_name(needed.name)
        if name in found and not needed.extras:
            continue
        found[name] = importlib.metadata.distribution(needed.name)
        waiting += requirements(found[name].requires or [], frozenset(needed.extras))
    return found


def link(distribution: importlib.metadata.Distribution, packages: Path) -> None:
    """Make a distribution of our environment importable from another."""
    for file in distribution.files or ():
        top = file.parts[0]
        if top not in ("..", "__pycache__") and not (packages / top).exists():
            (packages / top).symlink_to(Path(str(distribution.locate_file(top))))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and what it declares, and nothing else."""
    python, packages = new_environment(wheel, tmp_path_factory.mktemp("light-environment"))
    for distribution in all_needed(wheel).values():
        link(distribution, packages)
    return python


def run(python: Path, folder: Path, *words: str) -> str:
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOST_DATABASE": str(folder / "host.db"),
        "HOST_INSTANCE": str(folder / "instance"),
        "HOST_SECRET": SECRET,
        "FLASK_APP": "app",
    }
    ran = subprocess.run([python, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_documented_host_runs_on_what_the_wheel_declares(python: Path, tmp_path: Path) -> None:
    source = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "embed.md").read_text(encoding="utf-8"), re.DOTALL)
    assert source is not None
    (tmp_path / "documented_host.py").write_text(source[1])
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "instance").mkdir()
    hooks = ("-m", "flask", "hooks")
    run(python, tmp_path, *hooks, "migrate")
    events = [(type_, sample(type_)["data"]) for type_ in ("seller.upserted", "product.upserted")]
    product_id = events[1][1]["product_id"]
    printed = run(python, tmp_path, "-c", EVENTS, json.dumps(events), product_id, " ".join(OF_EXTRAS))
    statuses, extras = json.loads(printed.splitlines()[-1])
    assert (statuses, extras) == ([200] * 5, [])
    assert "token" in json.loads(run(python, tmp_path, *hooks, "tokens", "create", "--role", "platform", "--json"))
    exported = run(python, tmp_path, *hooks, "export", "--json", "all.ndjson")
    assert ("product", 1) in [(one["kind"], one["lines"]) for one in json.loads(exported)]
