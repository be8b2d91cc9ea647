import shutil
import sqlite3
from pathlib import Path

import pytest

from agent_gateway.doctor import Status, storage
from agent_gateway.doctor.storage import check_data_files, check_database, check_disk
from agent_gateway.store import migrate
from config.settings import DatabaseSettings, Settings


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


def test_given_a_wrong_number_plan_when_checked_then_the_file_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("lines = 3\n")
    (finding,) = check_data_files(Settings(number_plan=plan))
    assert finding.status is Status.FAIL
    assert "plan.toml" in finding.message


def test_given_the_shipped_files_when_checked_then_well() -> None:
    (finding,) = check_data_files(Settings())
    assert finding.status is Status.OK


@pytest.mark.parametrize(
    ("free", "status"),
    [
        (storage.SCARCE_BYTES, Status.OK),
        (storage.SCARCE_BYTES - 1, Status.WARN),
        (storage.LOWEST_BYTES - 1, Status.FAIL),
    ],
)
def test_given_free_space_when_checked_then_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (finding,) = check_disk(Settings(data_dir=tmp_path / "not/there/yet"))
    assert finding.status is status
