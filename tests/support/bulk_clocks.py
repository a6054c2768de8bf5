"""Bulk support requests with a clock each, inserted by set statements, for query plans and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, text, update

from marketplace_hooks.database.engine import Database
from marketplace_hooks.models.support import Clock

FIRST_NUMBER = 10_000_000
"""Ids count up from here, so that they sort as numbers do."""
_NUMBERS = (
    "WITH RECURSIVE numbers(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM numbers WHERE i < {last}), "
    "made AS (SELECT 'request-' || CAST(i AS VARCHAR) AS id, i FROM numbers)"
)
_STATEMENTS = (
    """INSERT INTO mh_requests (id, customer_id, product_id, seller_id, presale, kind, subject, body, fingerprint,
        submitted_at, recorded_at, handling, entitlement, checks, grounds, waived, missing, clocks_from,
        next_deadline_at, sequence)
    {numbers} SELECT id, 'c-1', :product, 'seller-1', FALSE, 'question', id, id, id, :begun, :begun, 'accepted',
        {object}, {list}, {list}, {list}, {list}, :begun, :due, 1 FROM made""",
    """INSERT INTO mh_clocks (request_id, name, state, started_at, business_days, policy, due_before, trace,
        earlier_days, warn_at)
    {numbers} SELECT id, 'acknowledgement', 'running', :begun, 1, {object}, :due, {object}, 0, :due FROM made""",
)


def request_id(number: int) -> str:
    """The id of one of them, from 0."""
    return f"request-{FIRST_NUMBER + number}"


def insert_open_requests(database: Database, product_id: str, count: int) -> None:
    """Insert `count` requests about a known product whose acknowledgement is due in a month."""
    cast = "CAST('{}' AS {})"
    kind = "TEXT" if database.is_sqlite else "jsonb"
    now = datetime.now(UTC)
    parameters = {"product": product_id, "begun": _sql_text(now), "due": _sql_text(now + timedelta(days=30))}
    numbers = _NUMBERS.format(first=FIRST_NUMBER, last=FIRST_NUMBER + count - 1)
    with database.begin() as connection:
        for statement in _STATEMENTS:
            sql = statement.format(numbers=numbers, object=cast.format("{}", kind), list=cast.format("[]", kind))
            connection.execute(text(sql), {name: value for name, value in parameters.items() if f":{name}" in sql})


def expire_clocks(database: Database, numbers: Iterable[int]) -> None:
    """Set the deadlines of these requests to a minute ago."""
    expire = update(Clock).where(Clock.request_id == bindparam("id")).values(due_before=bindparam("at"))
    at = datetime.now(UTC) - timedelta(minutes=1)
    with database.begin() as connection:
        connection.execute(expire, [{"id": request_id(number), "at": at} for number in numbers])


def _sql_text(instant: datetime) -> str:
    """An instant as both databases read it."""
    return instant.replace(tzinfo=None).isoformat(" ", timespec="microseconds")
