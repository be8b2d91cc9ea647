"""Which prompts there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.menus import load_menus
from config.settings import Settings
from ivr.prompts import installation_texts, load_shared_texts


def test_given_the_defaults_then_lines_menus_digits_and_the_dialplan_have_their_prompts(
    settings: Settings,
) -> None:
    texts = installation_texts(settings)

    lines = {f"greeting-{number}" for number in ("12345", "12328", "12333", "12319")}
    digits = {f"digit-{digit}" for digit in range(10)}
    menu = load_menus(None).menus["example"].prompt_key
    assert lines | digits | {menu, "queue-wait", "agent-ready"} <= texts.keys()


def test_given_every_greeting_then_it_tells_that_the_call_is_recorded(settings: Settings) -> None:
    for key, text in installation_texts(settings).items():
        if key.startswith("greeting-"):
            assert "录音" in text.zh
            assert "recorded" in text.en


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('version = 1\n[prompts."../x"]\nzh = "一"\nen = "a"', "../x"),
        ('version = 1\n[prompts.a]\nzh = "一"', "prompts.a.en"),
        ('version = 1\n[prompts.a]\nzh = ""\nen = "a"', "prompts.a.zh"),
        ("version = 1", "prompts"),
        ("version = 2\n[prompts]", "version"),
    ],
)
def test_given_a_faulty_file_then_file_and_key_are_named(
    tmp_path: Path, content: str, key: str
) -> None:
    file = tmp_path / "prompts.toml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_shared_texts(file)
    assert caught.value.file == file
    assert key in str(caught.value)
