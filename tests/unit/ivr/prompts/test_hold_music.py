"""Music on hold."""

from __future__ import annotations

import numpy as np

from ivr.prompts.hold_music import compose
from ivr.prompts.levels import faults, frame_levels


def test_given_the_music_then_it_is_soft_unbroken_and_fits_the_telephone() -> None:
    music = compose()
    power = np.abs(np.fft.rfft(music.samples)) ** 2
    hertz = np.fft.rfftfreq(len(music.samples), 1 / music.rate)

    assert faults(music) == []
    assert music.duration_s > 20
    assert frame_levels(music.samples, music.rate).min() > -50
    assert power[(hertz > 200) & (hertz < 3400)].sum() > 0.999 * power.sum()


def test_given_the_end_of_the_loop_then_it_runs_into_the_beginning_without_a_click() -> None:
    samples = compose().samples
    steps = np.abs(np.diff(samples))

    assert abs(float(samples[0] - samples[-1])) <= float(steps.max())
