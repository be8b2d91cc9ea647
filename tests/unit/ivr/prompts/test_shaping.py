"""What happens to a recording before a telephone may carry it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.interfaces import Samples, Sound
from ivr.prompts.levels import faults, measure
from ivr.prompts.shaping import SPEECH_DBFS, to_telephone
from tests.unit.ivr.prompts.conftest import tone


def _power(samples: Samples, hertz: float) -> float:
    time = np.arange(len(samples)) / 8000
    return float(abs(np.mean(samples * np.exp(-2j * np.pi * hertz * time))))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("gain", [0.003, 0.1, 0.99])
def test_given_any_rate_and_loudness_then_it_comes_out_as_a_fit_prompt(
    rate: int, gain: float
) -> None:
    sound = to_telephone(tone(1000, 1.0, rate=rate, gain=gain))

    assert sound.rate == 8000
    assert measure(sound).active_dbfs == pytest.approx(SPEECH_DBFS, abs=0.3)
    assert faults(sound) == []
    assert _power(sound.samples, 1000) > 100 * _power(sound.samples, 1500)


def test_given_hum_and_hiss_outside_the_telephone_band_then_only_the_band_is_left() -> None:
    mixed = sum(tone(hertz, 1.0, rate=24000).samples for hertz in (50.0, 1000.0, 3900.0, 7000.0))
    assert isinstance(mixed, np.ndarray)

    samples = to_telephone(Sound(mixed, 24000)).samples

    assert _power(samples, 50) < _power(samples, 1000) / 300
    assert _power(samples, 3900) < _power(samples, 1000) / 300
    assert _power(samples, 1000) > 0.04  # and 7000 Hz has not come back as 1000


def test_given_silence_around_the_speech_then_it_is_taken_away() -> None:
    silence = np.zeros(16000, np.float32)
    sound = to_telephone(Sound(np.concatenate([silence, tone(500, 1).samples, silence]), 8000))

    assert 1.0 < sound.duration_s < 1.4


def test_given_a_click_in_quiet_speech_then_the_peak_stays_below_full_scale() -> None:
    samples = tone(500, 2, gain=0.01).samples.copy()
    samples[8000] = 1.0

    assert measure(to_telephone(Sound(samples, 8000))).peak_dbfs <= -2.9


def test_given_silence_then_it_stays_silence() -> None:
    assert faults(to_telephone(Sound(np.zeros(8000, np.float32), 16000))) == ["is silent"]


@given(
    st.integers(0, 400),
    st.sampled_from([8000, 16000, 24000]),
    st.floats(0, 1, width=32),
)
def test_given_any_samples_then_nothing_leaves_full_scale(
    count: int, rate: int, gain: float
) -> None:
    noise = np.random.default_rng(count).uniform(-gain, gain, count).astype(np.float32)
    sound = to_telephone(Sound(noise, rate))

    assert sound.rate == 8000
    assert np.all(np.isfinite(sound.samples))
    assert float(np.abs(sound.samples).max(initial=0.0)) <= 1.0
