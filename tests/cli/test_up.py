"""One command starts everything, keeps it running, and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.marketplace import SECRET_KEY
from tests.support.ports import free_port
from tests.support.processes import ROOT, SECRET, kill_all, load_factor, running_of, wait_until

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 60.0
# "within a second" is the promise of an idle machine (the benchmark holds it); here the whole suite may be at work.
SEEN_WITHIN_S = 10.0
RESTARTED_WITHIN_S = 15.0
READY = "open http://"


class Up:
    """One `marketplace-hooks up`, its log, and every process that comes from it."""

    def __init__(self, folder: Path, *arguments: str, instance: Path | None = None, port: int | None = None) -> None:
        self.instance = instance or folder / "instance"
        self.port = port or free_port()
        self.mark = uuid.uuid4().hex
        self.log = folder / f"up-{self.mark}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "up", *arguments, "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        named = {"INSTANCE": str(self.instance), "WEB_PROCESSES": "1"}
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TEST_DEPLOYMENT": self.mark,
            **{f"MARKETPLACE_HOOKS_{name}": value for name, value in named.items()},
        }

    def printed(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))

    def wait_for(self, text: str, within_s: float) -> None:
        def printed_or_ended() -> bool:
            return text in self.printed() or self.process.poll() is not None

        wait_until(printed_or_ended, within_s, f"{text!r} was not said", self.printed)
        assert text in self.printed(), self.printed()

    def run(self, *arguments: str) -> dict[str, object]:
        """Another command of this instance; gives what it prints as JSON."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--json"],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def status_of(self, path: str) -> int | None:
        """The HTTP status of a page; None when nobody answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            with suppress(OSError, http.client.HTTPException):
                connection.request("GET", path)
                return connection.getresponse().status
        return None

    def wait_for_status(self, path: str, status: int) -> None:
        wait_until(
            lambda: self.status_of(path) == status, SEEN_WITHIN_S, f"{path} did not become {status}", self.printed
        )

    def processes_of(self, part: str) -> list[int]:
        """The numbers of the processes whose command ends so and whose parent is `up`: no work horses."""
        return [
            pid
            for pid, command in running_of(self.mark).items()
            if command.endswith(part) and parent_of(pid) == self.process.pid
        ]

    def process_of(self, part: str) -> int:
        """The number of the only one of these."""
        found = self.processes_of(part)
        assert len(found) == 1, running_of(self.mark)
        return found[0]

    @property
    def socket_folder(self) -> Path:
        found = re.search(r"for this instance \((.+)/redis\.sock\)", self.printed())
        assert found is not None, self.printed()
        return Path(found.group(1))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(STOPPED_WITHIN_S * load_factor())


COMMAND = [sys.executable, "-m", "marketplace_hooks"]


def parent_of(pid: int) -> int | None:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


@contextmanager
def started(up: Up) -> Iterator[Up]:
    """Wait until it is ready; kill what a failed test leaves of it."""
    try:
        up.wait_for(READY, READY_WITHIN_S)
        yield up
    finally:
        kill_all(up.mark)
        up.process.wait()


def plain_instance(folder: Path) -> Path:
    """An instance folder with a configuration of its own, which is no demo's."""
    instance = folder / "plain"
    instance.mkdir()
    config = instance / "config.toml"
    config.write_text(f'secret_key = "{SECRET_KEY}"\nwebhook_secrets = "marketplace={SECRET}"\n')
    config.chmod(0o600)
    return instance


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`up --demo`, for all tests of this module that leave it running."""
    with started(Up(tmp_path_factory.mktemp("demo"), "--demo")) as up:
        yield up


def a_product_and_its_pack(up: Up) -> tuple[str, str]:
    with closing(sqlite3.connect(up.instance / "marketplace_hooks.db")) as database:
        found = database.execute(
            "SELECT product_id, pack_id FROM mh_pack_members ORDER BY pack_id, position"
        ).fetchone()
    product_id, pack_id = found
    return product_id, pack_id


def test_a_sent_event_hides_a_page_and_its_pack_and_another_brings_both_back(demo: Up) -> None:
    product_id, pack_id = a_product_and_its_pack(demo)
    pages = f"/products/{product_id}", f"/packs/{pack_id}"
    for page in pages:
        demo.wait_for_status(page, 200)
    steps = (("offline_temporary", 404, 404), ("online", 200, 200), ("offline_permanent", 410, 404))
    for version, (status, *expected) in enumerate(steps, 1):
        data = {"product_id": product_id, "status": status, "actor": "seller", "reason": "test", "version": version}
        answer = demo.run("send", "product.status_changed", "--id", f"try-{version}", "--data", json.dumps(data))
        assert answer == {"status": 202, "event_id": f"try-{version}", "duplicate": False}
        for page, code in zip(pages, expected, strict=True):
            demo.wait_for_status(page, code)
        event = demo.run("events", "show", f"try-{version}")
        assert (event["state"], event["outcome"]) == ("applied", "changed")


def workers_of(up: Up) -> list[int]:
    """The numbers of the workers, without the work horses that they fork."""
    commands = running_of(up.mark).items()
    return [pid for pid, command in commands if command.endswith(" worker") and parent_of(pid) == up.process.pid]


def test_half_sent_bodies_do_not_stop_it(demo: Up) -> None:
    half = b"POST /webhooks/marketplace HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"
    with ExitStack() as opened:
        for _ in range(200):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", demo.port), SEEN_WITHIN_S))
            connection.sendall(half)
        assert demo.status_of("/healthz") == 200
        assert demo.run("send", "any.event", "--id", "half-sent", "--data", "{}")["status"] == 202


def test_a_withdrawal_of_many_subscribers_is_shown_to_its_end(demo: Up) -> None:
    count = 40
    command = [*COMMAND, "demo", "--subscribers", str(count)]
    done = subprocess.run(command, cwd=ROOT, env=demo.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    progress = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stderr)
    for what in ("purchases posted, signed", "subscriptions started", "renewals cancelled"):
        assert re.search(rf"{what}\s.*\b{count}/{count}\b", progress), progress
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.stdout.splitlines())
    assert (facts["renewals cancelled"], facts["entitlements kept"]) == (str(count), str(count))
    # With everybody the product itself is told of, hidden and withdrawn, and the end of the cascade.
    assert facts["events written"] == str(count + 3)
    assert facts["a subscriber is told"].startswith("VALID_RENEWAL_CANCELLED, until ")
    assert demo.status_of(facts["product"].partition(str(demo.port))[2]) == 410


def test_a_killed_worker_is_said_and_started_again(demo: Up) -> None:
    (first, *_) = demo.processes_of("marketplace_hooks worker")
    os.kill(first, signal.SIGKILL)
    demo.wait_for("was killed by SIGKILL; restarting it", RESTARTED_WITHIN_S)

    def two_again() -> bool:
        workers = demo.processes_of("marketplace_hooks worker")
        return len(workers) == 2 and first not in workers

    wait_until(two_again, RESTARTED_WITHIN_S, "it is not running", demo.printed)


def test_a_killed_web_server_is_started_again_and_takes_its_processes_with_it(demo: Up) -> None:
    web = demo.process_of("create_app")
    family = {pid for pid, command in running_of(demo.mark).items() if parent_of(pid) == web}
    assert family
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: not family & running_of(demo.mark).keys(), RESTARTED_WITHIN_S, "orphans serve on", demo.printed)
    wait_until(lambda: demo.status_of("/") == 200, RESTARTED_WITHIN_S, "nobody serves", demo.printed)
    assert demo.process_of("create_app") != web


def test_a_second_up_of_one_instance_says_that_the_first_runs(demo: Up, tmp_path: Path) -> None:
    second = Up(tmp_path, "--demo", instance=demo.instance)
    assert second.process.wait(READY_WITHIN_S) == 1
    assert f"is already running for {demo.instance} at http://127.0.0.1:{demo.port}" in second.printed()
    assert "Traceback" not in second.printed()
    assert demo.process.poll() is None


def test_a_busy_port_is_named_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        up = Up(tmp_path, instance=plain_instance(tmp_path), port=port)
        assert up.process.wait(READY_WITHIN_S) == 1
    assert f"127.0.0.1:{port} cannot be served" in up.printed()
    assert "Traceback" not in up.printed()
    assert running_of(up.mark) == {}


def test_sigterm_stops_everything_once_and_leaves_nothing(tmp_path: Path) -> None:
    with started(Up(tmp_path, instance=plain_instance(tmp_path))) as up:
        folder = up.socket_folder
        assert folder.is_dir()
        assert len(running_of(up.mark)) >= 6
        assert up.stop() == 0
        assert running_of(up.mark) == {}
        assert not folder.exists()
        assert up.printed().count("stopped\n") == 1
        assert "Traceback" not in up.printed()
        assert "is killed" not in up.printed()


def test_an_up_that_is_killed_takes_everything_with_it_and_can_be_started_again(tmp_path: Path) -> None:
    instance = plain_instance(tmp_path)
    with started(Up(tmp_path, instance=instance)) as up:
        up.process.kill()
        up.process.wait()
        wait_until(lambda: not running_of(up.mark), STOPPED_WITHIN_S, "children run on", lambda: running_of(up.mark))
    # In a container that is started again the next one has the number of the dead: the note names a living process.
    note = instance / "up.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "pid": os.getpid()}))
    with started(Up(tmp_path, instance=instance, port=up.port)) as again:
        assert again.status_of("/") == 200
        assert again.stop() == 0
