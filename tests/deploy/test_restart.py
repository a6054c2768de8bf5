"""A restart of the web processes under load, as the production kit makes it: no request is refused, no event lost."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from marketplace_hooks.models.inbox import InboxEvent

from ..support import databases
from ..support.fault_events import seller, signed
from ..support.nginx import running
from ..support.ports import takes_connections
from ..support.processes import STARTED_WITHIN_S, Deployment, wait_until
from .test_nginx import HOST, Proxy

RESTARTS = 3
SENDERS = 6
EACH_TIME = 25


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Two web processes are to be served from a socket that is held for them."""
    url = databases.sqlite_url(tmp_path / "hooks.db")
    databases.apply_migrations(url)
    made = Deployment(tmp_path, url, None, PUBLIC_URL=f"https://{HOST}", TRUSTED_PROXIES="1", WEB_PROCESSES=2)
    yield made
    made.close()


def _serves_for_a_while(answers: Counter[int]) -> None:
    """Wait until the present processes have answered a number of requests."""
    before = answers.total()
    wait_until(lambda: answers.total() > before + EACH_TIME, STARTED_WITHIN_S, "the new processes do not answer")


def test_a_restart_under_load_refuses_nothing(deployment: Deployment, tmp_path: Path) -> None:
    numbers = itertools.count()
    answers: Counter[int] = Counter()
    is_over = threading.Event()

    def send(proxy: Proxy) -> None:
        while not is_over.is_set():
            answers[proxy.post(signed(seller(), f"evt-{next(numbers)}"))[0]] += 1

    with socket.create_server(("127.0.0.1", deployment.port), backlog=1024) as held:
        proxy = Proxy(tmp_path, deployment)
        web = deployment.start_web(held=held)
        with running(proxy.command), ThreadPoolExecutor(SENDERS) as senders:
            wait_until(lambda: takes_connections(proxy.port), STARTED_WITHIN_S, "nginx did not start")
            sent = [senders.submit(send, proxy) for _ in range(SENDERS)]
            try:
                for _ in range(RESTARTS):
                    _serves_for_a_while(answers)
                    web.stop()
                    web = deployment.start_web(held=held)
                _serves_for_a_while(answers)
            finally:
                is_over.set()
            for one in sent:
                one.result()
    assert set(answers) == {202}
    stored = deployment.read(lambda session: session.scalar(select(func.count()).select_from(InboxEvent)))
    assert stored == answers[202] > RESTARTS * EACH_TIME
