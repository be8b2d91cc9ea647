"""Reading Chinese text aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.speech.kokoro import _SYMBOLS
from ivr.prompts.speech.mandarin import phonemes, read_numbers


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12345热线", "幺二三四五热线"),
        ("请拨0931-8000000", "请拨零九三幺，八零零零零零零"),
        ("１２３２８", "幺二三二八"),
        ("按1，按2", "按一，按二"),
        ("前面有2位，15位，20位", "前面有两位，十五位，二十位"),
        ("2026年10月1日", "二零二六年十月一日"),
        ("05号", "零五号"),
    ],
)
def test_given_digits_then_they_are_read_as_people_say_them(written: str, read: str) -> None:
    assert read_numbers(written) == read


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("妈麻马骂", "ma→ ma↗ ma↓ ma↘"),
        ("你好", "ni↗ xau↓"),  # third tone before third tone
        ("一个", "i↗ kɤ↘"),
        ("知", "ꭧɨ→"),
        ("全", "ʨʰɥɛ↗n"),
        ("绿", "ly↘"),
        ("银行，行走", "i↗nxa↗ŋ, ɕi↗ŋʦou↓"),
        ("请按*号键", "ʨʰi↓ŋ a↘n ɕi→ŋ xau↘ ʨjɛ↘n"),
    ],
)
def test_given_characters_then_initials_finals_and_tones_are_right(text: str, sounds: str) -> None:
    assert phonemes(text).replace(" ", "") == sounds.replace(" ", "")


def test_given_the_hotline_number_then_it_is_yao_er_san_si_wu() -> None:
    assert phonemes("12345").split() == ["jau→", "ɚ↘", "sa→n", "sɨ↘", "u↓"]


def test_given_punctuation_then_there_are_pauses() -> None:
    assert phonemes("好，好。") == "xau↓, xau↓."


def test_given_what_cannot_be_spoken_then_the_character_is_named() -> None:
    with pytest.raises(ValueError, match="☎"):
        phonemes("请拨打☎")


@given(
    st.text(
        "您好欢迎致电请按键稍候为转接人工座席女全月日四是知吃二儿额啊哦，。！12345 ", max_size=60
    )
)
def test_given_any_chinese_text_then_the_voice_knows_every_symbol(text: str) -> None:
    assert set(phonemes(text)) <= _SYMBOLS.keys()
