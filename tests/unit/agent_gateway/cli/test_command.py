"""What all commands have in common."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.cli import app
from agent_gateway.cli.command import operator

COMMANDS = (
    "asr again",
    "configuration history menus",
    "configuration reload",
    "database copy",
    "model list",
    "numbers list",
    "prompts check",
    "prompts history announcement-96119",
    "recordings due",
    "user list",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_given_settings_with_a_fault_when_a_command_is_run_then_it_is_told_and_exit_code_is_2(
    command: str, tmp_path: Path
) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text("[web]\nport = 0\n", encoding="utf-8")
    ran = CliRunner().invoke(app, [*command.split(), "--config", str(file)])
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"{file}: web.port: ")


def test_given_a_user_of_the_system_without_a_name_then_the_trail_says_that_it_was_a_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert operator().startswith("cli:")

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert operator() == "cli"
