"""The tests' own ears: they must find what is there, and must not find what is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.live.harness.audio import RATE_HZ, Samples, placed, silences


def _noise(seconds: float, seed: int) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.2, int(seconds * RATE_HZ))


def _nothing(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ))


def test_given_silence_between_sounds_when_looked_for_then_it_is_found_to_20_ms() -> None:
    heard = np.concatenate([_noise(1, 1), _nothing(2.5), _noise(1, 2), _nothing(0.3), _noise(1, 3)])
    assert silences(heard) == [pytest.approx((1.0, 3.5), abs=0.03)]


def test_given_silence_at_both_ends_when_looked_for_then_it_is_found() -> None:
    heard = np.concatenate([_nothing(1), _noise(1, 1), _nothing(2)])
    assert silences(heard) == [
        pytest.approx((0.0, 1.0), abs=0.03),
        pytest.approx((2.0, 4.0), abs=0.03),
    ]


def test_given_speech_in_a_recording_when_placed_then_its_second_is_told() -> None:
    said = _noise(2, 4)
    heard = np.concatenate([_noise(3, 5), said, _noise(1, 6)])
    at = placed(heard, said)
    assert at is not None
    assert abs(at - 3) < 0.01
    assert placed(heard, _noise(2, 7)) is None
