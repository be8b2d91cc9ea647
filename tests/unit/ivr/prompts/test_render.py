"""Making the prompts of an installation."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from config.errors import ConfigError
from config.numberplan import Text
from config.settings import Settings
from ivr.prompts import PromptLibrary, check_prompts, render_prompts
from ivr.prompts.speech.tones import Tones
from ivr.prompts.wavefile import read_sound, write_wav
from tests.unit.ivr.prompts.conftest import Hum, Mute, tone

Texts = dict[str, Text]


def _studio(settings: Settings, name: str) -> Path:
    file = settings.prompts_dir / "studio" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _pitch(file: Path) -> float:
    sound = read_sound(file)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    return float(np.argmax(spectrum) * sound.rate / len(sound.samples))


def test_given_nothing_then_every_prompt_is_made_in_both_languages(
    settings: Settings, texts: Texts
) -> None:
    steps: list[tuple[int, int, str]] = []

    report = render_prompts(
        settings, texts, voices=(Hum(),), progress=lambda *step: steps.append(step)
    )

    assert (report.spoken, report.unchanged, report.faults) == (4, 0, {})
    assert check_prompts(settings.prompts_dir, texts) == []
    assert steps == [
        (0, 4, "zh/greeting-12345"),
        (1, 4, "zh/queue-wait"),
        (2, 4, "en/greeting-12345"),
        (3, 4, "en/queue-wait"),
    ]
    info = soundfile.info(settings.prompts_dir / "zh" / "queue-wait.wav")
    assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")


def test_given_all_made_then_a_second_run_speaks_nothing(settings: Settings, texts: Texts) -> None:
    voice = Hum()
    render_prompts(settings, texts, voices=(voice,))
    before = len(voice.said)

    report = render_prompts(settings, texts, voices=(voice,))

    assert (report.unchanged, len(voice.said)) == (4, before)


def test_given_a_changed_text_then_only_it_is_spoken_again(
    settings: Settings, texts: Texts
) -> None:
    voice = Hum()
    render_prompts(settings, texts, voices=(voice,))
    texts["queue-wait"] = Text(zh="请您再稍候片刻。", en="Please hold.")

    report = render_prompts(settings, texts, voices=(voice,))

    assert (report.spoken, report.unchanged) == (1, 3)
    assert voice.said[-1] == ("zh", "请您再稍候片刻。")


def test_given_another_instance_on_the_machine_then_it_reuses_what_was_spoken(
    settings: Settings, texts: Texts, tmp_path: Path
) -> None:
    voice = Hum()
    render_prompts(settings, texts, voices=(voice,))
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})

    report = render_prompts(other, texts, voices=(voice,))

    assert (report.reused, report.spoken, len(voice.said)) == (4, 0, 4)


def test_given_a_lost_file_then_it_is_made_again(settings: Settings, texts: Texts) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    (settings.prompts_dir / "en" / "queue-wait.wav").unlink()

    assert render_prompts(settings, texts, voices=(Hum(),)).reused == 1
    assert check_prompts(settings.prompts_dir, texts) == []


def test_given_a_torn_file_then_it_is_made_again(settings: Settings, texts: Texts) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    (settings.prompts_dir / "zh" / "queue-wait.wav").write_bytes(b"RIFF")

    assert render_prompts(settings, texts, voices=(Hum(),)).by_hand == []
    assert check_prompts(settings.prompts_dir, texts) == []


def test_given_force_then_everything_is_placed_anew(settings: Settings, texts: Texts) -> None:
    render_prompts(settings, texts, voices=(Hum(),))

    assert render_prompts(settings, texts, voices=(Hum(),), force=True).unchanged == 0


def test_given_a_studio_recording_then_it_wins_over_the_voice(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    loud = tone(1500, 1.0, rate=44100, gain=0.99)
    soundfile.write(_studio(settings, "zh/queue-wait.flac"), loud.samples, loud.rate)

    report = render_prompts(settings, texts, voices=(Hum(),))

    assert (report.recorded, report.unchanged) == (1, 3)
    assert _pitch(settings.prompts_dir / "zh" / "queue-wait.wav") == pytest.approx(1500, abs=5)
    assert check_prompts(settings.prompts_dir, texts) == []


def test_given_a_recording_taken_away_then_the_voice_is_back(
    settings: Settings, texts: Texts
) -> None:
    recording = _studio(settings, "zh/queue-wait.wav")
    write_wav(recording, tone(1500, 1.0))
    render_prompts(settings, texts, voices=(Hum(),))
    recording.unlink()

    render_prompts(settings, texts, voices=(Hum(),))

    assert _pitch(settings.prompts_dir / "zh" / "queue-wait.wav") == pytest.approx(500, abs=5)


def test_given_a_recording_that_is_no_audio_then_it_is_named_and_the_voice_speaks(
    settings: Settings, texts: Texts
) -> None:
    _studio(settings, "zh/queue-wait.mp3").write_bytes(b"not music")

    report = render_prompts(settings, texts, voices=(Hum(),))

    assert "cannot be read as audio" in report.faults["studio/zh/queue-wait.mp3"][0]
    assert check_prompts(settings.prompts_dir, texts) == []


def test_given_a_file_replaced_by_hand_then_it_is_never_overwritten(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    file = settings.prompts_dir / "zh" / "queue-wait.wav"
    write_wav(file, tone(1500, 1.0, gain=0.1))
    own = file.read_bytes()

    report = render_prompts(settings, texts, voices=(Hum(),), force=True)

    assert report.by_hand == ["zh/queue-wait"]
    assert file.read_bytes() == own


def test_given_a_prompt_that_is_gone_from_the_texts_then_only_its_own_file_goes(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    foreign = settings.prompts_dir / "zh" / "own-idea.wav"
    write_wav(foreign, tone(500, 1.0))
    del texts["queue-wait"]

    render_prompts(settings, texts, voices=(Hum(),))

    assert not (settings.prompts_dir / "zh" / "queue-wait.wav").exists()
    assert foreign.exists()


def test_given_no_voice_that_works_then_notes_are_heard_and_told_of(
    settings: Settings, texts: Texts
) -> None:
    report = render_prompts(settings, texts, voices=(Mute(), Tones()))

    assert len(report.without_voice) == 4
    assert all("three notes" in fault.fault for fault in check_prompts(settings.prompts_dir, texts))
    assert PromptLibrary(settings.prompts_dir).duration_s("queue-wait", "zh") > 0.4


def test_given_a_voice_installed_later_then_it_replaces_the_notes(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Mute(), Tones()))

    report = render_prompts(settings, texts, voices=(Hum(), Tones()))

    assert (report.spoken, report.without_voice) == (4, [])


def test_given_no_voice_at_all_then_the_prompts_are_reported_and_nothing_is_raised(
    settings: Settings, texts: Texts
) -> None:
    assert len(render_prompts(settings, texts, voices=(Mute(),)).faults) == 4


def test_given_hold_music_then_it_is_made_once_and_the_operators_own_is_left_alone(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    music = settings.prompts_dir / "moh" / "hold.wav"
    assert soundfile.info(music).samplerate == 8000
    music.rename(music.with_name("own.wav"))

    render_prompts(settings, texts, voices=(Hum(),))

    assert [file.name for file in music.parent.iterdir()] == ["own.wav"]


def test_given_a_damaged_list_of_files_then_everything_is_still_playable(
    settings: Settings, texts: Texts
) -> None:
    render_prompts(settings, texts, voices=(Hum(),))
    for damage in ("{", "[]", '{"zh/queue-wait": 3}', '{"../../x": {"sha256": "1"}}'):
        (settings.prompts_dir / "manifest.json").write_text(damage)
        assert render_prompts(settings, texts, voices=(Hum(),)).faults == {}
    assert check_prompts(settings.prompts_dir, texts) == []


def test_given_a_list_that_names_a_file_elsewhere_then_that_file_stays(
    settings: Settings, texts: Texts, tmp_path: Path
) -> None:
    victim = tmp_path / "victim.wav"
    write_wav(victim, tone(500, 1.0))
    settings.prompts_dir.mkdir(parents=True)
    entry = {"made_from": "x", "voice": "hum", "sha256": "x"}
    names = {f"zh/{'../' * depth}victim": entry for depth in range(1, 8)} | {
        str(victim.with_suffix("")): entry
    }
    (settings.prompts_dir / "manifest.json").write_text(json.dumps(names))

    render_prompts(settings, texts, voices=(Hum(),))

    assert victim.exists()


def test_given_a_file_where_the_folder_should_be_then_it_is_said_and_nothing_is_raised(
    settings: Settings, texts: Texts
) -> None:
    settings.data_dir.write_text("in the way")

    assert "cannot be written" in str(render_prompts(settings, texts, voices=(Hum(),)).faults)


def test_given_a_faulty_number_plan_then_its_error_is_raised(settings: Settings) -> None:
    broken = settings.model_copy(update={"number_plan": settings.data_dir / "none.toml"})

    with pytest.raises(ConfigError, match=r"none\.toml"):
        render_prompts(broken, voices=(Hum(),))


def _in_a_process(settings: Settings, texts: Texts) -> None:
    report = render_prompts(settings, texts, voices=(Hum(),))
    raise SystemExit(len(report.faults))


def test_given_processes_that_start_together_then_all_prompts_are_whole(
    settings: Settings, texts: Texts
) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_in_a_process, args=(settings, texts)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
        worker.close()
    assert check_prompts(settings.prompts_dir, texts) == []
    assert list(settings.data_dir.rglob(".*.new")) == []


def test_given_files_torn_by_a_kill_then_they_are_swept_away_and_the_music_is_made(
    settings: Settings, texts: Texts
) -> None:
    torn = [settings.prompts_dir / "moh" / ".x1.new", settings.prompts_dir / "zh" / ".x2.new"]
    for file in torn:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"RIFF")

    render_prompts(settings, texts, voices=(Hum(),))

    assert not any(file.exists() for file in torn)
    assert check_prompts(settings.prompts_dir, texts) == []
