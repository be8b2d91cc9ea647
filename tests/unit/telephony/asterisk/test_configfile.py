"""Reading Asterisk's configuration files."""

from __future__ import annotations

from pathlib import Path

import pytest

from telephony.asterisk.configfile import ConfigFileError, read_config_file


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.conf"
    path.write_text(text, encoding="utf-8")
    return path


def test_given_sections_then_entries_are_kept_in_order_with_repeats(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "; 说明\n[general]\nenabled=yes ; on\n\n[from-trunk]\nexten => 1,1,Answer()\n"
        " same => n,Set(A=b\\;c)\n",
    )
    general, trunk = read_config_file(path)
    assert general.entries == (("enabled", "yes"),)
    assert trunk.entries == (("exten", "1,1,Answer()"), ("same", "n,Set(A=b;c)"))
    assert trunk.get("exten") == ["1,1,Answer()"]


def test_given_templates_then_their_marks_are_kept_apart_from_the_name(tmp_path: Path) -> None:
    base, agent = read_config_file(write(tmp_path, "[base](!)\ntype=aor\n[agent](base) ; x\na=1\n"))
    assert (base.name, base.marks) == ("base", "!")
    assert (agent.name, agent.marks) == ("agent", "base")


@pytest.mark.parametrize("text", ["[a\nb=1\n", "[a]\nnonsense\n", "b=1\n"])
def test_given_a_broken_line_then_the_error_names_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigFileError, match=r"x\.conf: line \d"):
        read_config_file(write(tmp_path, text))
