"""Servers, databases and network guard of the test rig give the tests what they promise."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis.exceptions import ConnectionError as RedisConnectionError

from . import binaries, cluster
from .network_guard import LeftTheMachineError, LoopbackOnly
from .postgres import Postgres, start_postgres
from .redis import RedisServer, start_redis_server

OUTSIDE = ("192.0.2.1", 9)  # TEST-NET-1, RFC 5737: nobody lives there, even where the guard fails.


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def tables_in(url: str) -> list[str]:
    with connected(url) as connection:
        return sa.inspect(connection).get_table_names()


def keep_a_row(url: str) -> None:
    with connected(url) as connection:
        connection.execute(sa.text("CREATE TABLE kept (n INTEGER)"))
        connection.execute(sa.text("INSERT INTO kept VALUES (7)"))


def kept_rows(url: str) -> list[int]:
    with connected(url) as connection:
        return list(connection.execute(sa.text("SELECT n FROM kept")).scalars())


def wait_until(true: Callable[[], bool], *, within_s: float = 20) -> bool:
    give_up_at_s = time.monotonic() + within_s
    while not true() and time.monotonic() < give_up_at_s:
        time.sleep(0.02)
    return true()


def test_an_empty_database_has_no_table_and_takes_rows(empty_database_url: str) -> None:
    assert tables_in(empty_database_url) == []
    keep_a_row(empty_database_url)
    assert kept_rows(empty_database_url) == [7]


def test_a_test_database_stands_on_its_own_side_and_has_every_table(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    kind = sa.make_url(database_url).get_backend_name()
    assert kind in request.node.name
    assert "mh_alembic_version" in tables_in(database_url)


@pytest.mark.parametrize("run_name", ["first", "second"])
def test_what_one_test_writes_no_other_test_finds(database_url: str, run_name: str) -> None:
    assert "kept" not in tables_in(database_url)
    keep_a_row(database_url)


def test_two_databases_of_one_server_do_not_see_each_other(postgres: Postgres) -> None:
    one = postgres.create_database()
    other = postgres.create_database()
    keep_a_row(one)
    assert tables_in(other) == []
    for url in (one, other):
        postgres.drop_database(url)


def test_a_copy_of_a_template_has_its_rows_and_goes_its_own_way(postgres: Postgres) -> None:
    template = postgres.create_database()
    keep_a_row(template)
    copy = postgres.create_database(template=template)
    assert kept_rows(copy) == [7]
    insertion = sa.text("INSERT INTO kept VALUES (8)")
    with connected(copy) as connection:
        connection.execute(insertion)
    assert kept_rows(template) == [7]
    for url in (copy, template):
        postgres.drop_database(url)


def test_a_database_is_dropped_even_while_somebody_is_connected(postgres: Postgres) -> None:
    url = postgres.create_database()
    engine = sa.create_engine(url)
    held = engine.connect()
    held.execute(sa.text("SELECT 1"))
    postgres.drop_database(url)
    with pytest.raises(sa.exc.OperationalError, match="does not exist"), connected(url):
        pass
    held.invalidate()
    engine.dispose()


def test_a_database_that_the_rig_did_not_make_is_not_dropped(postgres: Postgres) -> None:
    with pytest.raises(ValueError, match="not ours to drop"):
        postgres.drop_database(postgres.url_for("postgres"))


@pytest.mark.parametrize("immediate", [True, False], ids=["crashed", "in good order"])
def test_a_restart_keeps_what_was_committed(restartable_postgres: Postgres, immediate: bool) -> None:
    url = restartable_postgres.create_database()
    keep_a_row(url)
    restartable_postgres.restart(immediate=immediate)
    assert kept_rows(url) == [7]
    restartable_postgres.drop_database(url)


def test_a_stopped_server_refuses_by_socket_and_by_port_and_comes_back_at_the_same_address(
    restartable_postgres: Postgres,
) -> None:
    urls = [restartable_postgres.url_for("postgres", tcp=tcp) for tcp in (False, True)]
    restartable_postgres.stop()
    for url in urls:
        with pytest.raises(sa.exc.OperationalError), connected(url):
            pass
    restartable_postgres.start()
    for url in urls:
        assert "postgres" not in tables_in(url)


def test_our_server_keeps_the_durability_that_postgresql_has_by_default(restartable_postgres: Postgres) -> None:
    with connected(restartable_postgres.url_for("postgres")) as connection:
        settings = [
            connection.execute(sa.text(f"SHOW {name}")).scalar_one()
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
    assert settings == ["on", "on", "on"]


def test_the_loopback_port_asks_for_a_password(restartable_postgres: Postgres) -> None:
    url = sa.make_url(restartable_postgres.url_for("postgres", tcp=True)).set(password="wrong")
    with (
        pytest.raises(sa.exc.OperationalError, match="password authentication failed"),
        connected(url.render_as_string(hide_password=False)),
    ):
        pass


def test_a_given_server_is_used_and_left_clean(restartable_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    given = restartable_postgres.create_database()
    monkeypatch.setenv("TEST_DATABASE_URL", given.replace("postgresql+psycopg:", "postgresql:"))
    server = start_postgres()
    assert not server.is_ours
    made = server.create_database()
    keep_a_row(made)
    with pytest.raises(binaries.ProvisionError, match="restartable_postgres"):
        server.stop()
    server.close()
    with pytest.raises(sa.exc.OperationalError, match="does not exist"), connected(made):
        pass
    assert tables_in(given) == []
    restartable_postgres.drop_database(given)


def test_a_given_server_of_another_kind_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "sqlite:///somewhere.db")
    with pytest.raises(binaries.ProvisionError, match="must be the URL of a PostgreSQL server"):
        start_postgres()


def test_a_machine_without_postgresql_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(cluster, "find_postgres", lambda: None)
    with pytest.raises(binaries.ProvisionError, match="install it"):
        start_postgres()


def test_a_killed_run_takes_its_server_along_and_the_next_run_removes_the_folder() -> None:
    script = (
        "import sys, time\n"
        "from tests.support.cluster import Cluster\n"
        "cluster = Cluster(); cluster.start()\n"
        "print(cluster.folder, cluster.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as run:
        assert run.stdout is not None
        folder, pid = run.stdout.readline().split()
        cluster.remove_leftovers()
        assert Path(folder, "data").is_dir(), "a cluster in use was removed"
        run.kill()
    try:
        assert wait_until(lambda: cluster.remove_leftovers() or not Path(folder).exists())
        assert wait_until(lambda: folder not in cluster.command_of(int(pid)))
    finally:
        if folder in cluster.command_of(int(pid)):
            os.kill(int(pid), signal.SIGQUIT)


def test_a_flush_empties_the_server_and_starts_one_that_was_left_down(private_redis: RedisServer) -> None:
    with private_redis.client() as client:
        client.set("kept", "7")
        private_redis.flush()
        assert client.get("kept") is None
    private_redis.kill()
    private_redis.flush()
    with private_redis.client() as client:
        assert client.ping()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_stopped_redis_refuses_and_comes_back_empty_at_the_same_url(private_redis: RedisServer, end: str) -> None:
    with private_redis.client() as client:
        client.set("kept", "7")
        getattr(private_redis, end)()
        with pytest.raises(RedisConnectionError):
            client.ping()
        private_redis.start()
        assert client.get("kept") is None


@pytest.mark.parametrize("run_name", ["first", "second"])
def test_each_test_finds_the_shared_redis_empty(redis_url: str, redis_server: RedisServer, run_name: str) -> None:
    assert redis_url == redis_server.url
    with redis_server.client() as client:
        assert client.dbsize() == 0
        client.set("kept", run_name)


def test_a_given_redis_is_used_and_never_stopped(private_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", private_redis.url)
    server = start_redis_server()
    with pytest.raises(binaries.ProvisionError, match="private_redis"):
        server.kill()
    server.close()
    with private_redis.client() as client:
        assert client.ping()


def connect_by_tcp() -> None:
    with socket.socket() as talker:
        talker.connect(OUTSIDE)


def connect_quietly() -> None:
    with socket.socket() as talker:
        talker.connect_ex(OUTSIDE)


def send_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
        talker.sendto(b"?", OUTSIDE)


def look_a_name_up() -> None:
    socket.getaddrinfo("www.prestashop.com", 443)


def test_a_name_reserved_for_documentation_has_no_address_and_nobody_is_asked(network_guard: LoopbackOnly) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("www.shop.example", 443)
    assert network_guard.attempts() == []


@pytest.mark.parametrize("leave", [connect_by_tcp, connect_quietly, send_a_datagram, look_a_name_up])
def test_whoever_leaves_the_machine_is_stopped_and_remembered(
    leave: Callable[[], None], network_guard: LoopbackOnly
) -> None:
    with pytest.raises(LeftTheMachineError):
        leave()
    assert len(network_guard.attempts()) == 1


def test_an_attempt_from_a_thread_is_remembered(network_guard: LoopbackOnly) -> None:
    def swallow() -> None:
        with contextlib.suppress(OSError):
            connect_by_tcp()

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()
    assert network_guard.attempts() == [f"socket.connect {OUTSIDE!r}"]


def test_loopback_in_all_its_spellings_and_unix_sockets_are_open(tmp_path: Path) -> None:
    for family, host in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost"), (socket.AF_INET, "127.9.9.9")]:
        with socket.socket(family) as server, socket.socket(family) as client:
            server.bind((host, 0))
            server.listen()
            client.connect((host, server.getsockname()[1]))
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"!")
        assert right.recv(1) == b"!"


@pytest.mark.parametrize(
    ("host", "home"),
    [
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("127.255.255.254", True),
        ("128.0.0.1", False),
        ("126.255.255.255", False),
        ("::ffff:10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("fe80::1%lo", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
    ],
)
def test_only_loopback_counts_as_this_machine(host: str, home: bool) -> None:
    assert LoopbackOnly().allows(host) is home


def test_a_server_that_whoever_runs_the_tests_named_may_be_reached() -> None:
    guard = LoopbackOnly(also_allowed=["203.0.113.7"])
    assert guard.allows("203.0.113.7")
    assert not guard.allows("203.0.113.8")
