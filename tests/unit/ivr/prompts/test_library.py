"""Finding prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts import PromptLibrary, is_prompt_key
from ivr.prompts.wavefile import write_wav
from tests.unit.ivr.prompts.conftest import tone


@pytest.fixture
def library(tmp_path: Path) -> PromptLibrary:
    write_wav(tmp_path / "zh" / "welcome.wav", tone(500, 1.5))
    write_wav(tmp_path / "en" / "welcome.wav", tone(500, 2.0))
    write_wav(tmp_path / "zh" / "only-chinese.wav", tone(500, 1.0))
    return PromptLibrary(tmp_path)


def test_given_a_prompt_then_its_absolute_path_has_no_extension(
    library: PromptLibrary, tmp_path: Path
) -> None:
    assert library.path("welcome", "en") == tmp_path.resolve() / "en" / "welcome"
    assert library.duration_s("welcome", "en") == pytest.approx(2.0)


@pytest.mark.parametrize("lang", ["en", "de", "", "../zh"])
def test_given_no_such_prompt_in_a_language_then_the_chinese_one_is_played(
    library: PromptLibrary, tmp_path: Path, lang: str
) -> None:
    assert library.path("only-chinese", lang) == tmp_path.resolve() / "zh" / "only-chinese"
    assert library.duration_s("only-chinese", lang) == pytest.approx(1.0)


def test_given_no_such_prompt_then_there_is_none(library: PromptLibrary) -> None:
    assert library.path("missing", "zh") is None
    assert library.duration_s("missing", "zh") == 0.0


def test_given_a_replaced_prompt_then_the_new_duration_is_told(
    library: PromptLibrary, tmp_path: Path
) -> None:
    assert library.duration_s("welcome", "zh") == pytest.approx(1.5)
    write_wav(tmp_path / "zh" / "welcome.wav", tone(500, 3.0))

    assert library.duration_s("welcome", "zh") == pytest.approx(3.0)


def test_given_a_damaged_prompt_then_its_duration_is_nought(
    library: PromptLibrary, tmp_path: Path
) -> None:
    (tmp_path / "zh" / "welcome.wav").write_bytes(b"RIFF\0\0\0\0WAVE")

    assert library.duration_s("welcome", "zh") == 0.0


@pytest.mark.parametrize(
    "key", ["", "../x", "a/b", "/etc/passwd", "a.b", "a b", "你好", "a\n", "-a"]
)
def test_given_what_cannot_be_a_key_then_it_is_refused(library: PromptLibrary, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a prompt"):
        library.path(key, "zh")
    with pytest.raises(ValueError, match="cannot be the name of a prompt"):
        library.duration_s(key, "zh")


@given(st.text(max_size=100))
def test_given_any_accepted_key_then_it_stays_in_its_folder(key: str) -> None:
    if is_prompt_key(key):
        base = Path("/srv/prompts/zh")
        assert (base / f"{key}.wav").resolve().parent == base
