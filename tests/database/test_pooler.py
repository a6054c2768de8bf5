"""Behind PgBouncer in transaction mode everything works as without, and it is found out by itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, select, text

from marketplace_hooks.database import migrate
from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.limits import DatabaseLimits
from marketplace_hooks.database.postgres import Pooler
from marketplace_hooks.errors import DatabaseProblem, DatabaseUnavailable
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.outbox import Delivery
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..cli.test_doctor import examined
from ..support import databases
from ..support.marketplace import OFFLINE, Marketplace, open_marketplace
from ..support.pgbouncer import POOL_SIZE, pgbouncer
from ..support.postgres import Postgres
from ..support.webhook_receiver import Receiver

THREADS = 4 * POOL_SIZE
PRODUCTS = [f"mod-{number}" for number in range(30)]


@pytest.fixture
def pooled_url(postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    """An empty database behind a pooler."""
    with databases.postgres_database(postgres) as url, pgbouncer(url, tmp_path) as pooled:
        yield pooled


def test_events_pages_hides_and_deliveries_work_through_a_pooler(pooled_url: str, tmp_path: Path) -> None:
    with (
        Receiver() as receiver,
        open_marketplace(pooled_url, tmp_path / "instance", ALLOWED_NETWORKS="127.0.0.0/8") as marketplace,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        migrate.upgrade(marketplace.runtime.database)
        add_endpoint(marketplace.runtime, receiver.url, types=["product.hidden"])
        marketplace.publish("seller.upserted", seller_id="seller-1")
        list(threads.map(lambda id_: marketplace.publish("product.upserted", product_id=id_), PRODUCTS))
        marketplace.run_all_now()
        pages = threads.map(lambda id_: marketplace.app.test_client().get(f"/api/v1/products/{id_}"), PRODUCTS)
        assert {page.status_code for page in pages} == {200}
        list(threads.map(lambda id_: marketplace.change_status(id_, OFFLINE), PRODUCTS))
        marketplace.run_all_now()
        assert {event.state for event in marketplace.all(select(InboxEvent))} == {"applied"}
        assert {marketplace.status(id_) for id_ in PRODUCTS} == {OFFLINE}
        assert {delivery.state for delivery in marketplace.all(select(Delivery))} == {"delivered"}
        assert len(set(receiver.ids)) == len(PRODUCTS)
        assert_doctor_knows(marketplace)


def assert_doctor_knows(marketplace: Marketplace) -> None:
    assert marketplace.runtime.database.is_pooled
    assert "behind a pooler" in examined(marketplace).output


@pytest.mark.parametrize("ignored", ["extra_float_digits", "options"])
def test_a_pooler_is_found_out_whether_it_refuses_our_settings_or_forgets_them(
    postgres: Postgres, tmp_path: Path, ignored: str
) -> None:
    with databases.postgres_database(postgres) as url, pgbouncer(url, tmp_path, ignored=ignored) as pooled:
        limits = DatabaseLimits(wait_s=0.2, statement_s=0.3)
        database = Database(pooled, limits=limits)
        with database.read_session() as session:
            assert session.scalar(text("SHOW lock_timeout")) == "200ms"
            assert session.scalar(text("SHOW statement_timeout")) == "300ms"
        assert database.is_pooled
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as other:
            assert other.execute("SHOW lock_timeout").fetchone() == ("0",)
        with pytest.raises(DatabaseUnavailable) as slow:
            database.raw.run(lambda connection: connection.execute("SELECT pg_sleep(60)"))
        assert slow.value.problem is DatabaseProblem.BUSY
        assert database.raw.run(lambda connection: connection.execute("SELECT 1").fetchall()) == [(1,)]
        database.dispose()


def test_without_a_pooler_sessions_have_our_settings(postgresql_url: str) -> None:
    database = Database(postgresql_url, limits=DatabaseLimits(wait_s=0.2, statement_s=0.3))
    with database.read_session() as session:
        assert session.scalar(text("SHOW lock_timeout")) == "200ms"
    assert not database.is_pooled
    database.dispose()


def test_a_server_that_is_cut_off_is_noticed_unless_the_url_says_otherwise(postgresql_url: str) -> None:
    noticed = {
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "25000",
    }
    for query, expected in (({}, noticed), ({"tcp_user_timeout": "9000"}, {**noticed, "tcp_user_timeout": "9000"})):
        database = Database(make_url(postgresql_url).update_query_dict(query))
        parameters = database.raw.run(lambda connection: connection.info.get_parameters())
        assert expected.items() <= parameters.items()
        database.dispose()


def test_what_the_setting_says_needs_no_finding_out(postgresql_url: str) -> None:
    database = Database(postgresql_url, pooler=Pooler.TRANSACTION)
    assert database.is_pooled
    with database.begin() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "30s"
    database.dispose()
