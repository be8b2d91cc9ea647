import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_gateway.doctor import Finding, Status, database
from agent_gateway.doctor.database import check_database
from agent_gateway.store import engine, migrate
from config.settings import DatabaseSettings, Settings
from telephony.testphone.configuration import free_port
from tests.databases.database import PostgresDatabase
from tests.databases.server import PASSWORD, PostgresServer


def test_given_no_database_when_checked_then_it_is_said_and_none_is_made(tmp_path: Path) -> None:
    (finding,) = check_database(Settings(data_dir=tmp_path))
    assert finding.status is Status.WARN
    assert "hotline run" in finding.mend
    assert list(tmp_path.iterdir()) == []


def test_given_a_migrated_database_when_checked_then_well(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    migrate(settings.database_url)
    (finding,) = check_database(settings)
    assert finding.status is Status.OK


def test_given_another_schema_when_checked_then_both_are_named(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    migrate(settings.database_url)
    connection = sqlite3.connect(tmp_path / "hotline.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    (finding,) = check_database(settings)
    assert finding.status is Status.FAIL
    assert "9999" in finding.message


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be read as one" * 9])
def test_given_a_file_that_is_no_database_when_checked_then_a_finding(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "hotline.db").write_bytes(content)
    (finding,) = check_database(Settings(data_dir=tmp_path))
    assert finding.status is Status.FAIL


def test_given_a_password_in_the_address_when_it_fails_then_it_is_not_shown(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite://user:geheim@/{tmp_path}"
    findings = list(check_database(Settings(data_dir=tmp_path, database=DatabaseSettings(url=url))))
    assert findings
    assert not any("geheim" in finding.message for finding in findings)


def finding(url: str) -> Finding:
    """The only one; a password is never in it."""
    (found,) = check_database(Settings(database=DatabaseSettings(url=url)))
    for secret in (PASSWORD, "p%40ss", "geheim"):
        assert secret not in found.message + found.mend
    return found


def test_given_postgresql_when_checked_then_its_version_place_and_schema(
    migrated_postgres: PostgresDatabase,
) -> None:
    found = finding(migrated_postgres.url)
    assert found.status is Status.OK
    assert found.message.startswith("PostgreSQL ")
    assert f"at 127.0.0.1:{migrated_postgres.server.port}, schema" in found.message


def test_given_a_wrong_password_when_checked_then_said(
    migrated_postgres: PostgresDatabase,
) -> None:
    server = migrated_postgres.server
    found = finding(server.url(migrated_postgres.name, password="geheim"))
    assert found.status is Status.FAIL
    assert "refuses the password of user hotline" in found.message


def test_given_no_such_database_when_checked_then_how_to_make_it(
    postgresql: PostgresServer,
) -> None:
    found = finding(postgresql.url("nowhere"))
    assert (found.status, "has no database nowhere" in found.message) == (Status.FAIL, True)
    assert 'CREATE DATABASE "nowhere" OWNER "hotline"' in found.mend


def test_given_an_empty_database_when_checked_then_what_makes_the_schema(
    postgresql: PostgresServer,
) -> None:
    name = asyncio.run(postgresql.create())
    found = finding(postgresql.url(name))
    asyncio.run(postgresql.drop(name))
    assert (found.status, found.mend) == (Status.WARN, "hotline run makes it")


def test_given_a_database_that_cannot_keep_chinese_when_checked_then_said(
    postgresql: PostgresServer,
) -> None:
    asyncio.run(
        postgresql.order("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    )
    found = finding(postgresql.url("latin"))
    asyncio.run(postgresql.drop("latin"))
    assert (found.status, "is in LATIN1" in found.message) == (Status.FAIL, True)


def test_given_an_old_server_when_checked_then_what_is_needed(
    migrated_postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OLDEST_POSTGRESQL", 99)
    found = finding(migrated_postgres.url)
    assert (found.status, found.mend) == (Status.FAIL, "PostgreSQL 99 or newer")


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_given_no_server_or_a_silent_one_when_checked_then_where_it_was_looked_for(
    silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CONNECT_S", 0.3)
    closed = free_port(socket.SOCK_STREAM)
    for port in (closed, silent):
        found = finding(f"postgresql://hotline:geheim@127.0.0.1:{port}/hotline")
        assert found.status is Status.FAIL
        assert f"no PostgreSQL answers at 127.0.0.1:{port}" in found.message
        assert "calls go on" in found.mend


def test_given_no_driver_when_the_doctor_is_called_then_what_to_install_and_no_password(
    tmp_path: Path,
) -> None:
    hidden = "import sys; sys.modules['asyncpg'] = None; from agent_gateway.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "doctor", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"HOTLINE_DATABASE__URL": "postgresql://hotline:geheim@db.example/x"},
    )
    assert "geheim" not in done.stdout + done.stderr
    (found,) = json.loads(done.stdout)["findings"]
    assert "the driver asyncpg is not installed; install hotline[postgres]" in found["message"]
