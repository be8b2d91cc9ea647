from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.auth import Auth
from agent_gateway.cli import app
from agent_gateway.store import Store
from config.settings import load_secrets


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOTLINE_INSTALL_DIR", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def _run(*words: str, typed: str = "", code: int = 0) -> str:
    result = CliRunner().invoke(app, ["user", *words], input=typed)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def _audit(data_dir: Path) -> list[tuple[str, str]]:
    async def ask() -> list[tuple[str, str]]:
        store = Store(f"sqlite+aiosqlite:///{data_dir / 'hotline.db'}")
        try:
            return [(row.action, row.object) for row in await store.audit.latest()]
        finally:
            await store.close()

    return asyncio.run(ask())


def _log_in(data_dir: Path, username: str, password: str) -> str:
    async def ask() -> str:
        store = Store(f"sqlite+aiosqlite:///{data_dir / 'hotline.db'}")
        try:
            auth = Auth(store, load_secrets(data_dir).session_key, 1)
            _, who = await auth.login(username, password, "127.0.0.1")
            return who.extension
        finally:
            await store.close()

    return asyncio.run(ask())


def test_given_a_fresh_machine_when_an_agent_is_added_then_the_account_and_telephone_are_shown(
    data_dir: Path,
) -> None:
    made = json.loads(
        _run("add", "zhang", "--extension", "8003", "--display-name", "张三", "--json")
    )
    assert made["sip_user"] == "agent-8003"
    assert len(made["sip_password"]) >= 8
    assert made["sip_server"] == "127.0.0.1:5060"
    # there is no Asterisk here: the account exists, and the operator is told
    assert "hotline run" in made["note"]
    assert _log_in(data_dir, "zhang", made["password"]) == "8003"
    assert stat.S_IMODE((data_dir / "hotline.db").stat().st_mode) == 0o600
    [user] = [json.loads(line) for line in _run("list", "--json").splitlines()]
    assert (user["display_name"], user["active"]) == ("张三", True)
    assert made["password"] not in _run("list", "--json")


def test_given_a_password_on_standard_input_when_added_then_it_is_taken_and_not_shown(
    data_dir: Path,
) -> None:
    text = _run("add", "boss", "--role", "supervisor", "--password", "-", typed="long enough 1\n")
    assert "long enough" not in text
    assert _log_in(data_dir, "boss", "long enough 1") == ""


@pytest.mark.parametrize(
    ("words", "typed", "reason"),
    [
        (("add", "zhang"), "", "needs an extension"),
        (("add", "zh ang", "--extension", "8003"), "", "a name has"),
        (("add", "zhang", "--extension", "80x3"), "", "2 to 8 digits"),
        (("add", "zhang", "--role", "king"), "", "--role must be one of"),
        (("add", "z", "--role", "admin", "--password", "secret"), "", "seen by others"),
        (("add", "z", "--role", "admin", "--password", "-"), "short\n", "at least 10"),
        (("add", "z", "--role", "admin", "--password", "-"), "", "no password"),
        (("passwd", "nobody"), "", "there is no user nobody"),
        (("disable", "nobody"), "", "there is no user nobody"),
    ],
)
def test_given_a_wrong_command_when_run_then_one_plain_sentence(
    data_dir: Path, words: tuple[str, ...], typed: str, reason: str
) -> None:
    output = _run(*words, typed=typed, code=1)
    assert reason in output
    assert "Traceback" not in output


def test_given_accounts_when_changed_then_each_change_is_in_the_audit_trail(
    data_dir: Path,
) -> None:
    _run("add", "boss", "--role", "supervisor")
    assert "is taken" in _run("add", "boss", "--role", "admin", code=1)
    new = json.loads(_run("passwd", "boss", "--json"))["password"]
    _run("disable", "boss")
    assert "(disabled)" in _run("list")
    _run("enable", "boss")
    assert _log_in(data_dir, "boss", new) == ""
    assert _audit(data_dir) == [
        ("login", ""),
        ("user.enable", "boss"),
        ("user.disable", "boss"),
        ("user.passwd", "boss"),
        ("user.add", "boss"),
    ]


def test_given_a_data_folder_that_cannot_be_made_when_run_then_one_plain_sentence(
    data_dir: Path,
) -> None:
    data_dir.write_text("a file in the way")
    output = _run("list", code=1)
    assert "the database cannot be used" in output
    assert "Traceback" not in output


def test_given_skills_when_set_and_cleared_then_shown_and_audited(data_dir: Path) -> None:
    _run("add", "zhang", "--extension", "8003")
    assert "as everybody" in _run("skills", "zhang")
    told = json.loads(_run("skills", "zhang", "hotline=2", "--json"))
    assert told == {"username": "zhang", "skills": {"hotline": 2}, "queues": {"hotline": 2}}
    assert "hotline (level 2)" in _run("skills", "zhang")
    assert "there is no queue english" in _run("skills", "zhang", "english=1", code=1)
    assert "QUEUE=LEVEL" in _run("skills", "zhang", "hotline=best", code=1)
    assert "no user" in _run("skills", "nobody", "hotline", code=1)
    assert "as everybody" in _run("skills", "zhang", "--clear")
    assert _audit(data_dir)[:2] == [("user.skills", "zhang")] * 2
