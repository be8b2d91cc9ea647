"""How loud a prompt is measured to be, and what is called a fault."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.prompts.interfaces import Sound
from ivr.prompts.levels import faults, measure
from tests.unit.ivr.prompts.conftest import tone


def test_given_a_sine_then_its_level_is_its_rms_and_its_peak_its_amplitude() -> None:
    level = measure(tone(500, 2, gain=0.5))

    assert level.active_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.05)
    assert level.peak_dbfs == pytest.approx(20 * np.log10(0.5), abs=0.05)
    assert level.clipped_runs == 0


def test_given_long_pauses_then_the_level_is_still_that_of_the_speech() -> None:
    speech = tone(500, 1).samples
    with_pauses = np.concatenate([speech, np.zeros(32000, np.float32), speech])

    assert measure(Sound(with_pauses, 8000)).active_dbfs == pytest.approx(
        measure(Sound(speech, 8000)).active_dbfs, abs=0.05
    )


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (Sound(np.zeros(8000, np.float32), 8000), "silent"),
        (Sound(np.zeros(0, np.float32), 8000), "silent"),
        (tone(500, 1, gain=0.9), "too loud"),
        (tone(500, 1, gain=0.01), "too quiet"),
        (Sound(np.clip(tone(200, 1, gain=9).samples, -1, 1), 8000), "clipped"),
        (tone(500, 91, gain=0.1), "too long"),
        (tone(500, 1, rate=16000, gain=0.1), "16000 Hz"),
    ],
)
def test_given_an_unfit_prompt_then_the_fault_is_named(sound: Sound, complaint: str) -> None:
    assert any(complaint in fault for fault in faults(sound))


def test_given_a_fit_prompt_then_there_is_no_fault() -> None:
    assert faults(tone(500, 1, gain=0.1)) == []
