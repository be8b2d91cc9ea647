"""The built-in voice, really speaking."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.prompts import Language, SynthesisError
from ivr.prompts.levels import measure
from ivr.prompts.ship import ready_files, shipped_texts
from ivr.prompts.sources import READY
from ivr.prompts.speech import kokoro
from ivr.prompts.speech.kokoro import KokoroVoice


@pytest.fixture(scope="module")
def voice() -> KokoroVoice:
    return KokoroVoice(threads=2)


@pytest.mark.parametrize(("text", "lang"), [("您好。", "zh"), ("Hello.", "en")])
def test_given_a_text_then_there_is_speech_of_a_plausible_length(
    voice: KokoroVoice, text: str, lang: Language
) -> None:
    sound = voice.synthesise(text, lang)

    assert sound.rate == 24000
    assert 0.3 < sound.duration_s < 3
    assert measure(sound).active_dbfs > -40
    # speech, not a buzz: most power below 4 kHz, none in one line
    power = np.abs(np.fft.rfft(sound.samples)) ** 2
    hertz = np.fft.rfftfreq(len(sound.samples), 1 / sound.rate)
    assert power[hertz < 4000].sum() > 0.8 * power.sum()
    assert power.max() < 0.2 * power.sum()


@pytest.mark.parametrize("text", ["", "。，", "☎"])
def test_given_nothing_speakable_then_it_says_so(voice: KokoroVoice, text: str) -> None:
    with pytest.raises(SynthesisError):
        voice.synthesise(text, "zh")


def test_given_a_damaged_network_then_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "_MODEL_SHA256", "0" * 64)

    with pytest.raises(SynthesisError, match="damaged"):
        KokoroVoice().synthesise("您好。", "zh")


def test_given_no_network_installed_then_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kokoro, "_PARTS", ("no_such_package_part_1",))

    with pytest.raises(SynthesisError, match="make install"):
        KokoroVoice().synthesise("您好。", "zh")


def test_given_a_very_long_sentence_then_it_is_cut_where_one_breathes() -> None:
    words = ", ".join(["ni↗n xau↓"] * 120)

    pieces = list(kokoro._sentences(words))

    assert all(len(piece) <= kokoro._LONGEST_TOKENS for piece in pieces)
    assert " ".join(pieces) == words


def test_given_the_shipped_texts_then_each_was_spoken_beforehand() -> None:
    missing = [f"{lang}/{key}" for file, (lang, key) in ready_files().items() if not file.exists()]

    assert not missing, "run: python -m ivr.prompts.ship"
    assert len(list(READY.glob("*.flac"))) == len(ready_files())
    assert len(shipped_texts()) > 20
