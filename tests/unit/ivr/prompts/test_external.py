"""Voices that are programs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ivr.prompts import SynthesisError
from ivr.prompts.speech.external import CommandVoice, EspeakVoice

_WRITES_A_TONE = """
import sys, wave
text, lang, out = sys.argv[1:4]
assert sys.stdin.read() == text
with wave.open(out, "wb") as file:
    file.setnchannels(1); file.setsampwidth(2); file.setframerate(16000)
    file.writeframes(b"\\x00\\x20" * (1000 * len(text)))
"""


def _python(code: str, *words: str) -> CommandVoice:
    return CommandVoice([sys.executable, "-c", code, *words, "{out}"])


@pytest.mark.parametrize("text", ["您好", "a; touch x", "$(id)", '"quoted"', "{out}", "-v"])
def test_given_a_command_then_it_gets_the_text_untouched_and_its_sound_is_taken(text: str) -> None:
    sound = _python(_WRITES_A_TONE, "{text}", "{lang}").synthesise(text, "zh")

    assert (sound.rate, len(sound.samples)) == (16000, 1000 * len(text))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no licence')", "ended with code 1: no licence"),
        ("", "wrote no audio"),
        ("import sys; open(sys.argv[-1], 'w').write('text')", "wrote no audio"),
    ],
)
def test_given_a_command_that_fails_then_the_reason_is_told(code: str, reason: str) -> None:
    with pytest.raises(SynthesisError, match=reason):
        _python(code).synthesise("您好", "zh")


def test_given_a_command_that_is_not_there_then_the_reason_is_told() -> None:
    with pytest.raises(SynthesisError, match="could not be run"):
        CommandVoice(["/no/such/voice", "{out}"]).synthesise("您好", "zh")


def test_given_a_command_without_an_output_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\{out\}"):
        CommandVoice(["say", "{text}"])


def test_given_espeak_then_chinese_reaches_it_as_pinyin_and_english_as_it_is(
    tmp_path: Path,
) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text(f'#!/bin/sh\necho "$2 $7" > {tmp_path}/said\nexit 3\n')
    program.chmod(0o755)

    with pytest.raises(SynthesisError):
        EspeakVoice(program).synthesise("您好，12345", "zh")
    assert (tmp_path / "said").read_text() == "cmn-latn-pinyin nin2 hao3 , yao1 er4 san1 si4 wu3\n"
    with pytest.raises(SynthesisError):
        EspeakVoice(program).synthesise("Please hold.", "en")
    assert (tmp_path / "said").read_text() == "en-us Please hold.\n"
