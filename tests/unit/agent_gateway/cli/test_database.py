from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.auth import Accounts, Role
from agent_gateway.cli import app
from agent_gateway.store import Store
from agent_gateway.supervisor.lock import only_supervisor
from tests.databases.database import PostgresDatabase
from tests.databases.server import PASSWORD, PostgresServer


@pytest.fixture
def target(postgresql: PostgresServer) -> Iterator[PostgresDatabase]:
    """A new database, as made by an operator."""
    name = asyncio.run(postgresql.create())
    yield PostgresDatabase(postgresql, name)
    asyncio.run(postgresql.drop(name))


@pytest.fixture
def data_dir(tmp_path: Path, database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of an installation on SQLite with one account."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        store = Store(f"sqlite+aiosqlite:///{database_file}")
        await Accounts(store, "cli:li").add("zhang", Role.AGENT, extension="8001")
        await store.close()

    asyncio.run(fill())
    return tmp_path


def copied(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["database", "copy", *words])
    assert PASSWORD not in ran.output
    return ran.exit_code, ran.output


def test_given_an_empty_database_when_copied_then_the_hotline_goes_on_there_and_only_once(
    data_dir: Path, target: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE__URL", target.url)
    code, said = copied()
    assert code == 0, said
    assert f"2 rows are in PostgreSQL; {data_dir / 'hotline.db'} is as it was." in said

    async def there() -> tuple[list[str], list[str]]:
        store = Store(target.url)
        users, audit = await store.users.all(), await store.audit.latest()
        await store.close()
        return [one.username for one in users], [one.action for one in audit]

    assert asyncio.run(there()) == (["zhang"], ["database.copy", "user.add"])
    code, said = copied()
    assert (code, "not empty" in said, "nothing was copied" in said) == (1, True, True)


def test_given_a_hotline_that_runs_when_copied_then_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE__URL", "postgresql://u@127.0.0.1:1/h")
    with only_supervisor(data_dir):
        code, said = copied()
    assert (code, "already runs" in said) == (1, True)


@pytest.mark.parametrize(
    ("url", "words", "told"),
    [
        ("", (), "set database.url to the PostgreSQL database first"),
        ("postgresql://u@127.0.0.1:1/h", ("--from", "none.db"), "there is no none.db"),
        ("postgresql://u@127.0.0.1:1/h", (), "127.0.0.1:1"),
    ],
)
def test_given_what_cannot_be_copied_then_what_to_do_is_said(
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    words: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE__URL", url)
    code, said = copied(*words)
    assert (code, told in said) == (1, True), said


def test_given_a_file_that_is_no_database_when_copied_then_said(
    data_dir: Path, target: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE__URL", target.url)
    (data_dir / "other.db").write_text("no database" * 100)
    code, said = copied("--from", "other.db")
    assert (code, "file is not a database" in said, "Traceback" in said) == (1, True, False)
