"""``hotline prompts`` as an operator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.cli import app
from ivr.prompts.speech import kokoro
from ivr.prompts.speech.external import EspeakVoice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_INSTALL_DIR", str(tmp_path / "install"))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data" / "prompts"


def test_given_a_new_installation_then_check_names_what_is_missing_and_render_mends_it(
    folder: Path,
) -> None:
    before = CliRunner().invoke(app, ["prompts", "check"])
    rendered = CliRunner().invoke(app, ["prompts", "render"])
    after = CliRunner().invoke(app, ["prompts", "check", "--json"])

    assert before.exit_code == 1
    assert "zh/greeting-12345: is missing" in before.output
    assert rendered.exit_code == 0, rendered.output
    # all shipped texts were spoken beforehand: nothing has to be spoken here
    assert " 0 spoken," in rendered.output
    assert (after.exit_code, json.loads(after.output)) == (0, [])
    assert (folder / "zh" / "greeting-12345.wav").is_file()


def test_given_a_text_that_no_voice_can_speak_then_render_says_so_and_fails(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro, "_PARTS", ("no_such_package_part_1",))
    monkeypatch.setattr(EspeakVoice, "find", staticmethod(lambda: None))
    plan = tmp_path / "plan.toml"
    plan.write_text(
        "version = 1\n[lines.12345]\nmode = 'main'\n"
        "name = { zh = '热线', en = 'Hotline' }\n"
        "greeting = { zh = '新的问候。', en = 'A new greeting.' }\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HOTLINE_NUMBER_PLAN", str(plan))

    result = CliRunner().invoke(app, ["prompts", "render", "--json"])

    assert result.exit_code == 1
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["without_voice"] == ["zh/greeting-12345", "en/greeting-12345"]
    assert (folder / "zh" / "greeting-12345.wav").is_file()


def test_given_a_faulty_settings_file_then_it_is_named(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[prompts]\nvoice = 'robot'\n")

    result = CliRunner().invoke(app, ["prompts", "check", "--config", str(file)])

    assert result.exit_code == 2
    assert "broken.toml: prompts.voice" in result.stderr
