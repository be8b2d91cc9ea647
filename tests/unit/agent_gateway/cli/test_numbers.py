from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.cli import app
from config.data_file import DEFAULTS

runner = CliRunner()


@pytest.fixture(autouse=True)
def _plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_NUMBER_PLAN", str(DEFAULTS / "numberplan-modes.toml"))


def test_given_a_retired_number_when_previewed_then_each_step_and_the_end_are_said() -> None:
    ran = runner.invoke(app, ["numbers", "preview", "+8693112336", "--at", "2026-06-01"])
    assert ran.exit_code == 0, ran.output
    assert "line 12336" in ran.stdout
    assert ran.stdout.count("zh/announcement-12336") == 2
    assert "5. with any key meanwhile: answered" in ran.stdout
    assert "6. is released, not answered (Q.850 cause 1)" in ran.stdout


@pytest.mark.parametrize(
    ("at", "kinds", "until"),
    [
        ("2025-12-31T23:59:59", ["answer", "greet", "queue"], "2025-12-31"),
        ("2026-01-01", ["announce", "announce", "answer", "greet", "queue"], "2026-12-31"),
        ("2026-12-31T16:00:00+00:00", ["release"], None),
    ],
)
def test_given_a_time_when_previewed_then_the_stage_of_that_moment(
    at: str, kinds: list[str], until: str | None
) -> None:
    ran = runner.invoke(app, ["numbers", "preview", "96119", "--at", at, "--json"])
    seen = json.loads(ran.stdout)
    assert [step["kind"] for step in seen["steps"]] == kinds
    assert seen["until"] == until


def test_given_an_unknown_number_when_previewed_then_said_so() -> None:
    ran = runner.invoke(app, ["numbers", "preview", "99999"])
    assert "not in the number plan" in ran.stdout
    assert "queue hotline" in ran.stdout


@pytest.mark.parametrize("at", ["tomorrow", "0001-01-01T00:00:00+10:00", "+08:00:30"])
def test_given_no_time_when_previewed_then_a_plain_error(at: str) -> None:
    ran = runner.invoke(app, ["numbers", "preview", "96119", "--at", at])
    assert ran.exit_code == 2
    assert "2026-12-01T08:30" in ran.output


def test_given_the_plan_when_listed_then_every_stage_with_exactly_one_in_force() -> None:
    rows = json.loads(runner.invoke(app, ["numbers", "list", "--json"]).stdout)
    numbers = {row["number"] for row in rows}
    assert {"12345", "96119", "12301", "12366"} <= numbers
    for number in numbers:
        assert sum(row["in_force"] for row in rows if row["number"] == number) == 1
    assert runner.invoke(app, ["numbers", "list"]).stdout.count("*") == len(numbers)
