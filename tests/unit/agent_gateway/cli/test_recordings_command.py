from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from time import time

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from agent_gateway.cli import app
from agent_gateway.journal import fold_call
from agent_gateway.store import Entry, Store
from config.settings import Settings
from telephony.events import RecordingSealed
from telephony.recordings import Archive, Archived, CallFacts, raw_pair

CALL = "hotline-1761700000.7"
runner = CliRunner()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    return Settings(data_dir=tmp_path)


@pytest.fixture
def recording(settings: Settings) -> Archived:
    pair = raw_pair(settings.recording_spool, CALL)
    pair.spool.mkdir(parents=True)
    pair.rx.write_bytes(np.full(8000, 1000, "<i2").tobytes())
    sealed = Archive.of(settings).seal(pair, CallFacts(line="12328", caller="139****0001"))
    assert sealed is not None
    return sealed


def test_given_whole_recordings_when_verified_then_exit_code_is_zero(recording: Archived) -> None:
    ran = runner.invoke(app, ["recordings", "verify"])
    assert ran.exit_code == 0, ran.output
    assert "1 recordings" in ran.stdout
    assert "all as sealed" in ran.stdout


def test_given_a_missing_file_when_verified_then_it_is_named_and_exit_code_is_one(
    settings: Settings, recording: Archived
) -> None:
    (settings.archive_dir / recording.path).unlink()
    ran = runner.invoke(app, ["recordings", "verify"])
    assert ran.exit_code == 1
    assert f"missing              {recording.path} (call {CALL})" in ran.stdout
    ran = runner.invoke(app, ["recordings", "verify", "--json"])
    assert ran.exit_code == 1
    report = json.loads(ran.stdout)
    assert [(f["damage"], f["call_id"]) for f in report["faults"]] == [("missing", CALL)]


def test_given_a_database_that_knows_another_when_verified_then_it_is_missed(
    settings: Settings, recording: Archived
) -> None:
    async def keep() -> None:
        store = Store(settings.database_url)
        await store.migrate()
        now = datetime.now(UTC)
        for number, (call_id, path) in enumerate(
            [(CALL, recording.path.as_posix()), ("hotline-1.1", "2025/01/01/none.flac")]
        ):
            event = RecordingSealed(
                at=now,
                call_id=call_id,
                sha256="0" * 64,
                path=path,
                duration_ms=1,
                size=1,
                retain_until=now,
            )
            await store.events.append([Entry(number, event)], fold_call)
        await store.close()

    asyncio.run(keep())
    ran = runner.invoke(app, ["recordings", "verify", "--json"])
    faults = json.loads(ran.stdout)["faults"]
    assert [(f["damage"], f["call_id"]) for f in faults] == [("record_without_file", "hotline-1.1")]


def test_given_recordings_when_listed_then_each_is_a_line(recording: Archived) -> None:
    ran = runner.invoke(app, ["recordings", "list"])
    assert ran.exit_code == 0
    assert CALL in ran.stdout
    assert "12328" in ran.stdout
    [line] = runner.invoke(app, ["recordings", "list", "--json"]).stdout.splitlines()
    assert json.loads(line)["sha256"] == recording.entry.sha256
    assert runner.invoke(app, ["recordings", "list", "--since", "2999-01-01"]).stdout == ""
    assert runner.invoke(app, ["recordings", "list", "--since", "soon"]).exit_code == 1


@pytest.fixture
def two_years_later(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls.fromtimestamp(time() + 2 * 366 * 86_400, tz)

    monkeypatch.setattr("telephony.recordings.retention.datetime", Later)


def run(*words: str) -> Result:
    return runner.invoke(app, ["recordings", *words])


def test_given_young_recordings_when_the_due_are_deleted_then_all_stay(
    settings: Settings, recording: Archived
) -> None:
    assert run("due").stdout == ""
    ran = run("delete-due", "--reason", "retention is over")
    assert (ran.exit_code, ran.stdout[:2]) == (0, "0 ")
    assert (settings.archive_dir / recording.path).is_file()


@pytest.mark.usefixtures("two_years_later")
def test_given_a_legal_hold_when_the_due_are_deleted_then_it_stays_until_released(
    settings: Settings, recording: Archived
) -> None:
    file = settings.archive_dir / recording.path
    ran = run("hold", CALL, "--reason", "case 17")
    assert (ran.exit_code, ran.stdout) == (
        0,
        f"1 recordings of call {CALL} are under legal hold.\n",
    )
    assert "case 17" in run("due").stdout
    assert json.loads(run("due", "--json").stdout)["hold"]["reason"] == "case 17"
    ran = run("delete-due", "--reason", "retention is over")
    assert ran.stdout == "0 recordings deleted, 1 kept under legal hold.\n"
    assert file.is_file()

    assert run("release", CALL, "--reason", "case closed").exit_code == 0
    ran = run("delete-due", "--reason", "retention is over")
    assert ran.stdout.endswith("1 recordings deleted, 0 kept under legal hold.\n")
    assert not file.exists()
    assert run("due").stdout == ""
    assert run("verify").exit_code == 0


@pytest.mark.usefixtures("two_years_later")
def test_given_no_reason_or_no_such_call_then_a_plain_error_and_nothing_is_changed(
    settings: Settings, recording: Archived
) -> None:
    for words in (("delete-due",), ("hold", CALL)):
        ran = run(*words, "--reason", " ")
        assert ran.exit_code == 1
        assert "--reason must say why" in ran.stderr
    ran = run("hold", "hotline-1.1", "--reason", "case 17")
    assert ran.exit_code == 1
    assert "no recording of call" in ran.stderr
    assert (settings.archive_dir / recording.path).is_file()
