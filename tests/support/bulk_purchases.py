"""Bulk purchases with their Business Care, and bulk copies of rows, by set statements, for plans and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, Integer, MetaData, Table, insert, text
from sqlalchemy.orm import Session

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.types import Base, Instant
from marketplace_hooks.domain.business_care.renewals import notice_day, period, renewal_instant
from marketplace_hooks.domain.civil_days import first_instant
from marketplace_hooks.models.purchases import Customer

PARIS = ZoneInfo("Europe/Paris")
SHOP = "https://shop.example"
FIRST_NUMBER = 10_000_000
"""Ids count up from here, so that they sort as numbers do."""
CUSTOMERS = 1_000

# Both databases understand these. {number} counts up, {bought} is what follows from the day of purchase.
_ROWS = """
    WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {last}),
    made AS (
        SELECT '{prefix}-' || CAST({first} + i AS VARCHAR) AS purchase_id,
               '{prefix}-c' || CAST(i % {customers} AS VARCHAR) AS customer_id, bought_on.*
        FROM numbers JOIN bought_on ON bought_on.number = i % {days}
    )
"""
_STATEMENTS = (
    """INSERT INTO mh_purchases (id, customer_id, product_id, price_cents, currency, shop_url, shop_bound_at,
        purchased_at, recorded_at, refunded_cents)
    {rows} SELECT purchase_id, customer_id, '{product}', 9900, 'EUR', '{shop}', purchased_at, purchased_at,
        purchased_at, 0 FROM made""",
    """INSERT INTO mh_site_bindings (purchase_id, bound_at, shop_url)
    {rows} SELECT purchase_id, purchased_at, '{shop}' FROM made""",
    """INSERT INTO mh_subscriptions (purchase_id, customer_id, product_id, state, anchor_on, anchor_index,
        current_index, last_day, renewal_at, notice_at, sequence)
    {rows} SELECT purchase_id, customer_id, '{product}', 'active', first_day, 1, 1, last_day, renewal_at, notice_at, 1
        FROM made""",
    """INSERT INTO mh_periods (purchase_id, period_index, kind, first_day, last_day, starts_at, payment)
    {rows} SELECT purchase_id, 1, 'purchase', first_day, last_day, purchased_at, 'paid' FROM made""",
)
_PROOFS = """INSERT INTO mh_notices (purchase_id, period_index, window_first_day, window_last_day, sent_at, owed,
        timeliness, event_id)
    {rows} SELECT purchase_id, 1, first_day, last_day, purchased_at, TRUE, 'in_time', 'evt_0' FROM made"""


COPY = f"'copy-' || CAST({FIRST_NUMBER} + i AS VARCHAR)"
"""SQL for the key of the copy number `i`."""
_COPIES = """
    INSERT INTO {table} ({columns})
    WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count})
    SELECT {values} FROM {table}, numbers WHERE {table}.{key} = '{original}'
"""


_DELIVERIES = """
    INSERT INTO mh_deliveries (outbox_id, endpoint_id, state, attempts, due_at)
    SELECT id, :endpoint, :state, :attempts, created_at FROM mh_outbox WHERE event_id LIKE 'copy-%'
