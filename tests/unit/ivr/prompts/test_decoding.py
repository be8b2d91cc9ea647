"""Whatever file is brought: it is read, or refused with a reason, and nothing else happens."""

from __future__ import annotations

import contextlib
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.prompts.decoding import UnfitRecordingError, decode
from ivr.prompts.wavefile import UnreadableSoundError
from tests.live.harness.hotline import SPEECH as FOLDER

SPEECH = FOLDER / "05_bus_caller.wav"


def _wav(file: Path, seconds: float, rate: int = 8000, channels: int = 1) -> Path:
    noise = np.random.default_rng(1).uniform(-0.2, 0.2, (int(seconds * rate), channels))
    soundfile.write(file, noise, rate)
    return file


def test_given_speech_when_decoded_then_every_sample_is_there() -> None:
    sound = decode(SPEECH)
    samples, rate = soundfile.read(SPEECH, dtype="float32")
    assert sound.rate == rate
    assert np.allclose(sound.samples, samples, atol=1e-4)


def test_given_several_channels_when_decoded_then_they_are_mixed_to_one(tmp_path: Path) -> None:
    left = np.full(8000, 0.5)
    soundfile.write(tmp_path / "two.wav", np.stack([left, np.zeros(8000)], axis=1), 8000)
    sound = decode(tmp_path / "two.wav")
    assert sound.samples[4000] == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("song.m4a", b"\0\0\0\x20ftypM4A " + b"\0" * 400),
        ("page.mp3", b"<!DOCTYPE html><html><body>404</body></html>"),
        ("program.wav", b"\x7fELF" + bytes(range(256)) * 40),
        ("empty.wav", b""),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n"),
        ("list.txt", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("header.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"),
        ("zeros.flac", b"fLaC" + b"\0" * 5000),
    ],
)
def test_given_another_kind_of_file_then_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableSoundError, match=r"WAV, MP3, OGG, FLAC or M4A|no samples"):
        decode(tmp_path / name)


def test_given_a_playlist_in_disguise_then_what_it_names_is_not_opened(tmp_path: Path) -> None:
    listed = _wav(tmp_path / "listed.wav", 1.0)
    (tmp_path / "list.wav").write_text(f"#EXTM3U\n#EXTINF:1,\n{listed}\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnreadableSoundError):
        decode(tmp_path / "list.wav")


def test_given_a_small_file_that_unpacks_to_hours_then_refused_as_too_long(tmp_path: Path) -> None:
    silence = np.zeros(3 * 3600 * 8000, np.int16)
    soundfile.write(tmp_path / "bomb.flac", silence, 8000)
    assert (tmp_path / "bomb.flac").stat().st_size < 1 << 20
    with pytest.raises(UnfitRecordingError, match="too long"):
        decode(tmp_path / "bomb.flac")


def test_given_a_header_that_promises_more_than_there_is_then_refused_as_cut_off(
    tmp_path: Path,
) -> None:
    whole = _wav(tmp_path / "whole.flac", 20.0)
    (tmp_path / "cut.flac").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UnfitRecordingError, match="cut off"):
        decode(tmp_path / "cut.flac")


def test_given_a_file_of_hundreds_of_channels_then_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "wide.wav"), "wb") as file:
        file.setnchannels(255)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0" * 510 * 100)
    with pytest.raises(UnreadableSoundError):
        decode(tmp_path / "wide.wav")


def test_given_a_file_that_is_too_large_then_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(60 << 20)

    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("a decoder was started")

    monkeypatch.setattr(subprocess, "run", nobody)
    with pytest.raises(UnfitRecordingError, match="too large"):
        decode(tmp_path / "huge.wav")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=64))
def test_given_a_file_with_damage_then_sound_or_a_plain_refusal(
    tmp_path_factory: pytest.TempPathFactory, at: int, damage: bytes
) -> None:
    file = _wav(tmp_path_factory.mktemp("damaged") / "a.flac", 1.0)
    content = bytearray(file.read_bytes())
    content[at : at + len(damage)] = damage
    file.write_bytes(bytes(content))
    with contextlib.suppress(UnreadableSoundError, UnfitRecordingError):
        assert len(decode(file).samples)
