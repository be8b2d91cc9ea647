"""Recordings brought by people: checked, converted, kept, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from agent_gateway.cli import app
from tests.live.harness.audio import samples

RATE = 44100
KEY = "queue-wait"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_INSTALL_DIR", str(tmp_path / "install"))
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data" / "prompts"


def tone(file: Path, hertz: float, seconds: float = 2.0, loud: float = 0.05) -> Path:
    """A stereo recording; a sine, so that a version is told from another by its pitch."""
    time = np.arange(int(seconds * RATE)) / RATE
    sine = np.clip(loud * np.sin(2 * np.pi * hertz * time), -1, 1)
    if file.suffix == ".m4a":
        return aac(file, sine)
    soundfile.write(file, np.stack([sine, sine], axis=1), RATE)
    return file


def aac(file: Path, sine: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Path:
    """The same as AAC, which libsndfile cannot write."""
    with av.open(str(file), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.stack([sine, sine]).astype(np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["prompts", *words])


def pitch(file: Path) -> float:
    """Hz of the loudest part of the spectrum."""
    heard = samples(file)[:, 0]
    spectrum = np.abs(np.fft.rfft(heard))
    return float(np.argmax(spectrum) * 8000 / len(heard))


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg", ".flac", ".m4a"])
def test_given_a_recording_when_imported_then_callers_hear_it_at_the_usual_loudness(
    folder: Path, tmp_path: Path, suffix: str
) -> None:
    done = run("import", KEY, str(tone(tmp_path / f"new{suffix}", 440)))
    assert done.exit_code == 0, done.output
    heard = folder / "zh" / f"{KEY}.wav"
    assert pitch(heard) == pytest.approx(440, abs=5)
    level = 20 * np.log10(np.sqrt(np.mean(samples(heard)[:, 0] ** 2)))
    assert level == pytest.approx(-23, abs=1.5)


def test_given_two_versions_when_rolled_back_then_the_first_is_heard_and_all_is_in_the_history(
    folder: Path, tmp_path: Path
) -> None:
    heard = folder / "zh" / f"{KEY}.wav"
    for name, hertz in (("first", 440), ("second", 880)):
        assert run("import", KEY, str(tone(tmp_path / f"{name}.wav", hertz))).exit_code == 0
    assert pitch(heard) == pytest.approx(880, abs=5)
    assert run("rollback", KEY, "--to", "1").exit_code == 0
    assert pitch(heard) == pytest.approx(440, abs=5)

    changes = json.loads(run("history", KEY, "--json").stdout)
    told = [(one["action"], one["version"], one["original"]) for one in changes]
    assert told == [
        ("import", 1, "first.wav"),
        ("import", 2, "second.wav"),
        ("rollback", 1, "first.wav"),
    ]
    assert all(one["who"] and one["at"] for one in changes)
    assert run("history", KEY).stdout.count("version") == 3

    assert run("rollback", KEY, "--to", "0").exit_code == 0
    assert pitch(heard) != pytest.approx(440, abs=5)
    assert run("check").exit_code == 0


def test_given_a_recording_laid_into_the_folder_when_another_is_imported_then_it_is_kept(
    folder: Path, tmp_path: Path
) -> None:
    laid = folder / "studio" / "zh" / f"{KEY}.flac"
    laid.parent.mkdir(parents=True)
    tone(laid, 660)
    assert run("import", KEY, str(tone(tmp_path / "new.wav", 440))).exit_code == 0
    assert not laid.exists()
    assert run("rollback", KEY, "--to", "1").exit_code == 0
    assert pitch(folder / "zh" / f"{KEY}.wav") == pytest.approx(660, abs=5)


@pytest.mark.parametrize(
    ("seconds", "loud", "reason"),
    [
        (2.0, 0.0, "is silent"),
        (2.0, 3.0, "is clipped"),
        (0.2, 0.1, "too short"),
        (95.0, 0.1, "too long"),
        (150.0, 0.1, "too long"),
    ],
)
def test_given_an_unfit_recording_then_refused_with_the_reason_and_nothing_changed(
    folder: Path, tmp_path: Path, seconds: float, loud: float, reason: str
) -> None:
    refused = run("import", KEY, str(tone(tmp_path / "bad.wav", 440, seconds, loud)))
    assert refused.exit_code == 1
    assert reason in refused.output
    assert not (folder / "studio" / "zh").exists()


def test_given_no_file_then_a_plain_error(folder: Path, tmp_path: Path) -> None:
    refused = run("import", KEY, str(tmp_path / "none.wav"))
    assert refused.exit_code == 1
    assert "cannot be read" in refused.output


def test_given_an_unknown_prompt_or_version_or_an_altered_file_then_a_plain_error(
    folder: Path, tmp_path: Path
) -> None:
    new = tone(tmp_path / "new.wav", 440)
    assert "there is no prompt '../x'" in run("import", "../x", str(new)).output
    assert "there is no version 7" in run("rollback", KEY, "--to", "7").output
    assert run("import", KEY, str(new)).exit_code == 0
    (folder / "studio" / "versions" / "zh" / KEY / "1.wav").write_bytes(b"RIFF")
    assert "is not what was kept" in run("rollback", KEY, "--to", "1").output
