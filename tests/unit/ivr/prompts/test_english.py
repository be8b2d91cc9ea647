"""Reading English text aloud."""

from __future__ import annotations

import pytest

from ivr.prompts.ship import shipped_texts
from ivr.prompts.speech.english import phonemes
from ivr.prompts.speech.kokoro import _SYMBOLS


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("Please hold.", "plˈiz hˈOld."),
        ("12345", "wˈʌn tˈu θɹˈi fˈɔɹ fˈIv"),
        ("the call, the English line", "ðə kˈɔl, ði ˈɪŋɡlɪʃ lˈIn"),
        ("agents", "ˈAʤᵊnts"),  # an inflected form
        ("hotline", "hˈɑtlˌIn"),  # two words in one
        ("press *", "pɹˈɛs stˈɑɹ"),
        ("qzx", "kjˈu zˈi ˈɛks"),  # no word at all: spelled
    ],
)
def test_given_words_then_they_sound_as_in_the_dictionary(text: str, sounds: str) -> None:
    assert phonemes(text) == sounds


def test_given_the_shipped_texts_then_the_voice_knows_every_symbol() -> None:
    for text in shipped_texts().values():
        assert set(phonemes(text.en)) <= _SYMBOLS.keys()


def test_given_what_cannot_be_spoken_then_the_character_is_named() -> None:
    with pytest.raises(ValueError, match="好"):
        phonemes("hello 好")
