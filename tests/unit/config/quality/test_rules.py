"""The rules file."""

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.quality import load_quality_rules


def test_given_the_shipped_rules_when_loaded_then_all_are_on() -> None:
    rules = load_quality_rules(None)
    assert None not in (rules.forbidden, rules.greeting, rules.interruption, rules.silence)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('version = 1\n[forbidden]\nsays = ["("]\n', "forbidden.says.0"),
        ("version = 1\n[silence]\nseconds = 1\n", "silence.seconds"),
        ("version = 1\n[rudeness]\n", "rudeness"),
        ("", "version"),
    ],
)
def test_given_a_wrong_file_when_loaded_then_the_error_names_the_key(
    tmp_path: Path, text: str, key: str
) -> None:
    file = tmp_path / "quality.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_quality_rules(file)
    assert key in str(caught.value)