"""


def copy_rows(session: Session, table: str, key: str, original: str, count: int, **other: str) -> None:
    """Insert `count` copies of the rows whose `key` is `original`, with the keys `copy-10000001`, ….

    `other` gives the values of further columns in copy number `i`, in SQL that both databases understand.
    """
    described = Base.metadata.tables[table]
    names = [column.name for column in described.columns if column is not described.autoincrement_column]
    given = {name: name for name in names} | {key: COPY} | other
    columns = ", ".join(given)
    values = ", ".join(given.values())
    facts = {"table": table, "columns": columns, "values": values, "key": key, "original": original, "count": count}
    session.execute(text(_COPIES.format(**facts)))


def copy_logs(session: Session, endpoint_id: str, count: int, *, events: int | None = None) -> None:
    """Copy the first cascade, outgoing event (with a delivery) and inbound event `count` times.

    `events`: how often the inbound event is copied instead.
    """
    for table, key, many in (("mh_inbox", "event_id", events or count), ("mh_cascades", "id", count)):
        copy_rows(session, table, key, _first(session, table, key), many)
    copy_rows(session, "mh_outbox", "event_id", _first(session, "mh_outbox", "event_id"), count)
    insert_deliveries(session, endpoint_id, "delivered", attempts=1)


def insert_deliveries(session: Session, endpoint_id: str, state: str, *, attempts: int) -> None:
    """Insert one delivery to this endpoint for each copy of an outgoing event, due since that was published."""
    session.execute(text(_DELIVERIES), {"endpoint": endpoint_id, "state": state, "attempts": attempts})


def _first(session: Session, table: str, key: str) -> str:
    found: str = session.execute(text(f"SELECT min({key}) FROM {table}")).scalar_one()
    return found


def insert_purchases(
    database: Database,
    product_id: str,
    days: Sequence[date],
    count: int,
    *,
    prefix: str = "o",
    notices_sent: bool = False,
) -> None:
    """Insert `count` purchases `prefix-10000000`, … of a known product, made at noon of these days in turn.

    All are in their first, paid year, whatever day it is. `notices_sent`: their renewal notices are recorded as sent.
    """
    with database.session() as session:
        _describe_customers(session, prefix)
        table = _insert_days(session, days, notices_sent=notices_sent)
        facts = {"product": product_id, "shop": SHOP, "prefix": prefix, "first": FIRST_NUMBER, "last": count - 1}
        rows = _ROWS.format(**facts, customers=CUSTOMERS, days=len(days))
        for statement in (*_STATEMENTS, _PROOFS) if notices_sent else _STATEMENTS:
            session.execute(text(statement.format(**facts, rows=rows)))
        table.drop(session.connection())


def gather_statistics(database: Database) -> None:
    """Update the planner's statistics."""
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


@contextmanager
def without_autovacuum(database: Database, tables: Sequence[str]) -> Iterator[None]:
    """PostgreSQL gathers no statistics of these tables by itself for the length of a `with`."""
    if database.is_sqlite:
        yield
        return
    _alter(database, tables, "SET (autovacuum_enabled = false)")
    try:
        yield
    finally:
        _alter(database, tables, "RESET (autovacuum_enabled)")


def _alter(database: Database, tables: Sequence[str], change: str) -> None:
    with database.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} {change}"))


def _describe_customers(session: Session, prefix: str) -> None:
    described_at = datetime(2020, 1, 1, tzinfo=UTC)
    personal = {"name": "Somebody", "email": "somebody@shop.example", "locale": "fr", "professional": False}
    rows = [{"id": f"{prefix}-c{number}", "described_at": described_at, **personal} for number in range(CUSTOMERS)]
    session.execute(insert(Customer), rows)


def _insert_days(session: Session, days: Sequence[date], *, notices_sent: bool) -> Table:
    """A temporary table of what the rules derive from each day of purchase."""
    table = Table(
        "bought_on",
        MetaData(),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("purchased_at", Instant()),
        Column("first_day", Date),
        Column("last_day", Date),
        Column("renewal_at", Instant()),
        Column("notice_at", Instant()),
        prefixes=["TEMPORARY"],
    )
    table.create(session.connection())
    rows = [
        {
            "number": number,
            "purchased_at": datetime.combine(day, time(12), PARIS).astimezone(UTC),
            "first_day": day,
            "last_day": period(day, 1).last_day,
            "renewal_at": renewal_instant(day, 1, PARIS),
            "notice_at": None if notices_sent else first_instant(notice_day(period(day, 1).last_day), PARIS),
        }
        for number, day in enumerate(days)
    ]
    session.execute(insert(table), rows)
    return table
