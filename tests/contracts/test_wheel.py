"""The wheel beside a host: one top-level package, whose worker runs where a package `workers` is somebody else's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import RedisWakeups, connect

from ..support.redis import RedisServer
from ..support.source_tree import ROOT

SECRET = "whsec_" + "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ"
APPLIED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0
POST = """
import json, sys
from datetime import UTC, datetime
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.standalone import create_app
event_id, body, secret = sys.argv[1:]
headers = signed_headers(event_id, datetime.now(UTC), body.encode(), [secret])
answer = create_app().test_client().post(
    "/webhooks/marketplace", data=body, headers={"content-type": "application/json", **headers}
)
sys.exit(answer.status_code != 202)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the checkout that has everything a careless build would pick up."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("marketplace_hooks", "workers"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "wsgi.py", "run.py"):
        shutil.copy(ROOT / name, copy)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(copy / "dist")], cwd=copy, check=True, capture_output=True)
    (path,) = (copy / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and finds its dependencies in ours."""
    python, packages = new_environment(wheel, tmp_path_factory.mktemp("host-environment"))
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)))
    return python


def new_environment(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """The Python of a fresh environment that has the wheel alone, and the folder of its packages."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ["install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run([*a_pip(), "--python", str(python), *install], check=True, capture_output=True)
    packages = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return python, Path(packages.stdout.strip())


def a_pip() -> list[str]:
    """The command line of a pip: that of our environment, or of the Python that it was made from."""
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable)):
        if subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0:
            return [python, "-m", "pip"]
    raise AssertionError("no pip to install the wheel with: apt-get install python3-pip")


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host's folder with a package `workers` and a module `wsgi` of its own."""
    folder = tmp_path / "host"
    (folder / "workers").mkdir(parents=True)
    (folder / "wsgi.py").write_text('raise SystemExit("the host was started")\n')
    (folder / "workers" / "__init__.py").write_text("")
    (folder / "workers" / "inbox.py").write_text(
        "from pathlib import Path\n\n\ndef run() -> None:\n    Path(__file__).with_name('ran').touch()\n"
    )
    return folder


def environment(host: Path, redis_url: str | None) -> dict[str, str]:
    settings = {
        "INSTANCE": str(host / "instance"),
        "DATABASE_URL": f"sqlite:///{host / 'hooks.db'}",
        "WEBHOOK_SECRETS": f"marketplace={SECRET}",
        "SECRET_KEY": "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eUg",
    }
    if redis_url is not None:
        settings["REDIS_URL"] = redis_url
    names = {f"MARKETPLACE_HOOKS_{name}": value for name, value in settings.items()}
    return {**os.environ, **names, "PYTHONPATH": str(host), "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def a_worker(python: Path, host: Path, redis_url: str) -> Iterator[None]:
    """`marketplace-hooks worker`, as the wheel installed it, until the block ends; then it stops in good order."""
    log = host / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [python.with_name("marketplace-hooks"), "worker"],
            cwd=host,
            env=environment(host, redis_url),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
        worker.terminate()
        assert worker.wait(STOPPED_WITHIN_S) == 0, log.read_text()
    finally:
        worker.kill()
        worker.wait()


def post_seller(python: Path, host: Path, seller_id: str) -> None:
    """Have the installed package receive an event, in a process without Redis, which wakes no worker."""
    data = {"seller_id": seller_id, "name": "Seller", "country": "FR", "locale": "fr"}
    event = {"type": "seller.upserted", "timestamp": format_instant(datetime.now(UTC)), "data": data}
    command = [python, "-c", POST, f"evt-{seller_id}", json.dumps(event), SECRET]
    subprocess.run(command, cwd=host, env=environment(host, None), check=True, capture_output=True)


def deployment_id(host: Path) -> str:
    with contextlib.closing(sqlite3.connect(host / "hooks.db")) as database:
        [(found,)] = database.execute("SELECT value FROM mh_deployment_facts WHERE name = 'id'")
    return str(found)


def wait_for_sellers(host: Path, expected: list[str]) -> None:
    give_up_at_s = time.monotonic() + APPLIED_WITHIN_S
    found: list[str] = []
    while found != expected and time.monotonic() < give_up_at_s:
        time.sleep(0.1)
        with contextlib.closing(sqlite3.connect(host / "hooks.db")) as database:
            found = [id_ for (id_,) in database.execute("SELECT id FROM mh_sellers ORDER BY id")]
    assert found == expected, (host / "worker.log").read_text()


def test_the_wheel_installs_one_top_level_package(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"marketplace_hooks"}


def test_beside_a_host_with_a_package_workers_the_installed_worker_applies_events(
    python: Path, host: Path, private_redis: RedisServer
) -> None:
    migrate = [python.with_name("marketplace-hooks"), "migrate"]
    subprocess.run(migrate, cwd=host, env=environment(host, None), check=True, capture_output=True)
    with a_worker(python, host, private_redis.url):
        post_seller(python, host, "seller-1")
        names = RedisNames(lambda: deployment_id(host))
        assert RedisWakeups(private_redis.url, names, timeout_s=5.0).wake_worker(JobKind.INBOX)
        wait_for_sellers(host, ["seller-1"])
        # A job as 0.1.0 queued it: the host's `workers.inbox` is not what is meant.
        post_seller(python, host, "seller-2")
        with connect(private_redis.url) as client:
            Queue("mh-inbox", connection=client, serializer=JSONSerializer).enqueue_call("workers.inbox.run")
        wait_for_sellers(host, ["seller-1", "seller-2"])
    assert not (host / "workers" / "ran").exists()
    installed = subprocess.run(
        [python, "-c", "import marketplace_hooks, workers; print(marketplace_hooks.__file__, workers.__file__)"],
        cwd=host,
        env=environment(host, None),
        check=True,
        capture_output=True,
        text=True,
    )
    ours, theirs = installed.stdout.split()
    assert Path(ours).is_relative_to(python.parent.parent)
    assert Path(theirs).is_relative_to(host)
