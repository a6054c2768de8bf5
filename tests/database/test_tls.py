"""TLS to PostgreSQL, as managed servers ask for it: the URL says what is checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from marketplace_hooks.database.engine import Database
from marketplace_hooks.errors import DatabaseUnavailable

from ..remote.http.test_tls import Authority
from ..support import databases
from ..support.postgres import Postgres


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_url(restartable_postgres: Postgres, authority: Authority, tmp_path: Path) -> Iterator[str]:
    """A database whose server shows a certificate of the authority, by the loopback port."""
    authority.server_context("127.0.0.1")
    [certificate] = tmp_path.glob("127.0.0.1.*.pem")
    with databases.postgres_database(restartable_postgres) as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as administrator:
            # Written by the server, so that it owns the key and nobody else can read it.
            administrator.execute("CREATE TEMP TABLE pem (line text)")
            with administrator.cursor().copy("COPY pem FROM STDIN") as copy:
                copy.write(certificate.read_text())
            folder = administrator.execute("SHOW data_directory").fetchone()[0]
            administrator.execute(f"COPY pem TO PROGRAM 'umask 077; cat > {folder}/server.pem'")
            administrator.execute("ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
            administrator.execute("ALTER SYSTEM SET ssl_key_file = 'server.pem'")
            administrator.execute("ALTER SYSTEM SET ssl = on")
            administrator.execute("SELECT pg_reload_conf()")
            yield restartable_postgres.url_for(str(make_url(url).database), tcp=True)
            administrator.execute("ALTER SYSTEM RESET ALL")
            administrator.execute("SELECT pg_reload_conf()")


def encrypted(url: str) -> bool:
    database = Database(url)
    try:
        with database.read_session() as session:
            return bool(session.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")))
    finally:
        database.dispose()


def test_the_certificate_is_checked_against_the_named_authority(
    tls_url: str, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other")
    assert encrypted(f"{tls_url}?sslmode=verify-full&sslrootcert={authority.file}")
    assert encrypted(f"{tls_url}?sslmode=require")
    with pytest.raises(DatabaseUnavailable):
        encrypted(f"{tls_url}?sslmode=verify-full&sslrootcert={stranger.file}")
