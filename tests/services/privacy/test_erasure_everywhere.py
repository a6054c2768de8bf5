"""After an erasure no table, no file and no line of the log has a word that says who the customer was."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from marketplace_hooks.database.types import Base
from marketplace_hooks.models.access import IdempotentCall

from ...support.known_customer import CUSTOMER, WORDS, set_up_known_customer
from ...support.marketplace import Marketplace


def who_it_was(content: str | bytes) -> list[str]:
    """The words of the customer in a text or in bytes, however they are written."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return [word for word in WORDS if word in text.lower()]


def in_tables(marketplace: Marketplace) -> set[str]:
    """The columns in which the customer's words are, of every table that there is."""
    found = set()
    with marketplace.runtime.database.engine.connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        assert set(tables.tables) >= set(Base.metadata.tables)
        for table in tables.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                found |= {f"{table.name}.{name}" for name, value in row.items() if who_it_was(_text(value))}
    return found


def _text(value: Any) -> str | bytes:
    return value if isinstance(value, bytes) else repr(value)


def in_files(folder: Path) -> set[str]:
    """The files in which the customer's words are."""
    return {path.name for path in folder.rglob("*") if path.is_file() and who_it_was(path.read_bytes())}


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that any logger says."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_nothing_says_who_an_erased_customer_was(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path, lines: pytest.LogCaptureFixture
) -> None:
    set_up_known_customer(marketplace)
    assert in_tables(marketplace) >= {
        "mh_audit.actor_name",
        "mh_customers.name",
        "mh_inbox.body",
        "mh_inspections.url",
        "mh_messages.body",
        "mh_renewal_changes.actor",
        "mh_request_drafts.body",
        "mh_requests.body",
        "mh_sessions.user_agent",
        "mh_site_bindings.shop_url",
        "mh_tokens.label",
    }
    marketplace.publish("customer.erased", customer_id=CUSTOMER)
    marketplace.run_all_now()
    assert in_tables(marketplace) == set()
    [published] = marketplace.outgoing(CUSTOMER, "customer")
    assert (published.type, published.data) == ("customer.erased", {"customer_id": CUSTOMER})
    # Answers are stored encrypted: their words would not be found, and are gone.
    assert marketplace.all(sa.select(IdempotentCall.body)) == [b"{}"]
    _checkpoint(marketplace)
    assert in_files(tmp_path) == set()
    assert len(lines.records) > 0
    assert who_it_was(lines.text) == []


def _checkpoint(marketplace: Marketplace) -> None:
    """On SQLite: what its log of the last writes holds goes into the file, as it does by itself after some time."""
    database = marketplace.runtime.database
    database.dispose()
    if database.is_sqlite:
        with contextlib.closing(sqlite3.connect(str(database.url.database))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
